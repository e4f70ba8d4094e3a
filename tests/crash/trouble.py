"""What goes wrong with providers: the kinds of failure, and the kinds of call that meet them."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial

from connector.sandbox.faults import Fault
from connector.sandbox.server import HOST
from connector.sandbox.stage import Stage
from connector.sandbox.twin import Twin
from tests.crash.promises import NOTHING, Excused
from tests.crash.runs import PATIENCE

SILENCE = PATIENCE + 2
OUTAGE_SECONDS = 4.0


def _soon() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)


def _limited(wait: str | None) -> Fault:
    return Fault(status=429, headers={} if wait is None else {"Retry-After": wait})


def faults() -> dict[str, Fault]:
    """By name. "taken": the request took effect before things went wrong."""
    bomb = gzip.compress(b"0" * 50_000_000)
    return {
        "429 without Retry-After": _limited(None),
        "429 for a second": _limited("1"),
        "429 until a date": _limited(_soon()),
        "429 for no time": _limited("0"),
        "429 for years": _limited("1000000000"),
        **{str(s): Fault(status=s) for s in (400, 401, 403, 404, 408, 409, 422)},
        **{str(s): Fault(status=s) for s in (500, 502, 503, 504, 529)},
        **{f"{s}, taken": Fault(status=s, when="after") for s in (500, 502, 504)},
        "never read": Fault(delay=SILENCE, reset=True),
        "never answered, taken": Fault(delay=SILENCE, when="after"),
        "reset": Fault(reset=True),
        "reset, taken": Fault(reset=True, when="after"),
        "half a body, taken": Fault(half_body=True, when="after"),
        "a byte a second, taken": Fault(drip=1.0, when="after"),
        "Content-Length too short, taken": Fault(headers={"Content-Length": "10"}, when="after"),
        "Content-Length too long, taken": Fault(headers={"Content-Length": "99999"}, when="after"),
        "malformed JSON, taken": Fault(body='{"ticket": {"id": 1', when="after"),
        "deep JSON, taken": Fault(body="[" * 200_000, when="after"),
        "duplicate keys, taken": Fault(body='{"id": 1, "id": [], "sid": 7}', when="after"),
        "an HTML page": Fault(status=200, body="<html><h1>Sorry</h1></html>"),
        "an HTML page, taken": Fault(status=200, body="<html>Sorry</html>", when="after"),
        "a redirect": Fault(status=302, headers={"Location": "http://127.0.0.1:9/"}, body=""),
        "a gzip bomb, taken": Fault(
            status=200, body=bomb, headers={"Content-Encoding": "gzip"}, when="after"
        ),
    }


@dataclass(frozen=True)
class Kind:
    """A kind of call; `first` is what leads to it, where the story alone does not."""

    twin: str
    match: str
    first: tuple[str, Fault] | None = None


_LOST = Fault(reset=True, when="after")
_SEND, _TICKET = "POST *Messages.json", "POST /api/v2/tickets*"
_COMMENT = "PUT /api/v2/tickets/*"
KINDS: Mapping[str, Kind] = {
    "model": Kind("anthropic", "POST /v1/messages"),
    "token": Kind("zendesk", "POST /oauth/tokens"),
    "find requester": Kind("zendesk", "GET /api/v2/users/search*"),
    "make requester": Kind("zendesk", "POST /api/v2/users/create_or_update*"),
    "open ticket": Kind("zendesk", _TICKET),
    "find ticket": Kind("zendesk", "GET /api/v2/tickets.json", (_TICKET, _LOST)),
    "add comment": Kind("zendesk", _COMMENT),
    "find comment": Kind("zendesk", "GET /api/v2/tickets/*/comments*", (_COMMENT, _LOST)),
    "read ticket": Kind("zendesk", "GET /api/v2/tickets/[0-9].json"),
    "read comments": Kind("zendesk", "GET /api/v2/tickets/*/comments*"),
    "send": Kind("twilio", _SEND),
    "find sent": Kind("twilio", "GET *Messages.json", (_SEND, _LOST)),
}
# For good, where they are about the call itself: then less is promised.
REFUSALS = frozenset({"400", "404", "409", "422"})
BAD_REQUEST = frozenset({"400", "422"})


def excused(kind: str, name: str) -> Excused:
    if kind == "send" and name in REFUSALS:
        return Excused(phone=True)
    if kind == "add comment" and name in BAD_REQUEST:
        return Excused(ticket=True)
    return NOTHING


def most(kind: str, name: str) -> int:
    """How often in a row: a ticket that is refused twice waits for somebody to mend it."""
    asked = kind in ("open ticket", "make requester", "find requester")
    return 1 if asked and name in BAD_REQUEST else 3


def meets(kind: str, fault: Fault, times: int) -> Callable[[Stage], AbstractContextManager[None]]:
    """The next `times` calls of this kind fail in this way."""

    @contextmanager
    def planned(stage: Stage) -> Iterator[None]:
        wanted = KINDS[kind]
        plan = getattr(stage, wanted.twin).faults
        if wanted.first is not None:
            plan.add(*wanted.first)
        plan.add(wanted.match, fault, times)
        yield

    return planned


def refuses(twin: str) -> Callable[[Stage], AbstractContextManager[None]]:
    """Nobody listens at this provider's for some seconds."""
    return partial(_away, twin)


@contextmanager
def _away(twin: str, stage: Stage) -> Iterator[None]:
    listener = getattr(stage, twin)._server._listener
    port = listener.server_address[1]
    listener.shutdown()
    listener.hang_up()
    listener.socket.close()
    back = threading.Timer(OUTAGE_SECONDS, _returns, (getattr(stage, twin), port))
    back.start()
    try:
        yield
    finally:
        back.join()


def _returns(twin: Twin, port: int) -> None:
    listener = twin._server._listener
    listener.socket = type(listener.socket)(listener.address_family, listener.socket_type)
    listener.server_address = (HOST, port)
    listener.server_bind()
    listener.server_activate()
    serve = threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True)
    twin._server._thread = serve
    serve.start()
