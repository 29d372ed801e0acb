"""Did the kernel kill for want of memory? Counters read before and after.

The cgroup's ``memory.events`` counts its own kills (``oom_kill``); without cgroup v2
``/proc/vmstat`` counts the machine's. Both are world-readable and cost one read.
"""

from __future__ import annotations

_UNIFIED = b"0::"


def oom_kills(pid: int) -> int:
    """How many processes were killed so far in ``pid``'s group; -1 when unknown."""
    group = _group(pid)
    for path in (f"/sys/fs/cgroup{group}/memory.events", "/proc/vmstat"):
        count = _count(path)
        if count >= 0:
            return count
    return -1


def _group(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/cgroup", "rb") as file:
            lines = file.read(65536).splitlines()
    except OSError:
        return ""
    found = next((line for line in lines if line.startswith(_UNIFIED)), b"")
    return found[len(_UNIFIED) :].decode("utf-8", "surrogateescape")


def _count(path: str) -> int:
    try:
        with open(path, "rb") as file:
            return parse_oom_kills(file.read(262144))
    except OSError:
        return -1


def parse_oom_kills(data: bytes) -> int:
    """The number behind ``oom_kill``; -1 where there is none."""
    for line in data.splitlines():
        name, _, value = line.partition(b" ")
        if name == b"oom_kill" and value.strip().isdigit():
            return int(value)
    return -1
