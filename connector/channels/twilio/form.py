"""The form of a webhook: lossless bytes for the signature, strict text for reading."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Self
from urllib.parse import unquote_to_bytes

from connector.channels.base import WebhookRequest
from connector.errors import MalformedPayload

FORM = "application/x-www-form-urlencoded"


def is_form(request: WebhookRequest) -> bool:
    declared = request.headers.get("content-type", "")
    return declared.partition(";")[0].strip().lower() == FORM


def pairs(body: bytes) -> list[tuple[bytes, bytes]]:
    """Every name and value as it was before encoding: blanks, repetitions and odd bytes kept."""
    found = []
    for part in body.split(b"&"):
        if part:
            name, _, value = part.replace(b"+", b" ").partition(b"=")
            found.append((unquote_to_bytes(name), unquote_to_bytes(value)))
    return found


class Form:
    """Fields by name. A field that was sent twice is its first value; `raw` keeps all of them."""

    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        self._fields = fields

    @classmethod
    def of(cls, request: WebhookRequest) -> Self:
        """Raise MalformedPayload unless it is a form in UTF-8."""
        if request.method != "POST" or not is_form(request):
            raise MalformedPayload("not a form")
        fields: dict[str, list[str]] = {}
        try:
            for name, value in pairs(request.body):
                fields.setdefault(name.decode(), []).append(value.decode())
        except UnicodeDecodeError:
            # No cause: it would carry what the customer wrote into a log.
            raise MalformedPayload("not UTF-8") from None
        return cls(fields)

    @property
    def raw(self) -> Mapping[str, object]:
        return {name: v[0] if len(v) == 1 else v for name, v in self._fields.items()}

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def __getitem__(self, name: str) -> str:
        """The field, or "" if it is missing: Twilio adds and drops fields without notice."""
        return self._fields.get(name, [""])[0]
