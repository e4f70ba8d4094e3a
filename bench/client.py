"""Clients in a process of their own: what to send comes in as JSON, what came back goes out as JSON."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from bench import posts
from bench.posts import Post

HOST = "127.0.0.1"
TIMEOUT = 30
SLOW, NORMAL = 400, 200


@dataclass
class Seen:
    statuses: Counter[int] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    acked: list[int] = field(default_factory=list)
    broken: int = 0  # no answer


class Load:
    """All posts, each once, over so many connections that stay open."""

    def __init__(self, port: int, todo: list[Post], connections: int) -> None:
        self._port, self._todo = port, iter(todo)
        self._seen = [Seen() for _ in range(connections)]
        self._next = threading.Lock()

    def run(self) -> Seen:
        threads = [threading.Thread(target=self._send_all, args=(s,)) for s in self._seen]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        whole = Seen()
        for seen in self._seen:
            whole.statuses += seen.statuses
            whole.waits += seen.waits
            whole.acked += seen.acked
            whole.broken += seen.broken
        return whole

    def _send_all(self, seen: Seen) -> None:
        line = http.client.HTTPConnection(HOST, self._port, timeout=TIMEOUT)
        while True:
            with self._next:
                post = next(self._todo, None)
            if post is None:
                line.close()
                return
            began = time.perf_counter()
            try:
                line.request(post.method, post.path, post.body, post.headers)
                answer = line.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException):
                seen.broken += 1
                line.close()
                continue
            seen.waits.append(time.perf_counter() - began)
            seen.statuses[answer.status] += 1
            if answer.status == 200:
                seen.acked.append(post.number)


def shout(port: int, seed: int, count: int) -> Seen:
    """Bytes that are no HTTP, a connection each."""
    seen = Seen()
    for noise in posts.raw(seed, count):
        try:
            with socket.create_connection((HOST, port), TIMEOUT) as line:
                line.sendall(noise)
                line.shutdown(socket.SHUT_WR)
                said = line.recv(65536)
        except OSError:
            said = b""
        status = said[9:12].decode("latin-1")
        if status.isdecimal():
            seen.statuses[int(status)] += 1
        else:
            seen.broken += 1
    return seen


def behind_the_slow(asked: dict[str, Any]) -> Seen:
    """Normal requests, while 400 others each send a byte a second of one that never ends."""
    port, over = _port(asked), threading.Event()
    with contextlib.ExitStack() as lines:
        slow = [
            lines.enter_context(socket.create_connection((HOST, port), TIMEOUT))
            for _ in range(SLOW)
        ]
        for line in slow:
            line.sendall(b"POST /webhooks/channels/sms HTTP/1.1\r\nHost: x\r\nX: ")
        drip = threading.Thread(target=_drip, args=(slow, over))
        drip.start()
        seen = Load(port, posts.messages(asked | {"count": NORMAL}), 8).run()
        over.set()
        drip.join()
    return seen


def _drip(lines: list[socket.socket], over: threading.Event) -> None:
    while not over.wait(1):
        for line in lines:
            with contextlib.suppress(OSError):
                line.sendall(b"x")


def _port(asked: dict[str, Any]) -> int:
    return int(urlsplit(asked["url"]).port or 80)


def main() -> None:
    asked = json.load(sys.stdin)
    kind = asked["kind"]
    todo = posts.KINDS[kind](asked) if kind in posts.KINDS else []
    print("ready", flush=True)
    began = time.perf_counter()
    if kind == "slow":
        seen = behind_the_slow(asked)
    elif kind == "noise":
        seen = shout(_port(asked), asked["seed"], asked["count"])
    else:
        seen = Load(_port(asked), todo, asked.get("connections", 16)).run()
    told = {"seconds": time.perf_counter() - began, "waits": seen.waits, "acked": seen.acked,
            "statuses": seen.statuses, "broken": seen.broken}  # fmt: skip
    print(json.dumps(told))


if __name__ == "__main__":
    main()
