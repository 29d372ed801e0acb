"""The door at which children of the run knock that are to be watched too.

An abstract socket, so that nothing is left on a disk and no home is needed. Its name is
in the environment of the run's processes, and in a list that everybody on the machine
may read; so whoever knocks must say a word that is in the environment alone, and be of
our own user. ``client.inside.following`` is the other side.
"""

from __future__ import annotations

import os
import select
import socket
import struct
from typing import TYPE_CHECKING, Final

from crashwatch.client.inside.messages import MESSAGE_LIMIT, MessageError, decode
from crashwatch.supervisor.door_guard import door_guard
from crashwatch.supervisor.launch import Launched, start_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

VARIABLE: Final = b"CRASHWATCH_CHILDREN"

_BACKLOG: Final = 128
_MOST_NEWCOMERS: Final = 64
_CREDENTIALS: Final = struct.Struct("3i")  # struct ucred: pid, uid, gid


class Door:
    """Listens from its making on; guarded from ``new_guard`` on.

    Attributes:
        place: What children must know, as the value of ``VARIABLE``.
    """

    def __init__(self) -> None:
        """Open it.

        Raises:
            OSError: There can be none here.
        """
        name = f"crashwatch-{os.urandom(16).hex()}"
        self._word = os.urandom(16).hex()
        self._newcomers: dict[int, socket.socket] = {}
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.setblocking(False)
        self._listener.bind(b"\0" + name.encode())
        self._listener.listen(_BACKLOG)
        self.place = f"{name}:{self._word}:{os.getpid()}"
        self._guard = door_guard()

    @property
    def guard(self) -> int:
        """Pid of the guard, a child of ours; 0: there is none."""
        return self._guard.pid

    def new_guard(self) -> None:
        """Begin the time anew that somebody may wait.

        Raises:
            OSError: There can be no guard.
        """
        self._guard.stop()
        if self._listener.fileno() >= 0:
            self._guard.start(self._listener.fileno())

    def handlers(
        self, welcome: Callable[[Launched], None]
    ) -> dict[int, Callable[[], None]]:
        """What to call for each descriptor that is readable.

        ``welcome`` gets each child that comes in. Its hold is not guarded yet, and its
        ``pidfd`` is -1 where it has ended before: what it told can still be heard.
        """
        found: dict[int, Callable[[], None]] = {}
        if self._listener.fileno() >= 0:
            found[self._listener.fileno()] = self._answer
        for number in self._newcomers:
            found[number] = lambda n=number: self._hear(n, welcome)  # type: ignore[misc]
        return found

    def close(self) -> None:
        """Let nobody in any more."""
        self._guard.stop()
        self._listener.close()
        for newcomer in self._newcomers.values():
            newcomer.close()
        self._newcomers.clear()

    def _answer(self) -> None:
        try:
            newcomer, _ = self._listener.accept()
        except BlockingIOError:
            return
        except OSError:
            # Nothing is left to let anybody in with, and it would stay readable.
            self.close()
            return
        newcomer.setblocking(False)
        if len(self._newcomers) >= _MOST_NEWCOMERS:
            newcomer.close()
        else:
            self._newcomers[newcomer.fileno()] = newcomer

    def answer_all(self, welcome: Callable[[Launched], None]) -> None:
        """Let in whoever waits now."""
        ready = True
        while ready:
            handlers = self.handlers(welcome)
            poll = select.poll()
            for number in handlers:
                poll.register(number, select.POLLIN)
            found = [number for number, _ in poll.poll(0)]
            for number in found:
                handlers[number]()
            ready = bool(found)

    def _hear(self, number: int, welcome: Callable[[Launched], None]) -> None:
        newcomer = self._newcomers.pop(number)
        ends: list[socket.socket] = []
        process = None
        try:
            data, passed, _, _ = socket.recv_fds(
                newcomer, MESSAGE_LIMIT, 1, socket.MSG_CMSG_CLOEXEC
            )
            ends = [end for number in passed for end in _end_of(number)]
            process = self._process(data, newcomer, ends)
        except (MessageError, ValueError, OSError):
            pass  # no child of the run would say it so
        if process is not None:
            welcome(process)
            return
        for each in (newcomer, *ends):
            each.close()

    def _process(
        self, data: bytes, newcomer: socket.socket, ends: list[socket.socket]
    ) -> Launched | None:
        """The process that knows the word, and is who it says it is.

        The kernel's number is believed, not the one it told: it may live in a PID
        namespace of its own.
        """
        kind, word, _, *numbers = decode(data)[0]
        started, hold = map(int, numbers)
        size = _CREDENTIALS.size
        told = newcomer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
        pid, user, _ = _CREDENTIALS.unpack(told)
        if (kind, word, len(ends)) != ("child", self._word, 1):
            return None
        if os.geteuid() not in {0, user}:
            return None
        ends[0].setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        ends[0].setblocking(False)
        return Launched(pid, _open(pid, started), started, ends[0], hold, newcomer)


def _open(pid: int, started: int) -> int:
    """A pidfd of a process, told by when it started; -1 where it is gone."""
    try:
        pidfd = os.pidfd_open(pid)
    except OSError:
        return -1
    if start_time(pid) == started:
        return pidfd
    os.close(pidfd)
    return -1


def _end_of(number: int) -> Iterator[socket.socket]:
    """A descriptor that is a socket as the client makes them; any other is closed."""
    try:
        end = socket.socket(fileno=number)
    except OSError:
        os.close(number)
        return
    if (end.family, end.type) == (socket.AF_UNIX, socket.SOCK_SEQPACKET):
        yield end
    else:
        end.close()
