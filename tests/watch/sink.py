"""A service that takes notices over HTTP, as Apprise's json:// speaks to one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Sink:
    port: int = 0
    taken: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    calls: int = 0
    let_go: threading.Event | None = None  # set: nobody is answered before

    @property
    def address(self) -> str:
        """With a password in it, as such addresses have."""
        return f"json://robot:s3cret-canary@127.0.0.1:{self.port}/hook"

    @property
    def titles(self) -> list[str]:
        return [str(each["title"]) for each in self.taken]


@contextmanager
def sink() -> Iterator[Sink]:
    made = Sink()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            made.calls += 1
            if made.let_go is not None:
                made.let_go.wait(10)
            if made.status == 200:
                made.taken.append(body)
            self.send_response(made.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
