"""The hold socket's text, told apart by the process that wrote it."""

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crashwatch.supervisor.hold_text import drain, has_text_of_its_own
from crashwatch.supervisor.launch import Launched
from crashwatch.supervisor.shared import Shared


@pytest.fixture
def ends() -> Iterator[tuple[Launched, int]]:
    """This process as the terminal, and its own end of the socket."""
    shared = Shared(0.25, ())
    us = os.getpid()
    yield Launched(us, -1, 0, shared.hold, shared.theirs[0], None), shared.theirs[0]
    shared.close_theirs()
    shared.hold.close()
    shared.events.close()


def in_a_fork(act: Callable[[], object]) -> None:
    """Act in a child that shares every socket."""
    if (pid := os.fork()) == 0:
        try:
            act()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


def test_what_a_forked_child_wrote_is_left_out(ends: tuple[Launched, int]) -> None:
    process, end = ends
    in_a_fork(lambda: os.write(end, b"another's "))
    os.write(end, b"our own")
    in_a_fork(lambda: os.write(end, b" and again"))
    assert drain(process) == b"our own"


def test_text_of_another_is_dropped_until_our_own(ends: tuple[Launched, int]) -> None:
    process, end = ends
    assert not has_text_of_its_own(process)
    in_a_fork(lambda: [os.write(end, b"another's") for _ in range(2)])
    assert not has_text_of_its_own(process)
    in_a_fork(lambda: os.write(end, b"another's"))
    os.write(end, b"our own")
    assert has_text_of_its_own(process)
    assert drain(process) == b"our own"


def test_a_closed_end_is_no_text() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    process = Launched(os.getpid(), -1, 0, ours, 3, None)
    theirs.send(b"sent before anybody asked who")
    theirs.close()
    assert has_text_of_its_own(process)
    assert drain(process) == b"sent before anybody asked who"
    assert not has_text_of_its_own(process)
    assert drain(process) == b""
    ours.close()


def test_a_descriptor_that_comes_along_is_not_taken(ends: tuple[Launched, int]) -> None:
    process, end = ends
    with socket.socket(fileno=os.dup(end)) as sender:
        socket.send_fds(sender, [b"text"], [0, 1])
    before = sorted(Path("/proc/self/fd").iterdir())
    assert drain(process) == b"text"
    assert sorted(Path("/proc/self/fd").iterdir()) == before
