"""A small Zendesk on loopback: real sockets, a memory of what it was sent, and faults on order."""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

CLIENT_ID, CLIENT_SECRET = "connector", "canary-client-secret"
EMAIL, API_TOKEN = "api@example.com", "canary-api-token"
BASIC = "Basic " + b64encode(f"{EMAIL}/token:{API_TOKEN}".encode()).decode()
API_USER = 900
NOT_FOUND = {"error": "RecordNotFound", "description": "Not found"}
CLOSED = {
    "error": "RecordInvalid",
    "description": "Record validation errors",
    "details": {"status": [{"description": "Status: closed prevents ticket update"}]},
}


@dataclass(frozen=True)
class Fault:
    """What happens to the next request that fits: once, unless `always`."""

    method: str
    path: str  # a pattern
    status: int = 0
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    reset: str = ""  # "before" or "after" it was taken
    hang: float = 0.0
    always: bool = False


@dataclass(frozen=True)
class Seen:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    raw: bytes


@dataclass
class Fake:
    url: str = ""
    faults: list[Fault] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    users: dict[int, dict[str, Any]] = field(default_factory=dict)
    tickets: dict[int, dict[str, Any]] = field(default_factory=dict)
    comments: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    idempotent: dict[str, tuple[bytes, Any]] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=list)  # the last one is valid
    refresh: str = "canary-refresh-0"  # the one that may be traded in
    events_a_page: int = 1000
    expires_in: float | None = 1800
    clock: Callable[[], str] = lambda: "2026-11-24T09:00:00Z"
    lock: threading.RLock = field(default_factory=threading.RLock)
    uploads: dict[str, tuple[str, str, bytes]] = field(default_factory=dict)
    ids: Iterator[int] = field(default_factory=lambda: iter(range(1000, 10**9)))

    def __post_init__(self) -> None:
        self.add_user(id=API_USER, name="API", role="admin", role_type=4)

    def add_user(self, **facts: Any) -> int:
        number = facts.pop("id", None) or next(self.ids)
        self.users[number] = {"id": number, "role": "end-user", "active": True, **facts}
        return int(number)

    def add_ticket(self, **facts: Any) -> int:
        number = next(self.ids)
        usual = {"status": "open", "requester_id": 1, "updated_at": self.clock()}
        self.tickets[number] = {"id": number, **usual, **facts}
        self.comments[number] = []
        return number

    def add_comment(self, ticket: int, **facts: Any) -> int:
        number = next(self.ids)
        self.comments[ticket].append({
            "id": number, "type": "Comment", "author_id": API_USER, "html_body": "<p>text</p>",
            "public": True, "created_at": self.clock(), "via": {"channel": "web", "source": {}},
            "metadata": {"system": {}, "custom": {}}, **facts,
        })  # fmt: skip
        return number

    def calls(self, method: str, path: str) -> list[Seen]:
        return [s for s in self.seen if s.method == method and re.search(path, s.path)]

    def fault_for(self, seen: Seen) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.method == seen.method and re.search(fault.path, seen.path):
                    if not fault.always:
                        self.faults.remove(fault)
                    return fault
        return None

    def answer(self, seen: Seen) -> tuple[int, Any]:
        if seen.path == "/oauth/tokens":
            return self._token(seen)
        valid = {BASIC, f"Bearer {self.tokens[-1]}" if self.tokens else ""}
        if seen.headers.get("authorization") not in valid:
            return 401, {"error": "invalid_token"}
        path = seen.path.removeprefix("/api/v2/").removesuffix(".json")
        if path == "users/search":
            return 200, {"users": [u for u in self.users.values() if _fits(u, seen.query)]}
        if path == "users/create_or_update":
            return self._user(seen.body["user"])
        if path == "uploads":
            return self._upload(seen)
        if path == "tickets":
            return self._open(seen) if seen.method == "POST" else self._listed(seen)
        if path == "tickets/show_many":
            ids = seen.query["ids"].split(",")
            return 200, {"tickets": [t for t in self.tickets.values() if str(t["id"]) in ids]}
        if path == "incremental/ticket_events":
            return 200, self._events(int(seen.query["start_time"]))
        return self._ticket(seen, path)

    def _upload(self, seen: Seen) -> tuple[int, Any]:
        token = f"upload-{next(self.ids)}"
        kind = seen.headers["content-type"]
        self.uploads[token] = (seen.query["filename"], kind, seen.raw)
        return 201, {"upload": {"token": token, "attachment": {"id": 1}, "attachments": []}}

    def _events(self, start: int) -> Any:
        rows = [e for e in self.events if e["timestamp"] >= start]
        page = rows[: self.events_a_page]
        end = page[-1]["timestamp"] if page else None
        more = len(rows) > len(page)
        return {"ticket_events": page, "end_time": end, "end_of_stream": not more}

    def _token(self, seen: Seen) -> tuple[int, Any]:
        if (seen.body["client_id"], seen.body["client_secret"]) != (CLIENT_ID, CLIENT_SECRET):
            return 401, {"error": "invalid_client", "error_description": "no"}
        trading = seen.body["grant_type"] == "refresh_token"
        if trading and seen.body["refresh_token"] != self.refresh:
            return 400, {"error": "invalid_grant", "error_description": "no"}
        self.tokens.append(f"canary-token-{len(self.tokens)}")
        given = {"access_token": self.tokens[-1], "token_type": "bearer", "scope": "read write"}
        if trading:  # the former one is gone
            given["refresh_token"] = self.refresh = f"canary-refresh-{len(self.tokens)}"
        return 200, given | ({"expires_in": self.expires_in} if self.expires_in else {})

    def _user(self, facts: dict[str, Any]) -> tuple[int, Any]:
        for user in self.users.values():
            if user.get("external_id") == facts["external_id"]:
                user.update(facts)
                return 200, {"user": user}
        return 201, {"user": self.users[self.add_user(**facts)]}

    def _open(self, seen: Seen) -> tuple[int, Any]:
        key = seen.headers.get("idempotency-key", "")
        if key in self.idempotent:
            first, answer = self.idempotent[key]
            if first != seen.raw:
                return 400, {"error": "IdempotentRequestError", "description": "no match"}
            return 200, answer
        facts = dict(seen.body["ticket"])
        said, custom = facts.pop("comment"), facts.pop("metadata", {})
        ticket = self.add_ticket(**facts)
        answer = self._commented(ticket, said, custom)
        self.idempotent[key] = (seen.raw, answer)
        return 201, answer

    def _commented(self, ticket: int, said: dict[str, Any], custom: Any) -> Any:
        said = {"author_id": API_USER, **{k: v for k, v in said.items() if k != "id"}}
        number = self.add_comment(ticket, **said, metadata={"system": {}, "custom": custom})
        change = {"id": next(self.ids), "type": "Change", "field_name": "status", "value": "open"}
        events = [change, {"id": number, "type": "Comment", **said}]
        audit = {"id": next(self.ids), "ticket_id": ticket, "events": events,
                 "metadata": {"system": {}, "custom": custom}}  # fmt: skip
        return {"ticket": self.tickets[ticket], "audit": audit}

    def _listed(self, seen: Seen) -> tuple[int, Any]:
        wanted = seen.query.get("external_id")
        found = [t for t in self.tickets.values() if t.get("external_id") == wanted]
        return 200, {"tickets": found}

    def _ticket(self, seen: Seen, path: str) -> tuple[int, Any]:
        _, number, *rest = path.split("/")
        ticket = self.tickets.get(int(number))
        if ticket is None:
            return 404, NOT_FOUND
        if rest == ["comments"]:
            return 200, self._page(int(number), seen.query)
        if seen.method == "GET":
            return 200, {"ticket": ticket}
        if ticket["status"] == "closed":
            return 422, CLOSED
        asked = seen.body["ticket"]
        return 200, self._commented(int(number), asked["comment"], asked.get("metadata", {}))

    def _page(self, ticket: int, query: dict[str, str]) -> Any:
        rows = sorted(self.comments[ticket], key=lambda c: (c["created_at"], c["id"]))
        if query.get("sort") == "-created_at":
            rows.reverse()
        size, begin = int(query["page[size]"]), int(query.get("page[after]", 0))
        page: dict[str, Any] = {
            "comments": rows[begin : begin + size],
            "meta": {"has_more": begin + size < len(rows), "after_cursor": str(begin + size)},
        }
        if query.get("include") == "users":
            ids = {c["author_id"] for c in page["comments"]}
            page["users"] = [u for u in self.users.values() if u["id"] in ids]
        return page


def _fits(user: dict[str, Any], query: dict[str, str]) -> bool:
    if "external_id" in query:
        # Zendesk ignores the case of these.
        return str(user.get("external_id")).casefold() == query["external_id"].casefold()
    return str(user.get("phone")) in query["query"]


def _handler(fake: Fake) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            query = {name: values[0] for name, values in parse_qs(asked.query).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            is_json = "json" in headers.get("content-type", "")
            body = json.loads(raw) if raw and is_json else None
            seen = Seen(self.command, asked.path, query, headers, body, raw)
            fault = fake.fault_for(seen)
            with fake.lock:
                fake.seen.append(seen)
                if fault is None or fault.reset == "after" or fault.hang:
                    status, answer, more = *fake.answer(seen), {}
                else:
                    status, answer, more = fault.status, fault.body, fault.headers
            if fault is not None and fault.reset:
                self._reset()
                return
            if fault is not None and fault.hang:
                time.sleep(fault.hang)
            self._answer(status, answer, more)

        do_POST = do_PUT = do_PATCH = do_GET  # noqa: N815

        def _reset(self) -> None:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()

        def _answer(self, status: int, answer: Any, more: dict[str, str]) -> None:
            text = answer if isinstance(answer, str) else json.dumps(answer)
            kind = "text/html" if isinstance(answer, str) else "application/json; charset=utf-8"
            raw = text.encode()
            self.send_response(status)
            for name, value in {"Content-Type": kind, **more}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            try:
                self.wfile.write(raw)
            except OSError:
                self.close_connection = True  # the caller did not wait

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A broken connection is what the tests ask for."""


@contextmanager
def running() -> Iterator[Fake]:
    fake = Fake()
    server = _Server(("127.0.0.1", 0), _handler(fake))
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield fake
    server.shutdown()
    server.server_close()
    thread.join()
