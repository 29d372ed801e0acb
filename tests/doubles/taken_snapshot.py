"""A snapshot of a Python held at its crash, and how it ended afterwards."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crashwatch.linux.freeze import frozen
from crashwatch.linux.proc_directory import ProcDirectory
from crashwatch.linux.snapshot import take_snapshot
from reports.snapshot import Module, ProcessSnapshot, ThreadPicture
from tests.doubles.held_crash import held_crash


@dataclass
class Taken:
    """A snapshot, and how the process ended afterwards."""

    snapshot: ProcessSnapshot
    ended: int = 0

    @property
    def crashed(self) -> ThreadPicture:
        assert self.snapshot.crashed is not None
        return self.snapshot.crashed


@contextlib.contextmanager
def taken(python: str | Path, code: str) -> Iterator[Taken]:
    """Hold, freeze, take, release; the block runs with the process still there."""
    with held_crash(python, code) as held:
        with ProcDirectory(held.pid) as directory, frozen(held.pid) as stopped:
            tid = held.find_crashed(stopped.tids)
            result = Taken(take_snapshot(stopped, directory, crashed_tid=tid))
        yield result
        result.ended = held.let_die()


def module_at(snapshot: ProcessSnapshot, address: int) -> Module:
    return next(
        each
        for each in snapshot.modules
        if each.base <= address < each.base + each.size
    )
