"""Web processes and workers on one Postgres, each a process of its own, behind what a proxy does."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, Protocol, Self
from urllib.parse import urlencode

import requests

from connector import fleet
from connector.sandbox.stage import ACCOUNT, NUMBER, Stage
from connector.sandbox.twilio.sms import sign
from tests.crash.process import Process, Zygote
from tests.scenarios.world import World, free_port

ENVIRON = {"SANDBOX_RUNNER": "procrastinate"}


class Proxy:
    """Hands each request to one of the web processes in turn, and to the next one if the connection is
    refused; nothing else is tried again."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = ports
        self._turns = count()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.answers: list[int] = []

    def __enter__(self) -> Proxy:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self._pass_on()

            def do_GET(self) -> None:
                self._pass_on()

            def _pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, content = proxy.ask(self.command, self.path, dict(self.headers), body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def ask(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, bytes]:
        first = next(self._turns)
        status, content = 502, b""
        for i in range(len(self._ports)):
            port = self._ports[(first + i) % len(self._ports)]
            try:
                got = requests.request(method, f"http://127.0.0.1:{port}{path}", data=body,
                                       headers=headers | {"Connection": "close"}, timeout=20)  # fmt: skip
                status, content = got.status_code, got.content
                break
            except requests.ConnectionError as error:
                if "refused" not in str(error).lower():
                    break
        self.answers.append(status)
        return status, content


@dataclass
class Fleet:
    """Its web processes and workers by number; each can be ended and started again."""

    zygote: Zygote
    stage: Stage
    database: str
    ports: list[int]
    running: dict[int, Process] = field(default_factory=dict)
    stack: ExitStack = field(default_factory=ExitStack)

    def start(self, number: int, role: str) -> None:
        more: dict[str, Any] = {"environ": ENVIRON, "role": role}
        port = self.ports[number]
        self.running[number] = self.zygote.start(self.stage, self.database, port, **more)

    def kill(self, number: int) -> None:
        self.running.pop(number).kill()

    def terminate(self, number: int) -> int:
        return self.running.pop(number).terminate()

    def ready(self, number: int) -> dict[str, Any]:
        found: dict[str, Any] = requests.get(
            f"http://127.0.0.1:{self.ports[number]}/readyz", timeout=5
        ).json()
        return found


class Front(Protocol):
    """What hands requests to the web processes."""

    url: str

    def ask(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, bytes]: ...


class Load:
    """Signed webhooks, many customers' messages, as fast as they are answered up to so many a second."""

    def __init__(self, stage: Stage, proxy: Front, rate: float, threads: int = 8) -> None:
        self._proxy = proxy
        self._path = "/webhooks/channels/sms"
        self._token = stage.environ("")["SANDBOX_TWILIO_TOKEN"]
        self._pause = threads / rate
        self._over = threading.Event()
        self._numbers = count()
        self._threads = [threading.Thread(target=self._send) for _ in range(threads)]
        self.answers: Counter[int] = Counter()
        self.acknowledged: list[str] = []

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _send(self) -> None:
        while not self._over.wait(self._pause):
            number = next(self._numbers)
            form = {"MessageSid": f"SM{number:032}", "AccountSid": ACCOUNT, "To": NUMBER,
                    "From": f"+1202555{number % 500:04}", "Body": "hello", "NumMedia": "0"}  # fmt: skip
            signature = sign(self._token, self._proxy.url + self._path, form.items())
            headers = {"X-Twilio-Signature": signature,
                       "Content-Type": "application/x-www-form-urlencoded"}  # fmt: skip
            status, _ = self._proxy.ask("POST", self._path, headers, urlencode(form).encode())
            self.answers[status] += 1
            if status == 200:
                self.acknowledged.append(form["MessageSid"])


@contextmanager
def a_fleet(
    zygote: Zygote, database: str, roles: Sequence[str] = ("web", "web", "worker", "worker")
) -> Iterator[tuple[Fleet, World, Proxy]]:
    """The first two take webhooks in."""
    fleet.migrate(database)
    ports = [free_port() for _ in roles]
    with Proxy(ports[:2]) as proxy, Stage(proxy.url) as stage:
        made = Fleet(zygote, stage, database, ports)
        try:
            for number, role in enumerate(roles):
                made.start(number, role)
            yield made, World(stage, proxy.url), proxy
        finally:
            for number in list(made.running):
                made.kill(number)
