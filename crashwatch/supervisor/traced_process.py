"""The process that traces the terminal: its loop, and what it does at a crash.

It is a child of the supervisor in a session of its own, so that nothing which stops the
terminal's group (Ctrl-Z, ``kill -STOP``) stops it: a stopped tracer would leave the
terminal standing at its next signal. Job control stays the parent's, the supervisor's.

At the delivery of a deadly signal:

- caught by a handler: the registers are kept, the signal is passed on. Whether it is a
  crash is the handler's decision.
- its default action, which is death: every thread is stopped, the process is read, the
  signal passed on. What was read counts only if the process then dies of it.

Whatever fails here ends this process, and the kernel lets the terminal run on.
"""

from __future__ import annotations

import errno
import mmap
import os
import pickle
import select
import signal
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from crashwatch.linux.first_chance import (
    DEADLY,
    Disposition,
    SignalStop,
    StopRequests,
)
from crashwatch.linux.memory_lock import lock, lock_map
from crashwatch.linux.proc_directory import ProcDirectory
from crashwatch.linux.process_control import forbid_core_and_reading
from crashwatch.linux.signal_descriptor import SignalDescriptor
from crashwatch.linux.signal_information import made_by_kernel
from crashwatch.linux.system_facts import find_architecture
from crashwatch.linux.tracer import Stop, Tracer, stop_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from crashwatch.linux.sources import StoppedThreads, ThreadRegisters

    TracedReader = Callable[[StoppedThreads, int, ThreadRegisters], object]

LEAVE: Final = frozenset(
    {signal.SIGUSR1, signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT}
)
"""Signals on which the tracer goes away: ``crashwatch detach`` sends the first."""

_FREEZE: Final = 0.25
"""Seconds after which a thread that cannot be stopped is read without."""
_AFTER_ITS_SIGNAL: Final = 1.0
"""Seconds for the kernel to end the process; one that outlives this ignored it."""
_ALONE: Final = 0.5
"""Seconds that a handler of ours has for its traceback while the others stand."""
_LAST: Final = 5.0
"""Seconds for a process that is ending; then we go, which helps whatever keeps it."""


@dataclass
class TracedCrash:
    """What the tracer gives to the supervisor.

    Attributes:
        number: The signal; the process must have died of it.
        findings: What the reader returned, or None.
        seconds: For how long the process stood.
    """

    number: int
    tid: int
    findings: object = None
    seconds: float = 0.0
    soft_errors: list[str] = field(default_factory=list)


@dataclass
class _Wait:
    """Other threads stand while one goes on with its signal, until a point in time.

    Attributes:
        is_dying: Its signal is one that kills; else a handler of ours is at work.
        is_ending: It did kill: the threads are on their way out.
    """

    tid: int
    deadline: float
    is_dying: bool
    is_ending: bool = False


class TracedProcess:
    """Traces one process to its end; made and run in the tracing process alone."""

    def __init__(
        self, tracer: Tracer, read: TracedReader, result: int, *, armed: bool
    ) -> None:
        """Prepare.

        Args:
            tracer: It has seized the process.
            read: Reads the process at its crash; must not raise.
            result: Descriptor of the memory that a ``TracedCrash`` is left in.
            armed: A handler of ours writes a traceback and raises the signal again;
                as under the hold, no other thread may end the process meanwhile.
        """
        self._tracer = tracer
        self._read = read
        self._result = result
        self._armed = armed
        self._architecture = find_architecture(os.uname().machine)
        self._signals = SignalDescriptor({int(n) for n in {signal.SIGCHLD, *LEAVE}})
        self._first: dict[int, SignalStop] = {}
        self._wait: _Wait | None = None
        self._has_crash = False
        self._shared: mmap.mmap | None = None

    def run(self) -> None:
        """Stay until the process has ended, or somebody wants us to go.

        Raises:
            OSError: A request failed; the caller ends, which releases the process.
        """
        poll = select.poll()
        poll.register(self._signals, select.POLLIN)
        while True:
            for tid, status in self._tracer.collect():
                self._on_stop(tid, status)
            if self._tracer.status is not None:
                return
            self._end_wait_in_time()
            poll.poll(self._patience())
            self._signals.collect()
            if any(each.number in LEAVE for each in self._signals.waiting):
                return
            self._signals.waiting.clear()

    def _patience(self) -> float | None:
        """Milliseconds to wait for a report; None for ever."""
        if self._wait is None:
            return None
        return max(1.0, (self._wait.deadline - time.monotonic()) * 1000)

    def _on_stop(self, tid: int, status: int) -> None:
        kind = stop_of(status)
        if kind is Stop.ENDED:
            self._first.pop(tid, None)
        elif kind is Stop.EXIT:
            self._on_exit(tid)
            self._tracer.resume(tid)
        elif self._wait is not None and tid != self._wait.tid:
            pass  # it stands until the other's signal is dealt with
        elif kind is Stop.SIGNAL and os.WSTOPSIG(status) in DEADLY:
            self._on_deadly(tid, os.WSTOPSIG(status))
        else:
            if kind is Stop.EXEC:
                self._first.clear()
            self._tracer.resume(tid)

    def _on_deadly(self, tid: int, number: int) -> None:
        stop = self._stop_at(tid)
        disposition = self._disposition(tid)
        if disposition is None or stop is None or disposition.ignores(number):
            self._tracer.resume(tid)
        elif disposition.catches(number):
            self._first[tid] = stop
            if self._armed:
                self._freeze([])
                self._wait = _Wait(tid, time.monotonic() + _ALONE, is_dying=False)
                self._let_ending_end()
            self._tracer.resume(tid)
        else:
            self._on_death(tid, number, self._at_fault(stop))

    def _on_death(self, tid: int, number: int, stop: SignalStop) -> None:
        """Read the process, then let the signal through."""
        started = time.monotonic()
        crash = TracedCrash(number, tid)
        self._freeze(crash.soft_errors)
        forbid_core_and_reading()
        crash.findings = self._read(self._tracer, tid, StopRequests(stop))
        self._keep(crash, time.monotonic() - started)
        deadline = time.monotonic() + _AFTER_ITS_SIGNAL
        self._wait = _Wait(tid, deadline, is_dying=True)
        self._let_ending_end()
        self._tracer.resume(tid)

    def _let_ending_end(self) -> None:
        """Threads that are past their last instruction must not stand.

        The kernel does not kill them when it kills the others, and waits for them.
        """
        for tid, status in list(self._tracer.stops.items()):
            if stop_of(status) is Stop.EXIT:
                self._tracer.resume(tid)

    def _on_exit(self, tid: int) -> None:
        """A thread is about to end: of a signal that was never delivered to it?

        The kernel ends some processes at once (a seccomp filter that says KILL).
        """
        status = self._tracer.message(tid)
        is_killed = os.WIFSIGNALED(status)
        if self._wait is not None and self._wait.is_dying:
            # Killed: all of them end. Else it outlived its signal, and ends alone.
            self._wait.is_ending |= is_killed
            seconds = _LAST if self._wait.is_ending else 0.0
            self._wait.deadline = time.monotonic() + seconds
        if self._has_crash or not is_killed or os.WTERMSIG(status) not in DEADLY:
            return
        stop = self._stop_at(tid)
        if stop is not None:
            number = os.WTERMSIG(status)
            told = SignalStop(tid, made_by_kernel(number), stop.general, stop.floating)
            self._on_death(tid, number, told)

    def _freeze(self, errors: list[str]) -> None:
        self._tracer.freeze(_FREEZE)
        if self._tracer.running:
            errors.append("freeze: not every thread could be stopped")

    def _stop_at(self, tid: int) -> SignalStop | None:
        if self._architecture is None:
            return None
        try:
            return SignalStop.read(tid, self._architecture)
        except OSError:
            return None

    def _disposition(self, tid: int) -> Disposition | None:
        try:
            with open(f"/proc/{self._tracer.pid}/task/{tid}/status", "rb") as file:
                return Disposition.parse(file.read(16384))
        except (OSError, ValueError):
            return None

    def _at_fault(self, stop: SignalStop) -> SignalStop:
        """The thread at its fault: now, or before its handler."""
        first = self._first.get(stop.tid)
        if first is None or self._architecture is None:
            return stop
        try:
            with ProcDirectory(self._tracer.pid, stop.tid) as directory:
                is_same = first.is_repeated_by(
                    stop, self._tracer.pid, self._architecture, directory.read_memory
                )
        except (OSError, ValueError):
            return stop
        return first if is_same else stop

    def _keep(self, crash: TracedCrash, seconds: float) -> None:
        """Leave it in memory shared with the supervisor, which reads it at the end."""
        crash.seconds = seconds
        data = pickle.dumps(crash)
        os.ftruncate(self._result, len(data))
        self._shared = shared = mmap.mmap(self._result, len(data))
        lock(data)
        lock_map(shared)
        shared[:] = data
        self._has_crash = True

    def _end_wait_in_time(self) -> None:
        """Let the others run on where the signal was survived."""
        wait = self._wait
        if wait is None or time.monotonic() < wait.deadline:
            return
        if wait.is_dying and self._dumps_core():
            return
        if wait.is_ending:
            raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
        if wait.is_dying:
            os.ftruncate(self._result, 0)
            self._has_crash = False
        self._wait = None
        for tid, status in list(self._tracer.stops.items()):
            if tid in self._tracer.stops:
                self._on_stop(tid, status)

    def _dumps_core(self) -> bool:
        """Whether the kernel writes a core of it, which takes as long as it takes."""
        if self._wait is None:
            return False
        self._wait.deadline = time.monotonic() + _AFTER_ITS_SIGNAL
        try:
            with open(f"/proc/{self._tracer.pid}/status", "rb") as file:
                return b"CoreDumping:\t1" in file.read(16384)
        except OSError:
            return False
