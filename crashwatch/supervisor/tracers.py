"""The tracers that run on this machine, found in /proc, and how to send one away.

Nothing is written anywhere for this: a tracer is a process that bears our name, and
the kernel says whom it traces. Whether we may signal it is the kernel's to say too.
"""

from __future__ import annotations

import os
import select
import signal
from typing import NamedTuple

from crashwatch.errors import CrashwatchError
from crashwatch.supervisor.traced import TRACER_NAME

_PATIENCE = 5000  # milliseconds


class Traced(NamedTuple):
    """One traced terminal: its pid, its name, its tracer's pid, its launcher's."""

    pid: int
    name: str
    tracer: int
    launcher: int


class Relations(NamedTuple):
    """What ``/proc/PID/status`` says of a process and others."""

    pid: int
    name: str
    parent: int
    tracer: int


def parse_relations(status: bytes) -> Relations:
    """Parse ``status``, in which the kernel has escaped the name's newlines.

    Raises:
        KeyError, ValueError: A field is missing or no number.
    """
    lines = (line.partition(b":\t") for line in status.splitlines())
    fields = {name: value for name, _, value in reversed(list(lines))}
    numbers = (int(fields.get(name, b"")) for name in (b"Pid", b"PPid", b"TracerPid"))
    pid, parent, tracer = numbers
    return Relations(pid, fields[b"Name"].decode("utf-8", "replace"), parent, tracer)


def find_traced() -> list[Traced]:
    """Every terminal that a tracer of ours is attached to, lowest pid first."""
    rows = {row.pid: row for row in map(_row, _pids()) if row is not None}
    found = []
    for row in rows.values():
        tracer = rows.get(row.tracer)
        if tracer is not None and tracer.name == TRACER_NAME:
            found.append(Traced(row.pid, row.name, tracer.pid, tracer.parent))
    return sorted(found)


def send_away(traced: Traced) -> None:
    """End the tracing of a terminal; it runs on, and its exit status is still watched.

    Raises:
        CrashwatchError: It may not be signalled, or did not go.
    """
    try:
        tracer = os.pidfd_open(traced.tracer)
    except ProcessLookupError:
        return
    try:
        # The pid may have been given to another process before it was opened.
        row = _row(traced.pid)
        if row is None or row.tracer != traced.tracer:
            return
        signal.pidfd_send_signal(tracer, signal.SIGUSR1)
        poll = select.poll()
        poll.register(tracer, select.POLLIN)
        if not poll.poll(_PATIENCE):
            raise CrashwatchError(
                f"the tracer of {traced.pid} does not go",
                f"`kill -KILL {traced.tracer}` lets the program run on as well.",
            )
    except ProcessLookupError:
        return
    except PermissionError as error:
        raise CrashwatchError(
            f"process {traced.pid} is traced for somebody else",
            "Run this as the one who started it.",
        ) from error
    finally:
        os.close(tracer)


def _pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]


def _row(pid: int) -> Relations | None:
    try:
        with open(f"/proc/{pid}/status", "rb") as file:
            return parse_relations(file.read(4096))
    except (OSError, ValueError, KeyError):
        return None
