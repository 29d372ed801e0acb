"""Raw bytes are locked in memory where that is allowed, and kept where it is not."""

import mmap
import os
import resource
import subprocess
import sys
from pathlib import Path

from crashwatch.linux.memory_lock import lock, lock_map
from tests.doubles.requirement import require

READ_WITHOUT_A_LIMIT = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
from crashwatch.linux.memory_lock import lock, lock_map
if os.geteuid() == 0:
    os.setuid(65534)
print(lock(bytes(8192)))
"""


def locked_kilobytes() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmLck"))


def is_locked(start: int, end: int) -> bool:
    """Whether each mapping that holds a byte of it is (``lo`` of proc_pid_smaps(5)).

    Sums tell nothing of one buffer: the allocator gives out again what was locked.
    """
    flags, here = [], False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        first, *rest = line.split()
        if "-" in first and not first.endswith(":"):
            low, high = (int(number, 16) for number in first.split("-"))
            here = low < end and start < high
        elif here and first == "VmFlags:":
            flags.append("lo" in rest)
    return bool(flags) and all(flags)


def test_a_buffer_is_locked():
    size = 1 << 20
    allowed, _ = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    require(
        os.geteuid() == 0 or allowed < 0 or allowed > 2 * size,
        "RLIMIT_MEMLOCK is too small",
        "ulimit -l unlimited",
    )
    kept = [bytes(size)]
    while is_locked(id(kept[-1]), id(kept[-1]) + size):
        kept.append(bytes(size))
    data = kept[-1]
    assert lock(data)
    assert is_locked(id(data), id(data) + size)


def test_a_mapping_is_locked_until_it_is_closed():
    size = 1 << 20
    require(
        os.geteuid() == 0 or resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] > 2 * size,
        "RLIMIT_MEMLOCK is too small",
        "ulimit -l unlimited",
    )
    before = locked_kilobytes()
    with mmap.mmap(-1, size) as pages:
        assert lock_map(pages)
        assert locked_kilobytes() - before >= size // 1024
        pages[:4] = b"text"
    assert locked_kilobytes() - before < size // 1024


def test_no_bytes_need_no_lock():
    assert lock(b"")


def test_where_it_is_not_allowed_it_is_told_and_nothing_else():
    ended = subprocess.run(
        [sys.executable, "-c", READ_WITHOUT_A_LIMIT],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == "False\n"
