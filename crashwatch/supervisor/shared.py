"""What launcher and terminal share: two sockets, and pages of memory.

The hold socket carries faulthandler's text. Its send buffer is as small as the kernel
allows (4,608 bytes; each small write costs a whole packet), so that a crashing process
blocks in its own traceback until we read. ``SOCK_SEQPACKET`` rather than a stream: when
the supervisor is dead, a write to it fails without SIGPIPE, which would replace the
terminal's own death where the program has restored SIGPIPE's default.

The send time-out counts for each of faulthandler's many writes (ten for a frame). It
is longer than the guard lets a hold stand (``hold_guard``), whose task it is that a
supervisor which is itself stopped does not delay the death for long: no piece is given
up before all are.
"""

from __future__ import annotations

import fcntl
import os
import resource

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket  # itself it would cost the start of every terminal 5 ms
else:
    import _socket as socket

_WITH_COUNTERS = 5
_HIGH = 700
"""The terminal's descriptors start here: scripts use low ones, bash 255."""


class Shared:
    """Both ends of everything, made before the terminal starts.

    Attributes:
        hold: Our end of the hold socket.
        events: Our end of the message socket.
        theirs: The terminal's descriptors: hold, messages, then as far as there are
            any the run's page, the consent flags page and the counter file.
    """

    def __init__(self, write_seconds: float, more: tuple[int, ...]) -> None:
        kind = socket.SOCK_SEQPACKET
        self.hold, their_hold = socket.socketpair(socket.AF_UNIX, kind)
        their_hold.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
        timeval = (int(write_seconds), int(write_seconds % 1 * 1_000_000))
        packed = b"".join(part.to_bytes(8, "little") for part in timeval)
        their_hold.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, packed)
        self.events, their_events = socket.socketpair(socket.AF_UNIX, kind)
        their_events.setblocking(False)
        # As small as the kernel allows: see ``sleeper.fill_up``.
        self.events.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
        # Each piece says who wrote it: see ``hold_text``.
        self.hold.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.hold.setblocking(False)
        self.events.setblocking(False)
        found = [their_hold.detach(), their_events.detach(), *map(os.dup, more)]
        self.theirs = tuple(_moved_up(number) for number in found)

    def close_theirs(self) -> None:
        """Close the terminal's ends in this process."""
        for number in self.theirs:
            os.close(number)

    def sign(self, started: int) -> None:
        """Write into the counter file whose it is: pid, start time, time of the start.

        Args:
            started: When this process started, in clock ticks since boot.
        """
        if len(self.theirs) < _WITH_COUNTERS:
            return
        import time  # noqa: PLC0415 -- only where something is counted

        from crashwatch.client.inside.counter_page import PID  # noqa: PLC0415

        own = (os.getpid(), started, time.monotonic_ns())
        words = b"".join(number.to_bytes(8, "little") for number in own)
        os.pwrite(self.theirs[-1], words, PID)


def _moved_up(number: int) -> int:
    """The same descriptor out of the way of the terminal's own; close-on-exec."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = _HIGH if limit == resource.RLIM_INFINITY else min(_HIGH, limit - 24)
    high = fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, max(lowest, 3))
    os.close(number)
    return high
