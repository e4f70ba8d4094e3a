"""Closing a listening socket so that nobody is cut off.

The kernel makes connections on its own and keeps them for `accept`; closing the socket resets those
that nobody has taken yet, and a proxy may not send a POST again that was cut off. So first newcomers
are turned away, then those that are in are taken, and only then is it closed.
"""

from __future__ import annotations

import ctypes
import socket
import struct
import sys

# Of a connection that was half made when newcomers were turned away; the rest of its handshake is
# one way from the proxy to us.
HANDSHAKE_SECONDS = 0.05
SO_ATTACH_FILTER = 26  # asm-generic/socket.h; Python has no name for it

# linux/filter.h, on the TCP header: byte 13 are the flags; SYN without ACK is dropped, the rest passes.
_NO_NEWCOMERS = (
    (0x30, 0, 0, 13),  # load the byte at 13
    (0x54, 0, 0, 0x12),  # keep SYN and ACK of it
    (0x15, 0, 1, 0x02),  # SYN alone: go on, else skip one
    (0x06, 0, 0, 0),  # take 0 bytes: drop
    (0x06, 0, 0, 0xFFFFFFFF),  # take all
)


def turn_away_newcomers(listening: socket.socket) -> bool:
    """Whoever connects from now on gets no answer; once the socket is closed, their second try, a
    second later, is refused, and a proxy goes elsewhere. False where the system can't (not Linux)."""
    if sys.platform != "linux":
        return False
    code = ctypes.create_string_buffer(
        b"".join(struct.pack("=HBBI", *instruction) for instruction in _NO_NEWCOMERS)
    )
    program = struct.pack("@HP", len(_NO_NEWCOMERS), ctypes.addressof(code))
    try:
        listening.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
    except OSError:  # a sandboxed kernel without filters: as good as can be had there
        return False
    return True
