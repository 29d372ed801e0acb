"""A socket on the loopback device, at a random port of a random loopback address.

Browsers keep cookies by address, not by port: on 127.0.0.1 every other local server
that the person visits would be handed ours. All of 127.0.0.0/8 is this machine on
Linux (``ip-addr(8)``, RFC 1122 section 3.2.1.3), so the page has an address of its own.
"""

from __future__ import annotations

import secrets
import socket

Socket = socket.socket

_ORDINARY = "127.0.0.1"


def open_socket() -> socket.socket:
    """A bound socket that listens; close it when the page ends.

    Raises:
        OSError: There is no loopback device.
    """
    try:
        return _bound(_random_address())
    except OSError:
        return _bound(_ORDINARY)


def origin_of(listening: socket.socket) -> str:
    """``http://127.1.2.3:4567``."""
    host, port = listening.getsockname()
    return f"http://{host}:{port}"


def _random_address() -> str:
    draw = secrets.randbelow
    return f"127.{1 + draw(254)}.{draw(256)}.{1 + draw(254)}"


def _bound(address: str) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.bind((address, 0))
        listening.listen(64)
    except OSError:
        listening.close()
        raise
    return listening
