"""Fuzz target: what a visitor says at the door of the children."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from crashwatch.supervisor.child_door import Door

if TYPE_CHECKING:
    from crashwatch.supervisor.launch import Launched

WORD = b"{word}"
"""Stands for the word that is known to the run's processes alone."""


def TARGET(data: bytes) -> None:  # noqa: N802 -- the name every fuzz target has
    """Nobody comes in without the word or as somebody else; nothing is left open."""
    before = _open()
    door = Door()
    name, word, _ = door.place.encode().split(b":")
    inside: list[Launched] = []
    hold, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    visitor = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with hold, other, visitor:
        visitor.connect(b"\0" + name)
        said = data.replace(WORD, word)[:60_000]
        socket.send_fds(visitor, [said or b"\0"], [hold.fileno()])
        door.answer_all(inside.append)
    door.close()
    for process in inside:
        assert word in said
        assert process.pid == os.getpid()
        for end in (process.hold, process.events):
            assert end is not None
            end.close()
        if process.pidfd >= 0:
            os.close(process.pidfd)
    assert _open() == before


def _open() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
