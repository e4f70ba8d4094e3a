"""Ports for servers that tests start."""

from __future__ import annotations

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

# Below those that systems give to outgoing connections: one of these may take a free port meanwhile.
PORTS = range(15_000, 32_000)
_leases: list[int] = []


def free_port() -> int:
    """A port that is no other test's, here or in another process, until this process ends."""
    folder = Path(tempfile.gettempdir()) / "connector-test-ports"
    folder.mkdir(exist_ok=True)
    for port in random.SystemRandom().sample(PORTS, 500):
        lease = os.open(folder / str(port), os.O_CREAT | os.O_WRONLY)
        try:
            fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            os.close(lease)
        else:
            _leases.append(lease)
            return port
    raise AssertionError(f"no free port among 500 of {PORTS}")
