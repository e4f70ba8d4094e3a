"""A file of a comment, out of Zendesk: by its id, with our credentials, piece by piece."""

from __future__ import annotations

from functools import partial

from connector.domain.ids import ExternalId
from connector.errors import Rejected
from connector.fetch import Fetcher, Source
from connector.helpdesks.base import StoredFile
from connector.helpdesks.zendesk.client import Client, Json
from connector.helpdesks.zendesk.config import ZendeskConfig
from connector.helpdesks.zendesk.refusals import GONE, PROVIDER
from connector.helpdesks.zendesk.whose import BLOTTED_FILE, refused

# Where content_url may lead: other brands of an account, and the store behind all of them.
HOSTS = (".zendesk.com", ".zdusercontent.com")
READ = "read_attachment"


def fetcher(config: ZendeskConfig, client: Client) -> Fetcher:
    return Fetcher(
        Source(
            PROVIDER,
            config.root,
            stand_in=config.base_url is not None,
            hosts=HOSTS,
            authorization=client.authorization,
        )
    )


def stored(client: Client, files: Fetcher, attachment: ExternalId) -> StoredFile:
    """Raise Transient, or Rejected where it is gone or nobody outside may have it."""

    def read(body: Json) -> StoredFile:
        found = body["attachment"]
        if found.get("deleted") is True or found["file_name"] == BLOTTED_FILE:
            raise _not_given(GONE, "it was deleted in Zendesk")
        if why := refused(found):
            raise _not_given("malware", why)
        kind = str(found.get("content_type") or "").partition(";")[0].strip().lower()
        return StoredFile(
            str(found["file_name"]), kind, int(found["size"]),
            partial(files.save, str(found["content_url"])),
        )  # fmt: skip

    if not attachment.isdecimal():
        raise _not_given(GONE, "there is no such file")
    return client.read(READ, f"attachments/{attachment}.json", read)


def _not_given(code: str, meaning: str) -> Rejected:
    reason = f"{PROVIDER} {READ}: {code}"
    return Rejected(reason, meaning=meaning, provider=PROVIDER, operation=READ, code=code)
