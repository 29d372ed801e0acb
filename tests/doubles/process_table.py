"""Who runs on this machine, read from /proc: parents, sessions, environments."""

import contextlib
import os
import select
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One process: its id, its parent's, its session's, and its state letter."""

    pid: int
    parent: int
    session: int
    state: str


def read_rows() -> list[Row]:
    """Every process; one that ends meanwhile is left out.

    /proc/PID/stat, proc(5): the name stands in parentheses and may hold anything;
    after the last one come state, parent, group, session.
    """
    rows = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with contextlib.suppress(OSError):
                text = (folder / "stat").read_text(errors="replace")
                state, parent, _, session = text.rpartition(")")[2].split()[:4]
                rows.append(Row(int(folder.name), int(parent), int(session), state))
    return rows


def descendants(pid: int) -> set[int]:
    """Children, their children and so on, zombies included, without `pid`."""
    rows = read_rows()
    found: set[int] = set()
    wanted = {pid}
    while wanted:
        wanted = {row.pid for row in rows if row.parent in wanted} - found
        found |= wanted
    return found


def session_members(session: int) -> set[int]:
    """The processes of a session."""
    return {row.pid for row in read_rows() if row.session == session}


def holders_of(text: str) -> set[int]:
    """Processes but this one whose first environment holds a text."""
    found = set()
    for row in read_rows():
        with contextlib.suppress(OSError):
            if text.encode() in Path(f"/proc/{row.pid}/environ").read_bytes():
                found.add(row.pid)
    return found - {os.getpid()}


def belonging_to(user: int) -> set[int]:
    """Processes of a user, by the real user id in ``/proc/PID/status``."""
    found = set()
    for row in read_rows():
        with contextlib.suppress(OSError):
            text = Path(f"/proc/{row.pid}/status").read_text(errors="replace")
            if f"\nUid:\t{user}\t" in text:
                found.add(row.pid)
    return found


def kill_tree(pid: int) -> None:
    """Kill a process with all its descendants and all members of its session.

    They are stopped first, until no new one appears: a process killed in the
    middle of a fork would leave a child that nobody knows.
    """
    stopped: set[int] = set()
    while new := (descendants(pid) | session_members(pid)) - stopped:
        send(signal.SIGSTOP, new)
        stopped |= new
    send(signal.SIGKILL, stopped)


def send(number: signal.Signals, pids: Iterable[int]) -> None:
    """Send a signal to each process that is still there."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def wait_until_gone(pids: Iterable[int], deadline: float) -> set[int]:
    """Wait until each has ended; return those that have not after the deadline.

    A process that was just hung up by the end of its terminal is still on its way.
    """
    limit = time.monotonic() + deadline
    return {pid for pid in pids if not _ends_before(pid, limit)}


def _ends_before(pid: int, limit: float) -> bool:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        left = max(0.0, limit - time.monotonic())
        return bool(select.select([descriptor], [], [], left)[0])
    finally:
        os.close(descriptor)


def describe(pid: int) -> str:
    """A process by id and command line, for a message."""
    with contextlib.suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return f"{pid} {b' '.join(words).decode(errors='replace')}"
    return f"{pid} (gone)"
