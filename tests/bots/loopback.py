"""A server on loopback that answers as told and keeps what it was asked."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TURN: dict[str, Any] = {
    "reply": "We open at nine.",
    "decision": "answer",
    "trigger": "none",
    "reason": "",
    "quote": "",
    "language": "en",
    "offers_person": False,
}
SUMMARY: dict[str, Any] = {
    "subject": "Refund of a lamp",
    "wants": {"text": "A refund of the lamp.", "messages": [3]},
    "tried": {"text": "The bot asked for the order.", "messages": [4]},
    "why_human": {"text": "Only a person can refund.", "messages": [3, 4]},
    "topic": "refund",
}
USAGE = {
    "input_tokens": 11,
    "output_tokens": 7,
    "cache_creation_input_tokens": 5,
    "cache_read_input_tokens": 3,
}


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    hang: bool = False  # take the request and never answer
    reset: bool = False
    drip: float = 0.0  # seconds between the body's bytes


def message(text: str, *, stop: str | None = "end_turn", **more: Any) -> Reply:
    block: dict[str, Any] = {"type": "text", "text": text}
    full = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-haiku-5-5",
        "content": [block],
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": USAGE,
    }
    return Reply(body=json.dumps({**full, **more}).encode())


def said(shape: dict[str, Any], **changes: Any) -> Reply:
    return message(json.dumps({**shape, **changes}))


@dataclass(frozen=True)
class Asked:
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class Loopback:
    url: str = ""
    reply: Reply = field(default_factory=lambda: said(TURN))
    asked: list[Asked] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        loopback = self.server.loopback
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        loopback.asked.append(Asked(self.path, headers, json.loads(body)))
        reply = loopback.reply
        if reply.hang:
            loopback.closing.wait(20)
        if reply.hang or reply.reset:
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in {**reply.headers, "content-length": str(len(reply.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self._write(reply)

    def _write(self, reply: Reply) -> None:
        if not reply.drip:
            self.wfile.write(reply.body)
            return
        self.close_connection = True
        try:
            for byte in reply.body:
                self.wfile.write(bytes([byte]))
                if self.server.loopback.closing.wait(reply.drip):
                    return
        except OSError:
            return  # the client has had enough

    def log_message(self, *_: object) -> None:
        """Silence."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, loopback: Loopback) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.loopback = loopback


@contextmanager
def listening() -> Iterator[Loopback]:
    loopback = Loopback()
    server = _Server(loopback)
    loopback.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield loopback
    finally:
        loopback.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()
