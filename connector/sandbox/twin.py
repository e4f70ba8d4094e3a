"""What all twins have: a server, a plan of faults, a record of requests, and a door for tests.

The door is `/_twin/`: what a test does to a twin in this process it can do over HTTP as well, to
one in another. It is neither recorded nor made to fail.
"""

from __future__ import annotations

import io
import json
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Request, Response

from connector.sandbox.changes import Changes
from connector.sandbox.courier import Courier
from connector.sandbox.faults import Fault, FaultPlan
from connector.sandbox.server import ARRIVED, RESET, STOPPING, CutOffError, Server

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

Now = Callable[[], datetime]
DOOR = "/_twin/"
_SECRET = frozenset({"authorization", "x-api-key", "cookie"})


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Seen:
    """One request as it came, without its credentials; `status` is None if none was answered."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: str
    status: int | None
    at: datetime
    arrived: float  # seconds since 1970, whatever the twin's clock says
    answered: float


class Twin(ABC):
    """A vendor's stand-in on a port of its own. `with twin:` starts and stops it."""

    name = "twin"

    def __init__(
        self, app: WSGIApplication, courier: Courier, changes: Changes | None, now: Now, port: int
    ) -> None:
        self.changes = changes or Changes()
        self.courier = courier
        self.faults = FaultPlan()
        self.requests: deque[Seen] = deque(maxlen=5000)
        self.now = now
        self.lock = threading.RLock()  # holds the twin's state together
        self._app = app
        self._server = Server(self._front, port, self.name)

    @property
    def url(self) -> str:
        return self._server.url

    def start(self) -> Self:
        self.courier.start()
        self._server.start()
        return self

    def stop(self) -> None:
        """Prompt; leaves no thread."""
        self._server.stop()
        self.courier.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def due_fault(self, method: str, path: str) -> Fault | None:
        """The fault that this request meets."""
        return self.faults.take(method, path)

    @abstractmethod
    def error(self, status: int) -> Any:
        """The body of an error, as this vendor words it."""

    @abstractmethod
    def state(self) -> Any:
        """All that the twin remembers, as JSON."""

    @abstractmethod
    def actions(self) -> Mapping[str, Callable[..., Any]]:
        """What can be done to the twin through its door, by name."""

    def _front(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(DOOR):
            return self._door(Request(environ))(environ, start)
        request = Request(environ)
        body = request.get_data()
        environ["wsgi.input"] = io.BytesIO(body)
        status: int | None = None
        try:
            answer = self._answer(environ, request)
            status = answer.status_code
        finally:
            self._record(request, body, status, environ[ARRIVED])
        return answer(environ, start)

    def _record(self, request: Request, body: bytes, status: int | None, arrived: float) -> None:
        headers = {k: v for k, v in request.headers.items() if k.lower() not in _SECRET}
        text = body.decode("utf-8", "replace")
        query = request.query_string.decode()
        self.requests.append(
            Seen(
                request.method,
                request.path,
                query,
                headers,
                text,
                status,
                self.now(),
                arrived,
                time.time(),
            )
        )

    def _answer(self, environ: WSGIEnvironment, request: Request) -> Response:
        fault = self.due_fault(request.method, request.path)
        if fault is None:
            return self._real(environ)
        # Without a status of its own, a late, cut off or dripping answer is the real one.
        replaced = fault.status is not None or fault.body is not None or fault.reset
        real = self._real(environ) if fault.when == "after" else None
        if fault.delay:
            environ[STOPPING].wait(fault.delay)
        if fault.reset:
            environ[RESET]()
        answer = self._faulty(fault) if replaced else real or self._real(environ)
        return _spoilt(answer, fault, environ[STOPPING])

    def _real(self, environ: WSGIEnvironment) -> Response:
        body, status, headers = run_wsgi_app(self._app, environ, buffered=True)
        return Response(b"".join(body), status, headers)

    def _faulty(self, fault: Fault) -> Response:
        status = 200 if fault.status is None else fault.status
        body = self.error(status) if fault.body is None else fault.body
        if isinstance(body, str | bytes):
            return Response(body, status, content_type="text/html; charset=utf-8")
        return Response(json.dumps(body), status, content_type="application/json")

    def _door(self, request: Request) -> Response:
        # A web page that somebody has open must not be able to reach in.
        if "Origin" in request.headers:
            return _json({"error": "not for web pages"}, 403)
        try:
            return self._behind_door(request, request.path.removeprefix(DOOR))
        except (ValueError, TypeError, LookupError) as wrong:
            return _json({"error": f"{type(wrong).__name__}: {wrong}"}, 400)

    def _behind_door(self, request: Request, name: str) -> Response:
        match request.method, name.partition("/"):
            case "GET", ("state", _, _):
                return _json(self.state())
            case "GET", ("requests", _, _):
                return _json([asdict(seen) for seen in list(self.requests)])
            case "GET", ("faults", _, _):
                return _json([asdict(order) for order in self.faults.active()])
            case "POST", ("faults", _, _):
                order = request.get_json()
                fault = Fault.from_json(order.get("fault", {}))
                added = self.faults.add(order["match"], fault, order.get("times", 1))
                return _json(asdict(added), 201)
            case "DELETE", ("faults", _, _):
                self.faults.clear()
                return _json({})
            case "POST", ("do", _, action):
                return _json({"done": self.actions()[action](**request.get_json())})
        return _json({"error": "nothing here"}, 404)


def _json(value: Any, status: int = 200) -> Response:
    return Response(json.dumps(value, default=_plain), status, content_type="application/json")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if hasattr(value, "__dataclass_fields__"):
        return asdict(value)
    return str(value)


def _spoilt(answer: Response, fault: Fault, stopping: threading.Event) -> Response:
    """The answer with the fault's headers, cut off or dripping if that was ordered."""
    for name, value in fault.headers.items():
        answer.headers[name] = value
    if not fault.half_body and fault.drip is None:
        answer.automatically_set_content_length = "Content-Length" not in fault.headers
        return answer
    body = answer.get_data()
    answer.headers.setdefault("Content-Length", str(len(body)))
    answer.headers["Connection"] = "close"
    answer.response = _parts(body, fault, stopping)
    return answer


def _parts(body: bytes, fault: Fault, stopping: threading.Event) -> Iterator[bytes]:
    end = len(body) // 2 if fault.half_body else len(body)
    if fault.drip is None:
        yield body[:end]
    else:
        for place in range(end):
            if stopping.wait(fault.drip):
                break
            yield body[place : place + 1]
    if fault.half_body or stopping.is_set():
        raise CutOffError("half a body")
