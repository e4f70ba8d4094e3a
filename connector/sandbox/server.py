"""A WSGI application on a loopback port: threads, keep-alive, and a prompt end."""

from __future__ import annotations

import contextlib
import io
import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication, WSGIEnvironment

HOST = "127.0.0.1"
BACKLOG = 256
STOPPING = "sandbox.stopping"  # an Event in the environment: the server is about to end
ARRIVED = "sandbox.arrived"  # when its first line came, in seconds since 1970
RESET = "sandbox.reset"  # a callable in the environment: end this connection with a TCP reset


class CutOffError(ConnectionError):
    """The connection ends here, without the rest of an answer."""


class Server:
    """Listens as soon as it is made, so that `url` is known; answers from `start` to `stop`."""

    def __init__(self, app: WSGIApplication, port: int = 0, name: str = "twin") -> None:
        self._listener = _Listener((HOST, port), app)
        self._thread = threading.Thread(
            target=self._listener.serve_forever, args=(0.02,), name=name, daemon=True
        )

    @property
    def port(self) -> int:
        return int(self._listener.server_address[1])

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def stopping(self) -> threading.Event:
        return self._listener.stopping

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends every connection; returns when no thread is left."""
        self._listener.stopping.set()
        if self._thread.is_alive():
            self._listener.shutdown()
            self._thread.join()
        self._listener.hang_up()
        self._listener.server_close()


class _Listener(ThreadingTCPServer):
    allow_reuse_address = True
    request_queue_size = BACKLOG
    daemon_threads = False  # server_close waits for them

    def __init__(self, address: tuple[str, int], app: WSGIApplication) -> None:
        self.app = app
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, _Handler)

    def opened(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)

    def hang_up(self) -> None:
        with self._lock:
            left = list(self._open)
        for connection in left:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no event; a mistake of ours is."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Listener
    wbufsize = 64 * 1024  # head and body leave in one piece
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    def finish(self) -> None:
        self.server.closed(self.connection)
        # Both, also where the rest of an answer can't be sent any more: else the socket stays open.
        for file in (self.wfile, self.rfile):
            with contextlib.suppress(OSError):
                file.close()

    def handle(self) -> None:
        # After a reset the socket is gone, and everything on it fails.
        with contextlib.suppress(OSError):
            super().handle()

    def parse_request(self) -> bool:
        self._arrived = time.time()
        return super().parse_request()

    def log_message(self, *args: Any) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _answer(self) -> None:
        answer = _Answer(self)
        parts: Iterable[bytes] = ()
        try:
            parts = self.server.app(self._environ(), answer.start)
            for part in parts:
                answer.write(part, parts)
            answer.end()
        except ConnectionError:
            self.close_connection = True
        finally:
            if hasattr(parts, "close"):
                parts.close()

    def _environ(self) -> WSGIEnvironment:
        asked = urlsplit(self.path)
        environ: WSGIEnvironment = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(asked.path, "latin-1"),
            "QUERY_STRING": asked.query,
            "REQUEST_URI": self.path,
            "REMOTE_ADDR": self.client_address[0],
            "SERVER_NAME": HOST,
            "SERVER_PORT": str(self.server.server_address[1]),
            "SERVER_PROTOCOL": self.request_version,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": self.headers.get("Content-Length", ""),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(self._body()),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            STOPPING: self.server.stopping,
            RESET: self._reset,
            ARRIVED: self._arrived,
        }
        for name, value in self.headers.items():
            key = "HTTP_" + name.upper().replace("-", "_")
            environ[key] = f"{environ[key]},{value}" if key in environ else value
        return environ

    def _body(self) -> bytes:
        """The whole body, so that the next request on this connection begins where it should."""
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = bytearray()
        while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return bytes(body)

    def _reset(self) -> None:
        """A socket that lingers for no time is reset when it is closed."""
        self.server.closed(self.connection)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # Python closes the descriptor only when the last of its files is: this one goes now.
        os.close(self.connection.detach())
        raise CutOffError("reset")


class _Answer:
    """One answer as it is written: the head waits for the first part, which may tell its length."""

    def __init__(self, handler: _Handler) -> None:
        self._handler = handler
        self._head: tuple[str, list[tuple[str, str]]] | None = None

    def start(
        self, status: str, headers: list[tuple[str, str]], _exc_info: Any = None
    ) -> Callable[[bytes], object]:
        self._head = (status, headers)
        return lambda part: self.write(part, ())

    def write(self, part: bytes, parts: Iterable[bytes]) -> None:
        self._send_head(len(part) if isinstance(parts, list | tuple) and len(parts) == 1 else None)
        if self._handler.command != "HEAD":
            self._handler.wfile.write(part)
        if self._handler.close_connection:
            self._handler.wfile.flush()

    def end(self) -> None:
        self._send_head(0)
        self._handler.wfile.flush()

    def _send_head(self, length: int | None) -> None:
        if self._head is None:
            return
        status, headers = self._head
        self._head = None
        code, _, reason = status.partition(" ")
        if any(name.lower() == "date" for name, _ in headers):
            self._handler.send_response_only(int(code), reason)  # a clock of its own
        else:
            self._handler.send_response(int(code), reason)
        for name, value in headers:
            self._handler.send_header(name, value)
        if not any(name.lower() == "content-length" for name, _ in headers):
            if length is not None or code in ("204", "304"):
                self._handler.send_header("Content-Length", str(length or 0))
            else:
                self._handler.send_header("Connection", "close")
                self._handler.close_connection = True
        self._handler.end_headers()
