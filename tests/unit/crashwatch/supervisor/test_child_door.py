"""Who is let in at the door of the children, and who is not: real sockets."""

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crashwatch.client.inside.messages import encode
from crashwatch.supervisor.child_door import Door
from crashwatch.supervisor.launch import Launched, start_time


@pytest.fixture
def door() -> Iterator[Door]:
    """An open door without a guard."""
    opened = Door()
    yield opened
    opened.close()


def knock(door: Door, visitor: socket.socket) -> None:
    visitor.connect(b"\0" + door.place.split(":")[0].encode())


def visitor_of_a_door() -> socket.socket:
    return socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def record(door: Door) -> list[str]:
    word = door.place.split(":")[1]
    started = str(start_time(os.getpid()))
    return ["child", word, str(os.getpid()), started, "700"]


def answered(
    door: Door, fields: list[str], passed: list[int]
) -> tuple[list[Launched], bool]:
    """Who came in, and whether the visitor was turned away."""
    inside: list[Launched] = []
    with visitor_of_a_door() as visitor:
        knock(door, visitor)
        socket.send_fds(visitor, [encode([fields])], passed)
        door.answer_all(inside.append)
        visitor.setblocking(False)
        try:
            return inside, visitor.recv(1) == b""
        except BlockingIOError:
            return inside, False


def close(process: Launched) -> None:
    for end in (process.hold, process.events):
        assert end is not None
        end.close()
    if process.pidfd >= 0:
        os.close(process.pidfd)


@pytest.fixture
def end() -> Iterator[int]:
    """The supervisor's end of a hold as the client makes it."""
    first, second = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with first, second:
        yield first.fileno()


def test_a_child_that_knows_the_word_comes_in(door: Door, end: int) -> None:
    (process,), away = answered(door, record(door), [end])
    assert not away
    assert (process.pid, process.hold_number) == (os.getpid(), 700)
    assert process.pidfd >= 0
    close(process)


def test_one_that_is_gone_can_still_be_heard(door: Door, end: int) -> None:
    fields = record(door)
    fields[3] = "1"
    (process,), _ = answered(door, fields, [end])
    assert process.pidfd == -1
    close(process)


WRONG: dict[str, Callable[[list[str]], list[str]]] = {
    "another word": lambda fields: [fields[0], "0" * 32, *fields[2:]],
    "another kind": lambda fields: ["hello", *fields[1:]],
    "no number": lambda fields: [*fields[:4], "x"],
    "too few": lambda fields: fields[:3],
    "too many": lambda fields: [*fields, "1"],
    "nothing": lambda _: [],
}


@pytest.mark.parametrize("what", WRONG)
def test_others_are_turned_away(what: str, door: Door, end: int) -> None:
    before = open_descriptors()
    assert answered(door, WRONG[what](record(door)), [end]) == ([], True)
    assert open_descriptors() == before


def test_a_descriptor_that_is_no_socket_of_ours(door: Door) -> None:
    read, write = os.pipe()
    stream, other = socket.socketpair()
    with stream, other:
        before = open_descriptors()
        for passed in ([read], [stream.fileno()], []):
            assert answered(door, record(door), passed) == ([], True)
            assert open_descriptors() == before
    os.close(read)
    os.close(write)


def test_more_descriptors_than_are_wanted_are_closed(door: Door, end: int) -> None:
    before = open_descriptors()
    inside, _ = answered(door, record(door), [end, end, end])
    for process in inside:
        close(process)
    assert open_descriptors() == before


def test_a_closed_door_lets_nobody_in(door: Door) -> None:
    door.close()
    with visitor_of_a_door() as visitor, pytest.raises(ConnectionRefusedError):
        knock(door, visitor)
    assert door.handlers(lambda _: None) == {}
