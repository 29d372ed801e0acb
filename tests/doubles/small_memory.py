"""A control group with little memory, in which a greedy program is killed for it."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

V1 = Path("/sys/fs/cgroup/memory")
V2 = Path("/sys/fs/cgroup")


@contextlib.contextmanager
def small_memory(megabytes: int) -> Iterator[Path | None]:
    """Make the group and give the file that takes a process in; None: not here."""
    v2 = (V2 / "cgroup.controllers").exists()
    group = (V2 if v2 else V1) / f"crashwatch-test-{os.getpid()}"
    names = ("memory.max", "memory.swap.max") if v2 else ("memory.limit_in_bytes",)
    try:
        group.mkdir()
    except OSError:
        yield None
        return
    try:
        yield _limited(group, names, megabytes)
    finally:
        group.rmdir()


def _limited(group: Path, names: tuple[str, ...], megabytes: int) -> Path | None:
    limits = (megabytes << 20, 0)
    try:
        for name, limit in zip(names, limits, strict=False):
            (group / name).write_text(str(limit))
    except OSError:
        return None
    return group / "cgroup.procs"
