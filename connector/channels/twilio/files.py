"""What customers attach: Twilio's own address leads to one that stores the file.

Whether the first needs the account's credentials is a setting of the account, so they are always
sent there, and nowhere else (https://www.twilio.com/docs/messaging/api/media-resource).
"""

from __future__ import annotations

from base64 import b64encode

from connector.channels.twilio.config import TwilioConfig
from connector.domain.conversation import Media
from connector.domain.files import File
from connector.fetch import Fetcher, Source
from connector.kinds import file_of

PROVIDER = "twilio"
# Where the API's redirects lead, by region and age of the file. api.twilio.com is among them because
# a stand-in's webhooks may name it; it gets credentials only where it is this account's own.
HOSTS = (
    "api.twilio.com", ".twilio.com", ".twiliocdn.com", "s3-external-1.amazonaws.com",
)  # fmt: skip


class Files:
    def __init__(self, config: TwilioConfig) -> None:
        login = f"{config.account_sid}:{config.auth_tokens[0]}".encode()
        basic = "Basic " + b64encode(login).decode()
        self._fetcher = Fetcher(
            Source(
                provider=PROVIDER,
                root=config.root,
                stand_in=config.base_url is not None,
                hosts=HOSTS,
                authorization=lambda: basic,
            )
        )

    def fetch(self, media: Media, name: str) -> File:
        fetched = self._fetcher.get(media.url)
        return file_of(fetched, name, PROVIDER, media.content_type)
