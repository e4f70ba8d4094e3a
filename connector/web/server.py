"""waitress, with limits that many slow clients do not exhaust, and an end that lets requests finish."""

from __future__ import annotations

import contextlib
import errno
import socket
import threading
import time

from flask import Flask
from waitress import create_server, wasyncore  # type: ignore[import-untyped]
from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.server import BaseWSGIServer  # type: ignore[import-untyped]

from connector.errors import StartError
from connector.web.app import MAX_BODY
from connector.web.closing import HANDSHAKE_SECONDS, turn_away_newcomers

# In a burst those that wait share a commit. Lanes stand back meanwhile, so more are in nobody's way.
THREADS = 16
FIRST_WORD_SECONDS = 1.0  # from a connection to its request, when we are about to stop


class Listener:
    """A server that is bound; `start` serves from a thread, `stop` lets what runs finish."""

    def __init__(self, server: BaseWSGIServer) -> None:
        self._server = server
        self._deadline: float | None = None  # set: stopping
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.effective_port)

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float = 5.0) -> None:
        """No new connections; requests that are being answered get their answer."""
        self._deadline = time.monotonic() + seconds
        with contextlib.suppress(OSError):  # woken by something else, it may be through already
            self._server.pull_trigger()
        self._thread.join(seconds + 2)

    def _run(self) -> None:
        """Sockets are opened, watched and closed by this thread alone."""
        sockets = self._server._map
        while self._deadline is None:
            wasyncore.loop(timeout=1, use_poll=True, map=sockets, count=1)
        self._accept_the_last(sockets)
        # Only the listening socket: the trigger still wakes us for answers that are to be sent.
        wasyncore.dispatcher.close(self._server)
        while self._busy() and time.monotonic() < self._deadline:
            wasyncore.loop(timeout=0.05, use_poll=True, map=sockets, count=1)
        self._server.task_dispatcher.shutdown(timeout=1)
        wasyncore.close_all(sockets, ignore_all=True)

    def _accept_the_last(self, sockets: dict[int, wasyncore.dispatcher]) -> None:
        """The kernel has connections ready that it would reset: their clients took us for open."""
        turn_away_newcomers(self._server.socket)
        until = time.monotonic() + HANDSHAKE_SECONDS
        while (left := until - time.monotonic()) > 0:
            wasyncore.loop(timeout=left, use_poll=True, map=sockets, count=1)
        before = -1
        while before != len(self._server.active_channels):
            before = len(self._server.active_channels)
            self._server.handle_accept()

    def _busy(self) -> bool:
        return any(_owed(channel) for channel in list(self._server.active_channels.values()))


def _owed(channel: HTTPChannel) -> bool:
    """It has an answer to come, or its first request is still on its way."""
    new = channel.last_activity == channel.creation_time
    waits = new and time.time() - channel.creation_time < FIRST_WORD_SECONDS
    return bool(channel.requests or channel.request or channel.total_outbufs_len or waits)


def listen(app: Flask, host: str, port: int, threads: int = THREADS) -> Listener:
    """Raise StartError if the port can't be had."""
    # Bound here, so that "in use" is told from other failures, and before anything is started.
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise StartError(_why(error, host, port)) from None
    server = create_server(
        app,
        sockets=[bound],
        threads=threads,
        connection_limit=1000,  # the default, 100, is filled by 100 clients that say nothing
        channel_timeout=30,
        max_request_body_size=MAX_BODY + 1,  # one more, so that the 413 is the application's
        max_request_header_size=32 * 1024,
        ident=None,
        # Nothing is read from a proxy's headers, but that they are there tells the dashboard of it.
        clear_untrusted_proxy_headers=False,
    )
    return Listener(server)


def _why(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is in use by another program; choose one with --port"
    if error.errno == errno.EACCES:
        return f"port {port} on {host} needs more rights; choose one above 1023 with --port"
    return f"can't listen on {host}:{port}: {error.strerror}"
