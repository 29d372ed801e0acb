"""Heartbeats stand still: is it a hang, and what is the terminal doing?

No hang is what somebody else does to the terminal (a stop, a debugger), what the
machine does (it was suspended), or what is over when one looks twice. Else psutil tells
what kind it is and py-spy where each thread stands, with the terminal running on. Only
a thread that spends its time in the kernel without a system call to show for it is
looked at more closely: it may meet one fault for ever (``linux.spinning_fault``).
"""

from __future__ import annotations

import os
import select
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
import psutil

from crashwatch.backtraces.pyspy import PySpyDump, PySpyError
from crashwatch.linux import ptrace
from crashwatch.linux.freeze import frozen
from crashwatch.linux.process_control import forbid_core_and_reading
from crashwatch.linux.spinning_fault import meets_one_fault
from crashwatch.supervisor.frozen_reading import (
    FrozenFindings,
    process_facts,
    read_traced,
    runs_python,
    soft,
)
from crashwatch.supervisor.run_page import heartbeats

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crashwatch.supervisor.launch import Launched

SECOND_LOOK: Final = 1.0
"""Seconds after which one looks again."""
_STEP: Final = 100  # milliseconds
_SUSPENDED: Final = 500_000_000
_LOOKS: Final = 20
_BETWEEN_LOOKS: Final = 0.05
_SPINS: Final = 0.8
_IN_KERNEL: Final = 0.2
_TRIES: Final = 3
_PYSPY_SECONDS: Final = 5.0


class Standstill(NamedTuple):
    """What the terminal is doing.

    Attributes:
        findings: Its state (``spinning``, ``blocked``: it waits for a disk,
            ``waiting``: for anything else) and the stack of each thread; at a fault
            also the picture of its memory.
        fault: The thread that meets one fault for ever; 0: none.
    """

    findings: FrozenFindings
    fault: int = 0


class _Load(NamedTuple):
    """What one thread did while it was looked at.

    Attributes:
        running: The part of the looks at which it ran or waited for a processor; on a
            busy machine that tells more than the time it got.
        total, system: Processor seconds it got, and those in the kernel.
    """

    tid: int
    running: float
    total: float
    system: float

    @property
    def spins(self) -> bool:
        """Whether it never waits for anything."""
        return self.running >= _SPINS and self.total > 0


def suspended_ns() -> int:
    """For how long the machine has been suspended since it started."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) - time.monotonic_ns()


def is_excused(pid: int, suspended_before: int) -> bool:
    """Whether somebody else keeps it from beating."""
    if suspended_ns() - suspended_before > _SUSPENDED:
        return True
    try:
        with open(f"/proc/{pid}/status", "rb") as file:
            return excused_by(file.read(16384))
    except OSError:
        return True


def excused_by(status: bytes) -> bool:
    """Whether ``/proc/PID/status`` tells of a stop or a tracer."""
    fields = dict(
        line.split(b":\t", 1) for line in status.splitlines() if b":\t" in line
    )
    stopped = fields.get(b"State", b"")[:1] in {b"T", b"t", b"Z", b"X"}
    return stopped or fields.get(b"TracerPid", b"0") != b"0"


def stands_still(terminal: Launched, others: Iterable[int], beats: int) -> bool:
    """Look twice: whether no heartbeat comes within a second, and nothing else."""
    poll = select.poll()
    for descriptor in (terminal.pidfd, terminal.hold, *others):
        if descriptor is not None:
            poll.register(descriptor, select.POLLIN)
    deadline = time.monotonic() + SECOND_LOOK
    while time.monotonic() < deadline:
        if poll.poll(_STEP) or heartbeats(terminal.page) != beats:
            return False
    return True


def examine(terminal: Launched, *, replaced: bool, freeze: bool = False) -> Standstill:
    """Find out what it is doing. Never raises.

    Args:
        terminal: It goes on meanwhile.
        replaced: A heartbeat found another handler of SIGSEGV than ours.
        freeze: Where there are no Python stacks, stop it for a moment and take the
            native ones.
    """
    # From here on another program's memory is in ours.
    forbid_core_and_reading()
    findings = FrozenFindings()
    busiest: _Load | None = None
    with soft(findings, "psutil"):
        busiest = _busiest(terminal.pid)
        facts = process_facts(terminal.pid)
        kind = _kind(facts.status, busiest)
        findings.process = msgspec.structs.replace(facts, status=kind)
        findings.sources.append("psutil")
    if busiest is not None and _may_fault(busiest, replaced=replaced):
        at_fault = _at_fault(terminal.pid, busiest.tid, findings)
        if at_fault is not None:
            return Standstill(at_fault, busiest.tid)
    if runs_python(terminal.pid):
        _stacks(terminal.pid, findings)
    if freeze and not findings.threads:
        _native_stacks(terminal.pid, findings)
    return Standstill(findings)


def _busiest(pid: int) -> _Load | None:
    """The thread that ran most, over a second."""
    process = psutil.Process(pid)
    before = {thread.id: thread for thread in process.threads()}
    running = dict.fromkeys(before, 0)
    for _ in range(_LOOKS):
        time.sleep(_BETWEEN_LOOKS)
        for tid in before:
            running[tid] += _is_running(pid, tid)
    loads = []
    for after in process.threads():
        first = before.get(after.id)
        if first is not None:
            system = after.system_time - first.system_time
            total = after.user_time - first.user_time + system
            loads.append(_Load(after.id, running[after.id] / _LOOKS, total, system))
    return max(loads, key=lambda load: load[1:], default=None)


def _is_running(pid: int, tid: int) -> bool:
    try:
        with open(f"/proc/{pid}/task/{tid}/stat", "rb") as file:
            return file.read(512).rpartition(b")")[2].split()[0] == b"R"
    except OSError:
        return False


def _kind(status: str, busiest: _Load | None) -> str:
    if busiest is not None and busiest.spins:
        return "spinning"
    return "blocked" if status == psutil.STATUS_DISK_SLEEP else "waiting"


def _may_fault(busiest: _Load, *, replaced: bool) -> bool:
    """A fault that is met for ever costs the kernel more than the program."""
    return busiest.spins and (replaced or busiest.system >= _IN_KERNEL * busiest.total)


def _native_stacks(pid: int, findings: FrozenFindings) -> None:
    """Of a program without Python, or one that py-spy does not understand."""
    with soft(findings, "freeze"), frozen(pid) as process:
        read = read_traced(process, pid, ptrace)
        if read.snapshot is not None:
            findings.snapshot = replace(
                read.snapshot,
                soft_errors=_but_of_signals(read.snapshot.soft_errors),
            )
        findings.sources += [name for name in read.sources if name == "ptrace"]


def _but_of_signals(soft_errors: Iterable[str]) -> tuple[str, ...]:
    """It stands at no fault: that no signal's frame was found is as it should be."""
    return tuple(each for each in soft_errors if not each.startswith("signal frame"))


def _at_fault(pid: int, tid: int, findings: FrozenFindings) -> FrozenFindings | None:
    """Stop all threads for a moment, and read them if this one meets one fault."""
    with soft(findings, "freeze"), frozen(pid) as process:
        if tid in process.tids and meets_one_fault(process, tid):
            return read_traced(process, tid, ptrace)
    return None


def _stacks(pid: int, findings: FrozenFindings) -> None:
    """py-spy does not stop it, so a stack may change under its eyes: try again."""
    for attempt in range(1, _TRIES + 1):
        try:
            findings.threads = PySpyDump.start(pid).result(_PYSPY_SECONDS)
        except PySpyError as error:
            if attempt == _TRIES or not os.path.exists(f"/proc/{pid}"):
                findings.soft_errors.append(str(error))
                return
        else:
            findings.sources.append("py-spy")
            return
