"""Every call of the connector to a provider, counted where it arrives; at one of them the connector dies.

Three moments of a call: before the provider took it, after it took it and before it answered, and in
the middle of the answer. The process is gone before the twin goes on, as after a real crash.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qs

from werkzeug.test import run_wsgi_app

from connector.sandbox.server import CutOffError
from connector.sandbox.stage import Stage
from connector.sandbox.twin import Twin

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

Moment = Literal["before", "after", "middle"]
MOMENTS: tuple[Moment, ...] = ("before", "after", "middle")


@dataclass(frozen=True)
class Kill:
    """At the call that arrives as number `call`, from 1."""

    call: int
    moment: Moment


class Calls:
    """Stands before the stage's twins. Nothing of the connector knows of it."""

    def __init__(self, stage: Stage, strike: Callable[[], None], kill: Kill | None = None) -> None:
        self.seen: list[str] = []
        self.untrue: list[str] = []  # texts that said a person had it when there was no ticket
        self.killed = False
        self._stage, self._strike, self._kill = stage, strike, kill
        self._lock = threading.Lock()
        for twin in (stage.twilio, stage.zendesk, stage.anthropic):
            self._stand_before(twin)

    def promises(self, text: str) -> None:
        """Note every message that holds this text and is sent while there is no ticket."""
        self._text = text

    _text = "\0"

    def _stand_before(self, twin: Twin) -> None:
        listener = twin._server._listener
        inner = listener.app

        def outer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            name = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
            with self._lock:
                self.seen.append(name)
                number = len(self.seen)
            self._look(name, environ)
            if self._kill is not None and number == self._kill.call:
                return self._die(self._kill.moment, inner, environ, start)
            return inner(environ, start)

        listener.app = outer

    def _look(self, name: str, environ: WSGIEnvironment) -> None:
        if not name.startswith("POST") or not name.endswith("Messages.json"):
            return
        body = environ["wsgi.input"].read()
        environ["wsgi.input"] = io.BytesIO(body)
        text = parse_qs(body.decode()).get("Body", [""])[0]
        if self._text in text and not self._stage.zendesk.tickets():
            self.untrue.append(text)

    def _die(
        self, moment: Moment, inner: WSGIApplication, environ: WSGIEnvironment, start: StartResponse
    ) -> Iterator[bytes]:
        """Never ends an answer."""
        if moment != "before":
            parts, status, headers = run_wsgi_app(inner, environ, buffered=True)
            if moment == "middle":
                body = b"".join(parts)
                # With this header each part leaves at once.
                start(status, [*headers, ("Connection", "close")])
                yield body[: len(body) // 2]
        self._strike()
        self.killed = True
        raise CutOffError(moment)
