"""Look a name up and connect to it, each within its time.

``getaddrinfo`` takes no time-out: behind a resolver that never answers it waits for as
long as ``resolv.conf`` says, half a minute as a rule. So it is called in a thread that
is left behind when its time is over; it has seen nothing but the name. The addresses of
a host share one time, so that a dead first one leaves enough for the second.
"""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

from reports.upload.watchdog import LOOK_SECONDS, WITHDRAWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Option = tuple[int, int, int | bytes]
    Address = tuple[
        socket.AddressFamily, socket.SocketKind, int, str, tuple[object, ...]
    ]


def reached(
    host: str,
    port: int,
    seconds: float,
    options: Iterable[Option],
    holds: Callable[[], bool],
) -> socket.socket:
    """Connect to a host.

    Args:
        host: A name or an address.
        port: TCP port.
        seconds: For the look-up, and once more for connecting.
        options: Set before connecting.
        holds: Whether it is still wanted; asked every 20 ms of the look-up and before
            each address.

    Returns:
        A connected socket whose time-out is ``seconds``.

    Raises:
        OSError: It was not reached, or not in time.
    """
    addresses = looked_up(host, port, seconds, holds)
    until = time.monotonic() + seconds
    problem: OSError = OSError(f"{host} has no address")
    for number, address in enumerate(addresses):
        if not holds():
            raise OSError(WITHDRAWN)
        share = (until - time.monotonic()) / (len(addresses) - number)
        try:
            connected = _connected(address, max(share, 0.01), options)
        except OSError as error:
            problem = error
        else:
            connected.settimeout(seconds)
            return connected
    raise problem


def looked_up(
    host: str, port: int, seconds: float, holds: Callable[[], bool]
) -> Sequence[Address]:
    """The addresses of a host, in the order in which to try them.

    Raises:
        OSError: There is no such name, or nobody says so in time.
    """
    try:
        # An address needs nobody's answer, and no thread.
        return _asked(host, port, socket.AI_NUMERICHOST)
    except OSError:
        pass
    lookup = _Lookup(host, port)
    until = time.monotonic() + seconds
    while not lookup.done.wait(LOOK_SECONDS):
        if not holds():
            raise OSError(WITHDRAWN)
        if time.monotonic() >= until:
            raise OSError("nobody says in time what its address is")
    if lookup.problem is not None:
        raise lookup.problem
    return lookup.found


class _Lookup:
    """One question to the resolver, in a thread that nobody has to wait for."""

    def __init__(self, host: str, port: int) -> None:
        self.done = threading.Event()
        self.found: Sequence[Address] = ()
        self.problem: OSError | None = None
        self._host, self._port = host, port
        threading.Thread(target=self._ask, daemon=True).start()

    def _ask(self) -> None:
        try:
            self.found = _asked(self._host, self._port, 0)
        except OSError as error:
            self.problem = error
        finally:
            self.done.set()


def _asked(host: str, port: int, flags: int) -> Sequence[Address]:
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    except UnicodeError as error:
        raise OSError(f"it cannot be a host's name: {error}") from error


def _connected(
    address: Address, seconds: float, options: Iterable[Option]
) -> socket.socket:
    family, kind, protocol, _, place = address
    made = socket.socket(family, kind, protocol)
    try:
        for level, name, value in options:
            made.setsockopt(level, name, value)
        made.settimeout(seconds)
        made.connect(place)
    except BaseException:
        made.close()
        raise
    return made
