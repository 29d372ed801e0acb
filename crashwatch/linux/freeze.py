"""Stop every thread of a process, and let go in one of two ways.

``frozen(pid)`` seizes and stops all threads, also those that appear meanwhile. Left
without more, it lets all of them run on. A process held at its crash is instead let
die: ``Frozen.resume_only(tid)`` lets the crashing thread alone run, so that it
re-raises its signal and the kernel kills the others where they stand; otherwise main
could run on and exit 0 while another thread is dying.
"""

from __future__ import annotations

import contextlib
import os
import signal
from typing import TYPE_CHECKING, Final

from crashwatch.linux import ptrace

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROUNDS: Final = 16
"""How often the task list is read again before new threads are given up on."""


class Frozen:
    """A process whose threads are all stopped by us.

    Attributes:
        pid: The process.
        tids: Threads that are stopped, in the kernel's order.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.tids: tuple[int, ...] = ()
        self._stopped: dict[int, int] = {}
        self._reaped: dict[int, int] = {}

    def stop_all(self) -> None:
        """Seize and stop all threads.

        Raises:
            OSError: The first thread may not be traced.
        """
        for _ in range(_ROUNDS):
            new = [tid for tid in list_tasks(self.pid) if not self._knows(tid)]
            if not new:
                break
            for tid in new:
                self._stop(tid)
        self.tids = tuple(self._stopped)

    def _knows(self, tid: int) -> bool:
        return tid in self._stopped or tid in self._reaped

    def _stop(self, tid: int) -> None:
        try:
            ptrace.seize(tid)
        except ProcessLookupError:
            self._reaped[tid] = 0
            return
        except PermissionError:
            # A zombie thread cannot be seized (EPERM); the living must be.
            if self._stopped and is_dead(self.pid, tid):
                self._reaped[tid] = 0
                return
            raise
        with contextlib.suppress(ProcessLookupError):
            ptrace.interrupt(tid)
        self._wait_stopped(tid)

    def _wait_stopped(self, tid: int) -> None:
        _, status = os.waitpid(tid, ptrace.ALL_THREADS)
        if os.WIFSTOPPED(status):
            self._stopped[tid] = status
        else:
            self._reaped[tid] = status

    def resume_only(self, tid: int) -> None:
        """Let one thread run, the others stay stopped."""
        ptrace.cont(tid)
        self._stopped.pop(tid, None)

    def pass_on(self, tid: int, status: int) -> int:
        """Continue a thread that reported ``status``; returns the signal passed on.

        A stop with an event in its upper bits is a group-stop or our own interrupt:
        nothing is to be delivered. Any other is a signal on its way.
        """
        number = 0 if status >> 16 else os.WSTOPSIG(status)
        ptrace.cont(tid, number)
        return number

    def release(self) -> None:
        """Let every thread that is still stopped run on, untraced."""
        while self._stopped:
            tid, status = self._stopped.popitem()
            number = 0 if status >> 16 else os.WSTOPSIG(status)
            with contextlib.suppress(OSError):
                ptrace.detach(tid, 0 if number == signal.SIGTRAP else number)

    def reap_others(self) -> None:
        """Collect the other threads of a process that is dying.

        A leader's zombie cannot be waited for while traced threads remain.
        """
        for tid in reversed(self.tids):
            if tid == self.pid or tid in self._reaped:
                continue
            with contextlib.suppress(ChildProcessError):
                self._reap(tid)
            self._stopped.pop(tid, None)
        self._stopped.pop(self.pid, None)

    def reap_the_dead(self, running: int) -> None:
        """Collect those other threads that have died by now; never waits."""
        for tid in self.tids:
            if tid in {self.pid, running} or tid in self._reaped:
                continue
            with contextlib.suppress(ChildProcessError):
                gone, status = os.waitpid(tid, ptrace.ALL_THREADS | os.WNOHANG)
                if gone and not os.WIFSTOPPED(status):
                    self._reaped[tid] = status
                    self._stopped.pop(tid, None)

    @staticmethod
    def _reap(tid: int) -> None:
        while True:
            _, status = os.waitpid(tid, ptrace.ALL_THREADS)
            if not os.WIFSTOPPED(status):
                return
            with contextlib.suppress(ProcessLookupError):
                ptrace.cont(tid)


@contextlib.contextmanager
def frozen(pid: int) -> Iterator[Frozen]:
    """Freeze ``pid``; whatever is still stopped at the end is let go.

    Raises:
        OSError: Tracing is refused; nothing stays stopped.
    """
    process = Frozen(pid)
    try:
        process.stop_all()
        yield process
    finally:
        process.release()


def list_tasks(pid: int) -> list[int]:
    """Thread ids of a process, in the kernel's order; empty when it is gone."""
    try:
        return [int(name) for name in os.listdir(f"/proc/{pid}/task")]
    except (FileNotFoundError, ProcessLookupError):
        return []


def is_dead(pid: int, tid: int) -> bool:
    """Whether a thread is a zombie, dead or gone."""
    try:
        with open(f"/proc/{pid}/task/{tid}/stat", "rb") as file:
            state = file.read(512).rpartition(b")")[2].split()[0]
    except OSError:
        return True
    return state in {b"Z", b"X", b"x"}
