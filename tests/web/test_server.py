"""The listener's end: who has connected gets an answer, whatever the moment."""

from __future__ import annotations

import socket
import threading

from flask import Flask

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
