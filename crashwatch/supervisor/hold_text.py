"""The text in a hold socket, and which process and thread wrote it.

The kernel says of each packet who sent it (``SO_PASSCRED``): a child that was forked
without Python's knowledge shares the socket, and its traceback is not the terminal's.
"""

from __future__ import annotations

import contextlib
import platform
import socket
import struct
from typing import TYPE_CHECKING, Final

from crashwatch.linux.freeze import list_tasks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crashwatch.supervisor.launch import Launched

BLOCKS_SOON: Final = 1.0
"""Seconds that a crashing thread may take, from its first piece of text, until the
socket is full and it waits in ``write``. On an idle machine that is microseconds."""

_WRITE: Final = {"x86_64": b"1", "aarch64": b"64"}
_TEXT_LIMIT: Final = 4 * 1024 * 1024
_PACKET: Final = 65536
_CREDENTIALS: Final = struct.Struct("3i")
"""``struct ucred``: pid, uid, gid."""
_ROOM: Final = socket.CMSG_SPACE(_CREDENTIALS.size)
"""For them alone: descriptors that somebody sent along would be ours to close."""


def find_writer(pid: int, descriptor: int) -> int | None:
    """The thread that is blocked in ``write(descriptor, …)``, or None.

    ``/proc/PID/task/TID/syscall`` begins with the system call's number and its
    arguments in hexadecimal, also for a thread that was stopped inside it. One that
    was stopped between two of its writes is not found.
    """
    number = _WRITE.get(platform.machine(), b"1")
    wanted = hex(descriptor).encode()
    for tid in list_tasks(pid):
        with contextlib.suppress(OSError):
            with open(f"/proc/{pid}/task/{tid}/syscall", "rb") as file:
                fields = file.read(256).split()
            if fields[:2] == [number, wanted]:
                return tid
    return None


def has_text_of_its_own(process: Launched) -> bool:
    """Whether the process itself wrote; what another one wrote first is dropped."""
    hold = process.hold
    with contextlib.suppress(BlockingIOError, ConnectionError):
        while hold is not None:
            text, told, _, _ = hold.recvmsg(1, _ROOM, socket.MSG_PEEK)
            if not text or _sender(told) in {0, process.pid}:
                return bool(text)
            hold.recv(1)
    return False


def drain(process: Launched) -> bytes:
    """Take whatever is in the hold socket; what another process wrote is dropped."""
    pieces: list[bytes] = []
    size = 0
    with contextlib.suppress(BlockingIOError, ConnectionError):
        while process.hold is not None and size < _TEXT_LIMIT:
            piece, told, _, _ = process.hold.recvmsg(_PACKET, _ROOM)
            if not piece:
                break
            size += len(piece)
            if _sender(told) in {0, process.pid}:
                pieces.append(piece)
    return b"".join(pieces)


def _sender(told: Iterable[tuple[int, int, bytes]]) -> int:
    """The pid that came with a packet; 0 for one sent before anybody asked for it."""
    for level, kind, data in told:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
            return int(_CREDENTIALS.unpack(data[: _CREDENTIALS.size])[0])
    return 0
