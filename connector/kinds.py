"""What a file is, by its content: what it is called proves nothing."""

from __future__ import annotations

import re

import filetype

from connector.domain.files import File
from connector.errors import Rejected
from connector.fetch import OPERATION, Fetched

UNSUPPORTED, EMPTY = "unsupported", "empty"
_FAMILIES = ("image/", "audio/", "video/")
_DOCUMENTS = frozenset(
    {
        "application/pdf", "application/rtf", "application/ogg",
        "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.oasis.opendocument.text",
        "application/vnd.oasis.opendocument.spreadsheet",
        "application/vnd.oasis.opendocument.presentation",
    }
)  # fmt: skip
# Text has no signature: it is what was declared, if it is text.
_TEXTS = {
    "text/plain": "txt",
    "text/csv": "csv",
    "text/calendar": "ics",
    "text/vcard": "vcf",
    "text/x-vcard": "vcf",
    "text/directory": "vcf",
}
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_NAME = re.compile(r"[^\w.\- ()]+")
_NAME_CHARACTERS = 80


def file_of(fetched: Fetched, name: str, provider: str, declared: str = "") -> File:
    """The file under this name, with the extension of what it is.

    `declared` is what the provider's webhook said. Raise Rejected for what agents can't have.
    """
    if not fetched.data:
        raise _refused(provider, EMPTY, "it is empty")
    found = filetype.guess(fetched.data)
    if found is not None:
        kind, extension = str(found.mime), str(found.extension)
        supported = kind.startswith(_FAMILIES) or kind in _DOCUMENTS
    else:
        kind = declared.partition(";")[0].strip().lower() or fetched.declared
        extension = _TEXTS.get(kind, "")
        supported = bool(extension) and _is_text(fetched.data)
    if not supported:
        raise _refused(provider, UNSUPPORTED, "it is of a kind that is not passed on")
    return File(f"{_bare(name)}.{extension}", kind, fetched.data)


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return _CONTROL.search(content) is None


def _bare(name: str) -> str:
    """Without an extension, and without what a path or a header would trip over."""
    stem = name.rpartition(".")[0] or name
    return _NAME.sub("_", stem).strip(" ._")[:_NAME_CHARACTERS] or "file"


def _refused(provider: str, code: str, meaning: str) -> Rejected:
    reason = f"{provider} {OPERATION}: {code}"
    return Rejected(reason, meaning=meaning, provider=provider, operation=OPERATION, code=code)
