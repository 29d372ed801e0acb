"""``--capture trace``: the watch of a terminal that a tracer of ours is attached to.

The watch itself is the same: exit status, signals, job control, the client's messages.
The tracer is a process of its own (``traced_process``); what it read at a crash comes
back through memory that both share, never through a file. Without it (refused, failed,
sent away by ``crashwatch detach``) the exit status is left.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import select
import signal
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NoReturn

from crashwatch.linux.first_chance import DEADLY
from crashwatch.linux.memory_lock import lock, lock_stacks
from crashwatch.linux.process_control import (
    die_with_parent,
    forbid_core_and_reading,
    set_name,
)
from crashwatch.linux.tracer import Tracer
from crashwatch.supervisor.held import HeldCrash, take_text
from crashwatch.supervisor.hold_text import (
    BLOCKS_SOON,
    drain,
    find_writer,
    has_text_of_its_own,
)
from crashwatch.supervisor.traced_process import TracedCrash, TracedProcess

if TYPE_CHECKING:
    from collections.abc import Callable

    from crashwatch.linux.signal_descriptor import SignalDescriptor
    from crashwatch.supervisor.begin import Begun
    from crashwatch.supervisor.ending import Ending
    from crashwatch.supervisor.launch import Launched
    from crashwatch.supervisor.traced_process import TracedReader
    from crashwatch.supervisor.watch import Watch

TRACER_NAME: Final = "crashtracer"
"""``comm`` of the tracing process, by which ``crashwatch detach`` knows it."""

_READY: Final = b"0"
_LAST_WORDS: Final = 5.0
"""Seconds that the tracer has to end after the terminal."""
_NAP: Final = 0.001


@dataclass
class TracedWatch:
    """A watch, and a tracer beside it.

    Attributes:
        watch: Not yet running.
        read: Reads the process at its crash, in the tracing process.
    """

    watch: Watch
    read: TracedReader
    _tracer: int = 0
    _result: int = -1
    _armed: bool = False
    _soft_errors: list[str] = field(default_factory=list)

    def start(self, path: str, arguments: list[str], injected: str | None) -> Begun:
        """As ``Watch.start``, the tracer first."""
        self._armed = injected is not None
        self.watch.before_exec = self._start_tracer
        self.watch.take = _take_text
        try:
            return self.watch.start(path, arguments, injected)
        except BaseException:
            self._end_tracer()
            raise

    def see_through(self, begun: Begun) -> Ending:
        """Watch what ``start`` began, until it has ended."""
        try:
            self.watch.adopt(begun)
            ending = self.watch.until_gone()
            self._wait_for_tracer()
            ending.crash = self._crash_of(ending)
        finally:
            self._end_tracer()
        return ending

    def _start_tracer(self, pid: int) -> None:
        """Have ``pid`` seized before its first instruction, or note why it is not."""
        try:
            self._result = os.memfd_create("crashwatch", os.MFD_CLOEXEC)
            reading, writing = os.pipe2(os.O_CLOEXEC)
            ours = os.getpid()
            self._tracer = os.fork()
            if self._tracer == 0:
                self._become_tracer(pid, writing, ours)
            os.close(writing)
            with open(reading, "rb") as pipe:
                answer = pipe.read()
            # The findings of a crash will be in memory that we share.
            forbid_core_and_reading()
        except OSError as error:
            self._soft_errors.append(f"trace: {os.strerror(error.errno or 0)}")
            return
        if answer != _READY:
            number = int(answer) if answer.isdigit() else 0
            what = os.strerror(number) if number else "it did not start"
            self._soft_errors.append(f"trace: {what}")

    def _become_tracer(self, pid: int, ready: int, parent: int) -> NoReturn:
        try:
            die_with_parent(signal.SIGKILL)
            if os.getppid() == parent:
                _leave_everything({self._result, ready})
                _attach(pid, ready, self._trace)
        finally:
            os._exit(0)

    def _trace(self, tracer: Tracer) -> None:
        TracedProcess(tracer, self.read, self._result, armed=self._armed).run()

    def _wait_for_tracer(self) -> None:
        """It has seen the terminal's end before us, and ends by itself."""
        if self._tracer:
            descriptor = os.pidfd_open(self._tracer)
            select.select([descriptor], [], [], _LAST_WORDS)
            os.close(descriptor)

    def _end_tracer(self) -> None:
        if self._tracer:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(self._tracer, signal.SIGKILL)
                os.waitpid(self._tracer, 0)
            self._tracer = 0

    def _crash_of(self, ending: Ending) -> HeldCrash | None:
        """Join what the tracer read with the traceback that a client wrote."""
        if not os.WIFSIGNALED(ending.status):
            return None
        number = os.WTERMSIG(ending.status)
        traced = self._findings()
        crash = ending.crash or HeldCrash(0)
        if traced is None or traced.number != number:
            if number in DEADLY and not self._soft_errors:
                self._soft_errors.append("trace: nobody was there at the end")
            crash.method = "status"
            crash.soft_errors += self._soft_errors
            return crash
        crash.method = "trace"
        crash.crashed_tid = traced.tid
        crash.findings = traced.findings
        crash.stopped_seconds = traced.seconds
        crash.soft_errors += traced.soft_errors
        return crash

    def _findings(self) -> TracedCrash | None:
        if self._result < 0:
            return None
        with open(self._result, "rb") as file:
            file.seek(0)
            data = file.read()
        self._result = -1
        lock(data)
        # Written by our own child, in memory that nobody else can reach.
        found = pickle.loads(data) if data else None  # noqa: S301 -- see above
        if not isinstance(found, TracedCrash):
            return None
        snapshot = getattr(found.findings, "snapshot", None)
        if snapshot is not None:
            lock_stacks(snapshot)
        return found


def _leave_everything(kept: set[int]) -> None:
    """Become a process that shares nothing with the terminal's group."""
    os.setsid()
    set_name(TRACER_NAME)
    null = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        if number not in kept:
            os.dup2(null, number)
    start = 3
    for number in sorted(kept - {0, 1, 2}):
        os.closerange(start, number)
        start = number + 1
    os.closerange(start, os.sysconf("SC_OPEN_MAX"))


def _attach(pid: int, ready: int, trace: Callable[[Tracer], None]) -> None:
    tracer = Tracer(pid)
    try:
        tracer.seize()
    except OSError as error:
        os.write(ready, str(error.errno).encode())
        return
    os.write(ready, _READY)
    os.close(ready)
    trace(tracer)


def _take_text(
    terminal: Launched,
    signals: SignalDescriptor,
    _reader: object,
    replay_to: Callable[[], int | None],
) -> HeldCrash | None:
    """Take the traceback of an armed Python; the tracer has done all the rest.

    Returns:
        None when it was not the terminal's own (a forked child shares the socket).
    """
    deadline = time.monotonic() + BLOCKS_SOON
    while (crashed := find_writer(terminal.pid, terminal.hold_number)) is None:
        if not has_text_of_its_own(terminal) or time.monotonic() > deadline:
            return None
        time.sleep(_NAP)
    crash = HeldCrash(crashed, text=drain(terminal))
    take_text(terminal, signals, crash, replay_to(), wake=False)
    return crash
