"""A provider on loopback: it answers, stalls or breaks off as it is told, one call at a time."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.ports import free_port


@dataclass(frozen=True)
class Asked:
    """One request as it came over the wire."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> list[tuple[str, str]]:
        return parse_qsl(self.body.decode(), keep_blank_values=True)


Behaviour = Callable[[socket.socket, threading.Event], None]


@dataclass
class Loopback:
    url: str
    port: int
    behaviours: list[Behaviour] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    def then(self, *behaviours: Behaviour) -> None:
        self.behaviours.extend(behaviours)


def reply(status: int, body: object = b"", **headers: str) -> Behaviour:
    """An answer with this body: JSON, unless it is bytes."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(content)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return raw("\r\n".join(lines).encode() + b"\r\n\r\n" + content)


def raw(content: bytes) -> Behaviour:
    def act(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(content)

    return act


def drip(content: bytes, every: float) -> Behaviour:
    """One byte at a time, as long as somebody listens."""

    def act(connection: socket.socket, over: threading.Event) -> None:
        for byte in content:
            connection.sendall(bytes([byte]))
            if over.wait(every):
                return

    return act


def stall(_: socket.socket, over: threading.Event) -> None:
    """Taken, and never answered."""
    over.wait()


def reset(connection: socket.socket, _: threading.Event) -> None:
    """Taken, then the connection breaks without a goodbye."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def closed_port() -> str:
    """The URL of a port where nobody listens."""
    return f"http://127.0.0.1:{free_port()}"


@contextmanager
def loopback() -> Iterator[Loopback]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        server = Loopback(f"http://127.0.0.1:{port}", port)
        over = threading.Event()
        thread = threading.Thread(target=_serve, args=(listener, server, over))
        thread.start()
        try:
            yield server
        finally:
            over.set()
            # Wakes the thread that waits for a connection.
            socket.create_connection(("127.0.0.1", port)).close()
            thread.join()


def _serve(listener: socket.socket, server: Loopback, over: threading.Event) -> None:
    while True:
        connection, _ = listener.accept()
        with connection:
            if over.is_set():
                return
            asked = _read(connection)
            if asked is None:
                continue
            server.asked.append(asked)
            behaviour = server.behaviours.pop(0) if server.behaviours else reply(599)
            try:
                behaviour(connection, over)
            except OSError:
                continue  # the client has hung up, as it may


def _read(connection: socket.socket) -> Asked | None:
    received = b""
    while b"\r\n\r\n" not in received:
        more = connection.recv(65536)
        if not more:
            return None
        received += more
    head, _, body = received.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in rest)}
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(65536)
    method, target, _ = first.split(" ")
    parts = urlsplit(target)
    query: list[tuple[str, Any]] = parse_qsl(parts.query, keep_blank_values=True)
    return Asked(method, parts.path, query, headers, body)
