"""Memory that can be read in part, and the lines that say so."""

import errno

import pytest

from crashwatch.linux.process_memory import ProcessMemory
from crashwatch.linux.soft_errors import SoftErrors


class Patchy:
    """Memory from 0x1000 to ``end``; a read gives at most ``most`` bytes."""

    pid = 1

    def __init__(self, end: int, most: int = 1 << 30) -> None:
        self.end = end
        self.most = most
        self.reads: list[tuple[int, int]] = []

    def read(self, name: str, limit: int) -> bytes:
        raise OSError(errno.ENOENT, name, limit)

    def read_memory(self, address: int, size: int) -> bytes:
        self.reads.append((address, size))
        if not 0x1000 <= address < self.end:
            raise OSError(errno.EIO, "unmapped")
        return bytes(min(size, self.most, self.end - address))


def memory_of(files: Patchy) -> tuple[ProcessMemory, SoftErrors]:
    errors = SoftErrors()
    return ProcessMemory(files, errors), errors


def test_a_range_is_one_read():
    files = Patchy(0x9000)
    memory, errors = memory_of(files)
    assert len(memory.read_range(range(0x1080, 0x8000), "x")) == 0x6F80
    assert files.reads == [(0x1080, 0x6F80)]
    assert errors.lines == ()


def test_a_short_read_is_taken_up_a_page_at_a_time():
    files = Patchy(0x9000, most=0x1800)
    memory, errors = memory_of(files)
    assert len(memory.read_range(range(0x1080, 0x8000), "x")) == 0x6F80
    assert files.reads[1:3] == [(0x2880, 0x780), (0x3000, 0x1000)]
    assert errors.lines == ()


def test_what_is_missing_at_the_end_is_said():
    memory, errors = memory_of(Patchy(0x5000))
    assert len(memory.read_range(range(0x1000, 0x8000), "stack")) == 0x4000
    assert errors.lines == ("stack: EIO",)


def test_memory_that_comes_empty_ends():
    memory, errors = memory_of(Patchy(0x9000, most=0))
    assert memory.read_range(range(0x1000, 0x8000), "stack") == b""
    assert errors.lines == ("stack: ends early",)


def test_an_exact_read_is_whole_or_fails():
    memory, _ = memory_of(Patchy(0x2000))
    assert len(memory.read(0x1F00, 0x100)) == 0x100
    with pytest.raises(OSError, match="Input/output"):
        memory.read(0x1F00, 0x101)


@pytest.mark.parametrize("size", [-1, (1 << 20) + 1])
def test_an_exact_read_is_bounded(size: int):
    files = Patchy(1 << 40)
    with pytest.raises(OSError, match="Invalid"):
        memory_of(files)[0].read(0x1000, size)
    assert files.reads == []


def test_soft_errors_are_short_said_once_and_bounded():
    errors = SoftErrors()
    for _ in range(3):
        with errors.tolerated("maps"):
            raise PermissionError(errno.EPERM, "alice", "/home/alice")
    assert errors.lines == ("maps: EPERM",)
    for number in range(100):
        errors.add(f"stack of thread {number}", "ends early")
    errors.add("stack of thread 5", "ends early")
    assert len(errors.lines) == 65
    assert errors.lines[-1] == "37 more"


def test_other_exceptions_are_not_tolerated():
    errors = SoftErrors()
    with pytest.raises(KeyError), errors.tolerated("maps"):
        raise KeyError
    assert errors.lines == ()
