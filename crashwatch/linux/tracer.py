"""Trace a process from its first instruction to its end: its threads and their stops.

A tracer is told of every signal before it is delivered, so that it sees a fault with
the registers at the fault. In exchange it must answer each stop, or the thread stands:

- a signal on its way is passed on;
- a group-stop (SIGSTOP, Ctrl-Z) is left a stop (PTRACE_LISTEN), so that SIGCONT and
  the parent's ``waitpid`` work as if there were no tracer;
- births of threads, ends of threads and execs are noted and continued.

Children (fork, vfork) are not followed: they run untraced, with their setuid bits.
When the tracing process ends, however it ends, the kernel lets go of every thread and
delivers the signals that were on their way.
"""

from __future__ import annotations

import contextlib
import enum
import os
import signal
import time
from typing import TYPE_CHECKING, Final

from crashwatch.linux import ptrace

if TYPE_CHECKING:
    from collections.abc import Iterator

OPTIONS: Final = (
    ptrace.OPTION_TRACECLONE | ptrace.OPTION_TRACEEXEC | ptrace.OPTION_TRACEEXIT
)
_STOPPING: Final = frozenset(
    {signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}
)
_NAP: Final = 0.0005
"""Seconds between two looks at threads that were asked to stop."""


class Stop(enum.Enum):
    """Why a thread reports to its tracer."""

    SIGNAL = "a signal on its way"
    GROUP = "the whole process is stopped"
    TRAP = "our interrupt, a thread's first stop, the end of a group-stop"
    CLONE = "it made a thread"
    EXEC = "it became another program"
    EXIT = "it is about to end"
    ENDED = "it has ended"


_EVENTS: Final = {
    ptrace.EVENT_CLONE: Stop.CLONE,
    ptrace.EVENT_EXEC: Stop.EXEC,
    ptrace.EVENT_EXIT: Stop.EXIT,
}


def stop_of(status: int) -> Stop:
    """Tell the kind of a wait status of a seized thread (ptrace(2))."""
    if not os.WIFSTOPPED(status):
        return Stop.ENDED
    event = status >> 16
    if event == 0:
        return Stop.SIGNAL
    if event == ptrace.EVENT_STOP and os.WSTOPSIG(status) in _STOPPING:
        return Stop.GROUP
    return _EVENTS.get(event, Stop.TRAP)


class Tracer:
    """The traced threads of one process.

    Attributes:
        pid: The process.
        stops: Threads that stand, each with the wait status of its stop.
        status: The process's wait status once it has ended, else None.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.stops: dict[int, int] = {}
        self.status: int | None = None
        self._running: set[int] = set()

    @property
    def tids(self) -> tuple[int, ...]:
        """Threads that stand, the first thread in front."""
        return tuple(sorted(self.stops, key=lambda tid: (tid != self.pid, tid)))

    @property
    def running(self) -> int:
        """How many threads run."""
        return len(self._running)

    def seize(self) -> None:
        """Become the tracer of a process with one thread.

        Raises:
            OSError: EPERM when refused.
        """
        ptrace.seize(self.pid, OPTIONS)
        self._running.add(self.pid)

    def collect(self) -> Iterator[tuple[int, int]]:
        """Take what threads have to report, until there is nothing; never waits.

        A thread that is reported stands, and is in ``stops``, until it is resumed.

        Raises:
            OSError: A request failed for no reason that a thread's end would explain.
        """
        while (report := self._collect_one()) is not None:
            if report[0]:
                yield report

    def _collect_one(self) -> tuple[int, int] | None:
        try:
            tid, status = os.waitpid(-1, ptrace.ALL_THREADS | os.WNOHANG)
        except ChildProcessError:
            self.status = self.status or 0
            return None
        if tid == 0:
            return None
        return (tid, status) if self._note(tid, status) else (0, 0)

    def _note(self, tid: int, status: int) -> bool:
        """Bring the table up to date; False for what is no thread of ours."""
        kind = stop_of(status)
        if kind is Stop.ENDED:
            self._running.discard(tid)
            self.stops.pop(tid, None)
            if tid == self.pid:
                self.status = status
            return True
        if tid not in self._running and not self._adopt(tid):
            return False
        if kind is Stop.EXEC:
            # The other threads are gone, and some of them never report it.
            self._running.clear()
            self.stops.clear()
        self._running.discard(tid)
        self.stops[tid] = status
        return True

    def _adopt(self, tid: int) -> bool:
        """Take a new thread; let go of a child that was made by an odd ``clone``."""
        if tid in self.stops or os.path.exists(f"/proc/{self.pid}/task/{tid}"):
            return True
        with contextlib.suppress(ProcessLookupError):
            ptrace.detach(tid)
        return False

    def resume(self, tid: int) -> None:
        """Answer the stop of a thread: it goes on as if it were not traced.

        Raises:
            OSError: It could not be continued, and not because it was killed.
        """
        status = self.stops.pop(tid, None)
        if status is None:
            return
        kind = stop_of(status)
        if kind is not Stop.EXIT:
            # One that ends reports its end, and a first thread only after all others:
            # it cannot be stopped any more.
            self._running.add(tid)
        number = os.WSTOPSIG(status) if kind is Stop.SIGNAL else 0
        try:
            _answer(tid, kind, number)
        except ProcessLookupError:
            if self._still_stands(tid):
                _answer(tid, kind, number)

    def _still_stands(self, tid: int) -> bool:
        """Whether a thread is where it was; one that was killed has left its stop."""
        options = os.WEXITED | os.WSTOPPED | os.WNOWAIT | os.WNOHANG
        try:
            if os.waitid(os.P_PID, tid, options | ptrace.ALL_THREADS) is not None:
                return False
            with open(f"/proc/{self.pid}/task/{tid}/stat", "rb") as file:
                return file.read(512).rpartition(b")")[2].split()[0] == b"t"
        except OSError:
            return False

    def message(self, tid: int) -> int:
        """What an event says: at ``Stop.EXIT`` the wait status to be; 0 if it is gone.

        Raises:
            OSError: The request failed.
        """
        with contextlib.suppress(ProcessLookupError):
            return ptrace.geteventmsg(tid)
        return 0

    def freeze(self, seconds: float) -> None:
        """Stop every thread; what it reports instead of our stop is kept in ``stops``.

        A thread that waits for the child of its ``vfork`` cannot be stopped: after
        ``seconds`` it is left running.

        Raises:
            OSError: A request failed.
        """
        asked: set[int] = set()
        deadline = time.monotonic() + seconds
        while self._running and self.status is None:
            self._interrupt(self._running - asked)
            asked |= self._running
            if any(True for _ in self.collect()):
                continue
            if time.monotonic() >= deadline:
                return
            time.sleep(_NAP)

    @staticmethod
    def _interrupt(tids: set[int]) -> None:
        for tid in tids:
            with contextlib.suppress(ProcessLookupError):
                ptrace.interrupt(tid)


def _answer(tid: int, kind: Stop, number: int) -> None:
    if kind is Stop.GROUP:
        ptrace.listen(tid)
    else:
        ptrace.cont(tid, number)
