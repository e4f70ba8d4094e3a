"""Files on their way into a comment."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from secrets import token_urlsafe
from typing import Any
from urllib.parse import quote

from connector.sandbox.zendesk.refusals import RefusedError

Json = dict[str, Any]


class Uploads:
    def __init__(self, root: Callable[[], str]) -> None:
        self._root = root
        self._waiting: dict[str, list[Json]] = {}
        self._files: dict[str, tuple[bytes, str]] = {}
        self._known: dict[int, Json] = {}
        self._ids = itertools.count(7_000_000_001)

    def add(
        self,
        name: str,
        kind: str,
        data: bytes,
        token: str | None = None,
        *,
        inline: bool = False,
        malware: bool = False,
    ) -> Json:
        """One more file; with a token it joins those that came before under it."""
        if not data:
            raise RefusedError(
                422, "AttachmentUnprocessable", "Attachment file could not be processed."
            )
        token = token if token in self._waiting else token_urlsafe(18)
        number, address = next(self._ids), token_urlsafe(18)
        url = f"{self._root()}/attachments/token/{address}/?name={quote(name)}"
        attachment = {
            "url": f"{self._root()}/api/v2/attachments/{number}.json", "id": number,
            "file_name": name, "content_url": url, "mapped_content_url": url,
            "content_type": kind, "size": len(data), "width": None, "height": None,
            "inline": inline, "deleted": False, "malware_access_override": False,
            "malware_scan_result": "malware_found" if malware else "not_scanned", "thumbnails": [],
        }  # fmt: skip
        self._files[address] = (data, kind)
        self._known[number] = attachment
        self._waiting.setdefault(token, []).append(attachment)
        return {
            "token": token,
            "attachment": attachment,
            "attachments": list(self._waiting[token]),
        }

    def take(self, tokens: Any) -> list[Json]:
        """The files of these tokens, which are used up."""
        named = [tokens] if isinstance(tokens, str) else list(tokens or ())
        found: list[Json] = []
        for token in named:
            if token not in self._waiting:
                raise RefusedError(
                    422, "AttachmentUnprocessable", "Attachment file could not be processed."
                )
        for token in named:
            found += self._waiting.pop(token, [])
        return found

    def attachment(self, number: object) -> Json | None:
        return self._known.get(int(str(number))) if str(number).isdecimal() else None

    def blot(self, attachment: Json, name: str) -> None:
        """The file is gone, and a text stands in its place."""
        address = attachment["content_url"].split("/token/")[1].split("/")[0]
        self._files[address] = (b"redacted", "text/plain")
        attachment |= {"file_name": name, "content_type": "text/plain", "size": 8}

    def file(self, address: str) -> tuple[bytes, str] | None:
        return self._files.get(address)


def as_asked(comment: Json, query: Mapping[str, str]) -> Json:
    """Inline images are listed among a comment's attachments for who asks for them."""
    if query.get("include_inline_images") == "true":
        return comment
    return comment | {"attachments": [a for a in comment["attachments"] if not a["inline"]]}
