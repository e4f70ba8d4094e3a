"""Files on their way into a comment."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from secrets import token_urlsafe
from typing import Any

from connector.sandbox.zendesk.refusals import RefusedError

Json = dict[str, Any]


class Uploads:
    def __init__(self, root: Callable[[], str]) -> None:
        self._root = root
        self._waiting: dict[str, list[Json]] = {}
        self._files: dict[str, tuple[bytes, str]] = {}
        self._ids = itertools.count(7_000_000_001)

    def add(self, name: str, kind: str, data: bytes, token: str | None = None) -> Json:
        """One more file; with a token it joins those that came before under it."""
        if not data:
            raise RefusedError(
                422, "AttachmentUnprocessable", "Attachment file could not be processed."
            )
        token = token if token in self._waiting else token_urlsafe(18)
        number, address = next(self._ids), token_urlsafe(18)
        url = f"{self._root()}/attachments/token/{address}/?name={name}"
        attachment = {
            "url": f"{self._root()}/api/v2/attachments/{number}.json", "id": number,
            "file_name": name, "content_url": url, "mapped_content_url": url,
            "content_type": kind, "size": len(data), "width": None, "height": None,
            "inline": False, "deleted": False, "malware_access_override": False,
            "malware_scan_result": "not_scanned", "thumbnails": [],
        }  # fmt: skip
        self._files[address] = (data, kind)
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

    def file(self, address: str) -> tuple[bytes, str] | None:
        return self._files.get(address)
