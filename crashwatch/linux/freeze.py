"""Stop every thread of a process, and let go in one of two ways.

``frozen(pid)`` seizes and stops all threads, also those that appear meanwhile. Left
without more, it lets all of them run on. A process held at its crash is instead let
die: ``Frozen.resume_only(tid)`` lets the crashing thread alone run, so that it
re-raises its signal and the kernel kills the others where they stand; otherwise main
could run on and exit 0 while another thread is dying.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import time
from typing import TYPE_CHECKING, Final, TypeVar

from crashwatch.linux import collected, ptrace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

_ROUNDS: Final = 16
"""How often the task list is read again before new threads are given up on."""

_PATIENCE: Final = 0.5
"""Seconds for a thread to stop. One that waits for the child of its ``vfork`` does not
before that child has ended, and the process cannot die before it is let go."""

_NAP: Final = 0.0005


class Frozen:
    """A process whose threads are all stopped by us.

    Attributes:
        pid: The process.
        tids: Threads that are stopped, in the kernel's order.
        soft_errors: Threads that could not be stopped, one line each.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.tids: tuple[int, ...] = ()
        self.soft_errors: list[str] = []
        self._stopped: dict[int, int] = {}
        self._reaped: dict[int, int] = {}
        self._missed: set[int] = set()

    def stop_all(self) -> None:
        """Seize and stop all threads.

        Raises:
            OSError: Not one of them may be traced.
        """
        refusal: OSError | None = None
        for _ in range(_ROUNDS):
            new = [tid for tid in list_tasks(self.pid) if not self._knows(tid)]
            if not new:
                break
            for step in (self._ask, self._wait_stopped):
                for tid in [tid for tid in new if not self._knows(tid)]:
                    refusal = self._noted(step, tid) or refusal
        self.tids = tuple(self._stopped)
        if refusal is not None and not self._stopped:
            raise refusal

    def _knows(self, tid: int) -> bool:
        return tid in self._stopped or tid in self._reaped or tid in self._missed

    def _noted(self, step: Callable[[int], None], tid: int) -> OSError | None:
        try:
            step(tid)
        except OSError as error:
            # A zombie thread cannot be seized (EPERM).
            if is_dead(self.pid, tid):
                self._reaped[tid] = 0
                return None
            self._missed.add(tid)
            name = errno.errorcode.get(error.errno or 0, "unknown error")
            self.soft_errors.append(f"freeze of thread {tid}: {name}")
            return error
        return None

    def _ask(self, tid: int) -> None:
        try:
            ptrace.seize(tid)
        except ProcessLookupError:
            if not is_dead(self.pid, tid):
                raise
            self._reaped[tid] = 0
            return
        with contextlib.suppress(OSError):
            # Without it a thread of a stopped process reports its stop all the same.
            ptrace.interrupt(tid)

    def _wait_stopped(self, tid: int) -> None:
        deadline = time.monotonic() + _PATIENCE
        while True:
            gone, status = _again(lambda: _look(tid))
            if gone:
                break
            now = time.monotonic()
            if now >= deadline:
                raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
            # Most stop within microseconds; a nap for each would add up.
            time.sleep(0 if now < deadline - _PATIENCE + _NAP else _NAP)
        if os.WIFSTOPPED(status):
            self._stopped[tid] = status
        else:
            self._reaped[tid] = status

    def holds(self, tid: int) -> bool:
        """Whether ``release`` lets a thread go: it stands, and its stop is known."""
        return tid in self._stopped

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
        self._stopped[tid] = status  # where this fails, ``release`` passes it on
        ptrace.cont(tid, number)
        del self._stopped[tid]
        return number

    def keep(self, tid: int, status: int) -> None:
        """Note the stop of a thread that was let run: ``release`` lets it go."""
        self._stopped[tid] = status

    def release(self) -> None:
        """Let every thread that is still stopped run on, untraced."""
        for tid in self._missed:
            with contextlib.suppress(OSError):
                gone, status = _look(tid)
                if gone and os.WIFSTOPPED(status):
                    self._stopped[tid] = status
        while self._stopped:
            tid, status = self._stopped.popitem()
            number = 0 if status >> 16 else os.WSTOPSIG(status)
            passed_on = 0 if number == signal.SIGTRAP else number
            with contextlib.suppress(OSError):
                _again(lambda: ptrace.detach(tid, passed_on))  # noqa: B023 -- called at once

    def reap_others(self) -> None:
        """Collect the other threads of a process that is dying.

        A leader's zombie cannot be waited for while traced threads remain.
        """
        for tid in reversed(self.tids):
            if tid == self.pid or tid in self._reaped:
                continue
            with contextlib.suppress(OSError):
                _again(lambda: self._reap(tid))  # noqa: B023 -- called at once
            self._stopped.pop(tid, None)
        self._stopped.pop(self.pid, None)

    def reap_the_dead(self, running: int) -> None:
        """Collect those other threads that have died by now; never waits."""
        for tid in self.tids:
            if tid in {self.pid, running} or tid in self._reaped:
                continue
            with contextlib.suppress(ChildProcessError):
                gone, status = _look(tid)
                if gone and not os.WIFSTOPPED(status):
                    self._reaped[tid] = status
                    self._stopped.pop(tid, None)

    @staticmethod
    def _reap(tid: int) -> None:
        while True:
            _, status, _ = collected.wait(tid, ptrace.ALL_THREADS)
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


def _look(tid: int) -> tuple[int, int]:
    return collected.wait(tid, ptrace.ALL_THREADS | os.WNOHANG)[:2]


def _again(act: Callable[[], T]) -> T:
    """Do it, and once more where it failed: what we let go of must be let go of."""
    try:
        return act()
    except (ProcessLookupError, ChildProcessError):
        raise
    except OSError:
        return act()


def list_tasks(pid: int) -> list[int]:
    """Thread ids of a process, in the kernel's order; empty when it is gone."""
    try:
        return [int(name) for name in os.listdir(f"/proc/{pid}/task")]
    except OSError:
        return []


def is_dead(pid: int, tid: int) -> bool:
    """Whether a thread is a zombie, dead or gone."""
    try:
        with open(f"/proc/{pid}/task/{tid}/stat", "rb") as file:
            state = file.read(512).rpartition(b")")[2].split()[0]
    except OSError:
        return True
    return state in {b"Z", b"X", b"x"}
