"""Read a process while every thread of it is stopped: psutil, py-spy, the snapshot.

py-spy runs beside us while the snapshot is taken, so that the longer of the two is the
time the process is kept. What does not work becomes a soft error.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from crashwatch.backtraces.pyspy import PySpyDump, PySpyError
from crashwatch.linux.freeze import is_dead
from reports.crash_report import ProcessFacts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crashwatch.linux.freeze import Frozen
    from crashwatch.linux.sources import StoppedThreads, ThreadRegisters
    from reports.evidence import RawThread
    from reports.snapshot import ProcessSnapshot

_PYSPY_SECONDS = 3.0


@dataclass
class FrozenFindings:
    """What was read; parts that failed are empty and named in ``soft_errors``."""

    process: ProcessFacts = field(default_factory=ProcessFacts)
    threads: tuple[RawThread, ...] = ()
    snapshot: ProcessSnapshot | None = None
    sources: list[str] = field(default_factory=list)
    soft_errors: list[str] = field(default_factory=list)


def read_frozen(process: Frozen, crashed_tid: int, announced: int) -> FrozenFindings:
    """Read everything. Never raises: the process waits for its death meanwhile."""
    return _read(process, crashed_tid, announced, None, with_python=True)


def read_unfrozen(pid: int) -> FrozenFindings:
    """What can be read of a process that we may not trace. Never raises."""
    findings = FrozenFindings()
    with soft(findings, "psutil"):
        findings.process = process_facts(pid)
        findings.sources.append("psutil")
    return findings


def read_traced(
    process: StoppedThreads, crashed_tid: int, requests: ThreadRegisters
) -> FrozenFindings:
    """The same for a process that is traced: its program may be no Python.

    Args:
        process: Its stopped threads.
        crashed_tid: The thread that stands at the delivery of its signal.
        requests: Tells the signal and the registers at the fault.
    """
    with_python = runs_python(_shown_by(process.pid, crashed_tid))
    return _read(process, crashed_tid, 0, requests, with_python=with_python)


def _shown_by(pid: int, tid: int) -> int:
    """The task by which ``/proc`` shows a process: of a dead one it shows no memory."""
    return tid if is_dead(pid, pid) else pid


def runs_python(pid: int) -> bool:
    """Whether anything called Python is mapped; py-spy would fail without."""
    try:
        with open(f"/proc/{pid}/maps", "rb") as file:
            return b"python" in file.read().lower()
    except OSError:
        return False


def _read(
    process: StoppedThreads,
    crashed_tid: int,
    announced: int,
    requests: ThreadRegisters | None,
    *,
    with_python: bool,
) -> FrozenFindings:
    findings = FrozenFindings()
    dump: PySpyDump | None = None
    if with_python:
        with soft(findings, "py-spy"):
            dump = PySpyDump.start(process.pid)
    with soft(findings, "psutil"):
        findings.process = process_facts(_shown_by(process.pid, crashed_tid))
        findings.sources.append("psutil")
    with soft(findings, "snapshot"):
        findings.snapshot = _snapshot(process, crashed_tid, announced, requests)
        findings.sources.append("ptrace")
    if dump is not None:
        with soft(findings, "py-spy"):
            findings.threads = dump.result(_PYSPY_SECONDS)
            findings.sources.append("py-spy")
    return findings


@contextlib.contextmanager
def soft(findings: FrozenFindings, what: str) -> Iterator[None]:
    """Turn a failure into a soft error that tells its kind, never its text."""
    try:
        yield
    except PySpyError as error:
        findings.soft_errors.append(str(error))
    except Exception as error:
        findings.soft_errors.append(f"{what}: {type(error).__name__}")


def process_facts(pid: int) -> ProcessFacts:
    """The state of a stopped process, from psutil.

    The state before our own stop cannot be told apart any more: a held process is
    where it crashed, whatever its status letter says.
    """
    import psutil  # noqa: PLC0415 -- only when something is captured

    process = psutil.Process(pid)
    with process.oneshot():
        memory = process.memory_info()
        cpu = process.cpu_times()
        return ProcessFacts(
            status=str(process.status()),
            uptime=max(0.0, time.time() - process.create_time()),
            resident_bytes=memory.rss,
            cpu_user=cpu.user,
            cpu_system=cpu.system,
            thread_count=process.num_threads(),
        )


def _snapshot(
    process: StoppedThreads,
    crashed_tid: int,
    announced: int,
    requests: ThreadRegisters | None,
) -> ProcessSnapshot:
    from crashwatch.linux.proc_directory import ProcDirectory  # noqa: PLC0415
    from crashwatch.linux.snapshot import take_snapshot  # noqa: PLC0415

    take = take_snapshot
    if requests is not None:
        take = partial(take_snapshot, requests=requests)
    through = _shown_by(process.pid, crashed_tid)
    with ProcDirectory(process.pid, through) as directory:
        return take(
            process, directory, crashed_tid=crashed_tid, announced_signal=announced
        )
