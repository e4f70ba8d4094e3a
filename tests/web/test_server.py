"""The listener's end: who has connected gets an answer, whatever the moment."""

from __future__ import annotations

import socket
import sys
import threading

import pytest
from flask import Flask
from waitress import wasyncore  # type: ignore[import-untyped]

from connector.web.server import listen

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def test_who_is_connected_when_it_stops_is_answered_and_the_next_one_is_refused() -> None:
    """A reset after that would be a 502 at the proxy, which may not try a POST again."""
    app = Flask("t")
    app.add_url_rule("/", "root", lambda: "hello")
    listener = listen(app, "127.0.0.1", 0)
    clients = [socket.create_connection(("127.0.0.1", listener.port), 5) for _ in range(5)]
    stopping = threading.Thread(target=listener.stop)
    listener._deadline = float("inf")  # it is told to stop before it has accepted anybody
    listener.start()
    while listener._server.accepting:
        threading.Event().wait(0.001)
    stopping.start()
    for client in clients:
        client.sendall(REQUEST)
        assert b"hello" in client.makefile("rb").read()
        client.close()
    stopping.join(10)
    with socket.socket() as late:
        assert late.connect_ex(("127.0.0.1", listener.port)) != 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can turn newcomers away")
def test_nobody_gets_in_between_the_last_one_taken_and_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """There is always such a moment: who connects in it must not have been let in."""
    came: list[str] = []
    close = wasyncore.dispatcher.close

    def closes(dispatcher: wasyncore.dispatcher) -> None:
        if dispatcher is listener._server:
            with socket.socket() as late:
                late.settimeout(0.2)
                came.append("let in" if not late.connect_ex(address) else "not let in")
        close(dispatcher)

    monkeypatch.setattr(wasyncore.dispatcher, "close", closes)
    app = Flask("t")
    app.add_url_rule("/", "root", lambda: "hello")
    listener = listen(app, "127.0.0.1", 0)
    address = ("127.0.0.1", listener.port)
    listener.start()
    with socket.create_connection(address, 5) as client:
        client.sendall(REQUEST)
        assert b"hello" in client.makefile("rb").read()
    listener.stop()
    assert came == ["not let in"]
