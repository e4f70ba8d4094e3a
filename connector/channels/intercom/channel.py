"""One Intercom workspace as a channel; customers are known by the ids of their contacts.

A contact may have several conversations at once: answers go to the one in which they wrote last.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cached_property

from connector.channels.base import (
    Capabilities,
    Inbound,
    Outbound,
    Received,
    WebhookReply,
    WebhookRequest,
)
from connector.channels.intercom.api import PROVIDER, Api
from connector.channels.intercom.checks import checks
from connector.channels.intercom.config import IntercomConfig
from connector.channels.intercom.holder import Inbox
from connector.channels.intercom.parse import parse
from connector.channels.intercom.received import received
from connector.channels.intercom.replies import LIMITS, Replies
from connector.channels.intercom.signature import verify
from connector.domain.conversation import Media
from connector.domain.effects import Who
from connector.domain.files import File
from connector.domain.ids import Address, ExternalId, TicketId
from connector.domain.limits import Limit
from connector.domain.media import MediaLimits
from connector.fetch import Fetcher, Source
from connector.kinds import file_of
from connector.upkeep import Check, Site

# Where files lie, at addresses that are signed: no token of ours goes there.
# https://www.intercom.com/help/en/articles/3894-using-intercom-with-content-security-policy
HOSTS = (
    ".intercomcdn.com", ".intercomcdn.eu", "uploads.intercomusercontent.com",
    *(f".intercom-attachments-{number}.com" for number in range(1, 10)),
    ".intercom-attachments.com", ".intercom-attachments.eu",
)  # fmt: skip
# Ten thousand calls a minute are an app's own; some are left for reading.
A_SECOND = 120


class Intercom:
    # Intercom documents no longest comment: this is what can still be read in its Messenger.
    capabilities = Capabilities(max_text=5000, has_phone_numbers=False)

    def __init__(self, config: IntercomConfig) -> None:
        self._config = config
        self._api = Api(config)
        self._replies = Replies(config, self._api)
        self._inbox = Inbox(config, self._api)

    @cached_property
    def _files(self) -> Fetcher:
        stand_in = self._config.base_url is not None
        return Fetcher(Source(PROVIDER, self._config.root, stand_in, HOSTS))

    def verify(self, request: WebhookRequest) -> None:
        """Raise BadSignature unless one of our app's secrets signed exactly this body."""
        verify(request, self._config.client_secrets)

    def parse(self, request: WebhookRequest) -> Sequence[Inbound]:
        """Read a verified request. Raise MalformedPayload or UnsupportedEvent."""
        return parse(request, self._config.webhooks_have_html)

    def acknowledge(self) -> WebhookReply:
        return WebhookReply()

    def send(self, message: Outbound) -> ExternalId:
        """Answer, returning the part's id. Raise Transient, Rejected or Uncertain."""
        return self._replies.send(message)

    def find_sent(
        self, message: Outbound, since: datetime, known: frozenset[ExternalId]
    ) -> ExternalId | None:
        """The id of an answer that Intercom took, or None. Raise Transient if it can't be asked."""
        return self._replies.find(message, since, known)

    def received(self, since: datetime) -> Sequence[Received]:
        """What customers wrote at or after `since`, oldest first. Raise Transient."""
        return received(self._api, since)

    def show(self, thread: str, who: Who, ticket: TicketId | None) -> None:
        """Assign, snooze or close the conversation. Raise Transient or Rejected."""
        self._inbox.show(thread, who, ticket)

    def media_limits(self, customer: Address) -> MediaLimits | None:
        """What this customer can be shown beside text."""
        return LIMITS

    def fetch(self, media: Media, name: str) -> File:
        """What a customer attached. Raise Transient or Rejected."""
        return file_of(self._files.get(media.url), name, PROVIDER, media.content_type)

    def send_limits(self) -> Sequence[Limit]:
        return (Limit("sends", timedelta(seconds=1) / A_SECOND, A_SECOND),)

    def checks(self, site: Site) -> Sequence[Check]:
        return checks(self._config, self._api)
