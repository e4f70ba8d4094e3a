"""GET /media/<token>: the one file that the token names, out of the helpdesk, for who has the link.

The file comes from an agent, so it is not trusted: what it is, is told by its content, and only what
a browser shows without running anything is shown; everything else is saved. Twilio fetches here too.
"""

from __future__ import annotations

import re
from tempfile import SpooledTemporaryFile
from typing import IO
from urllib.parse import quote

import filetype
from flask import Flask, Response, request
from werkzeug.wsgi import wrap_file

from connector import log
from connector.domain.files import MAX_FILE
from connector.errors import ProviderError, Rejected
from connector.helpdesks.base import ServesFiles, StoredFile
from connector.links import BadToken, ExpiredToken, Links, Named
from connector.pipeline.parts import Parts

IN_MEMORY = 1024 * 1024  # bytes; what is more waits on disk
HEAD = 8192
RETRY_AFTER = "30"
SHOWN = frozenset(
    {
        "image/jpeg", "image/png", "image/gif", "image/webp", "audio/mpeg", "audio/ogg",
        "audio/amr", "video/mp4", "video/3gpp",
    }
)  # fmt: skip
TYPED = SHOWN | {"application/pdf"}  # the others are bytes
OTHER = "application/octet-stream"
_ASCII = re.compile(r"[^A-Za-z0-9._ -]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]+")

_log = log.get(__name__)


def register(app: Flask, parts: Parts, links: Links) -> None:
    def media(token: str) -> Response:
        try:
            named = links.read(token, parts.now())
        except BadToken:
            return _said(404, "There is nothing here.")
        except ExpiredToken:
            return _said(410, "This link has expired. Please ask for a new one.")
        return _serve(parts, named)

    app.add_url_rule("/media/<token>", "media", media)


def _serve(parts: Parts, named: Named) -> Response:
    desk = parts.helpdesks.get(named.helpdesk)
    if not isinstance(desk, ServesFiles):
        return _said(404, "There is nothing here.")
    into: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed with the answer
    try:
        return _filled(desk.file(named.attachment), into)
    except Rejected as gone:
        into.close()
        _tell("media_refused", named, gone)
        return _said(404, "This file is no longer there.")
    except ProviderError as failure:
        into.close()
        _tell("media_failed", named, failure)
        answer = _said(503, "Please try again in a minute.")
        answer.headers["Retry-After"] = RETRY_AFTER
        return answer
    except BaseException:
        into.close()
        raise


def _filled(file: StoredFile, into: IO[bytes]) -> Response:
    """Whole before the first byte leaves: what breaks off in between is an error, not a half file."""
    if request.method == "HEAD" or file.size > MAX_FILE:
        into.close()
        if file.size > MAX_FILE:
            return _said(404, "This file is too large.")
        return _headed(Response(), file, file.content_type, file.size)
    size = file.save(into)
    into.seek(0)
    found = filetype.guess(into.read(HEAD))
    into.seek(0)
    answer = Response(wrap_file(request.environ, into), direct_passthrough=True)
    answer.call_on_close(into.close)
    return _headed(answer, file, str(found.mime) if found else "", size)


def _headed(answer: Response, file: StoredFile, kind: str, size: int) -> Response:
    kind = kind if kind in TYPED else OTHER
    answer.headers["Content-Type"] = kind
    answer.headers["Content-Length"] = str(size)
    how = "inline" if kind in SHOWN else "attachment"
    answer.headers["Content-Disposition"] = f"{how}; {_named(file.name)}"
    # Should a browser run it all the same, it may do nothing.
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def _named(name: str) -> str:
    """RFC 6266: a plain name for all, and the real one for those that read it."""
    name = _CONTROL.sub("", name).replace("/", "_").replace("\\", "_")[:150] or "file"
    plain = _ASCII.sub("_", name)
    return f"filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _said(status: int, words: str) -> Response:
    return Response(f"{words}\n", status, content_type="text/plain; charset=utf-8")


def _tell(what: str, named: Named, error: ProviderError) -> None:
    _log.warning(what, helpdesk=named.helpdesk, attachment=named.attachment, status=error.status,
                 code=error.code, error=type(error).__name__)  # fmt: skip
