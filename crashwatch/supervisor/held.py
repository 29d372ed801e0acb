"""The crash path, top to bottom: a process held at its crash is read and let die.

1. stop: the whole process, at once (SIGSTOP), so that no other thread runs on;
2. look: which thread is blocked in its traceback, and what psutil knows;
3. freeze: every thread seized; snapshot and py-spy read it;
4. release: the crashing thread alone runs, its traceback is drained, the program's own
   faulthandler place gets its copy, and the signal it raises again is passed on.

Whatever fails after step 1 lets the process run on: it dies as it would alone.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from crashwatch.backtraces.faulthandler_text import HANDLED, announced_signal
from crashwatch.linux import collected, ptrace
from crashwatch.linux.freeze import Frozen, frozen, is_dead
from crashwatch.linux.process_control import forbid_core_and_reading
from crashwatch.supervisor.hold_text import (
    BLOCKS_SOON,
    drain,
    find_writer,
    has_text_of_its_own,
)
from crashwatch.supervisor.replayed_text import ReplayedText
from crashwatch.supervisor.stopping import let_run, stop

if TYPE_CHECKING:
    import resource
    from collections.abc import Callable, Iterator

    from crashwatch.linux.signal_descriptor import SignalDescriptor
    from crashwatch.supervisor.launch import Launched

_PATIENCE = 5.0
"""Seconds that a released thread may take to die before it is left alone."""
_AFTER_ITS_SIGNAL = 1.0
"""Seconds for the kernel to kill it; one that outlives this ignores the signal."""
_MOMENT = 0.05
"""Seconds after which the threads are looked at again without an event: a SIGCHLD that
was pending already is not sent a second time."""
_LOOK_AGAIN = 2
"""Milliseconds for it to run, before it is stopped again."""


class Reader(Protocol):
    """Reads a frozen process; what it returns is handed back in ``HeldCrash``."""

    def __call__(self, process: Frozen, crashed_tid: int, announced: int, /) -> object:
        """Read; must not raise. ``announced``: the signal faulthandler named, or 0."""


def read_nothing(_process: Frozen, _crashed_tid: int, _announced: int, /) -> None:
    """The reader of who may not capture: its own death and its own text remain."""


@dataclass
class HeldCrash:
    """What the hold, or the tracer, gave.

    Attributes:
        method: ``hold``, ``trace``, or ``status`` where neither could read anything.
        status: Wait status when the process died under our eyes, else None.
        usage: Its resource usage, with ``status``.
        text: faulthandler's traceback.
        findings: What the reader returned, or None when the process was not frozen.
        stopped_seconds: From the stop to the release.
        soft_errors: What did not work, one short line each.
    """

    crashed_tid: int
    status: int | None = None
    usage: resource.struct_rusage | None = None
    text: bytes = b""
    findings: object = None
    stopped_seconds: float = 0.0
    soft_errors: list[str] = field(default_factory=list)
    method: str = "hold"


def hold(
    terminal: Launched,
    signals: SignalDescriptor,
    reader: Reader,
    replay_to: Callable[[], int | None],
) -> HeldCrash | None:
    """Deal with a readable hold socket.

    Args:
        reader: Called once, while every thread is stopped.
        replay_to: The descriptor, in the terminal, that the program gave faulthandler.

    Returns:
        None when it was not the terminal's own crash (a forked child that shares the
        socket); the process then runs on.
    """
    try:
        return _hold(terminal, signals, reader, replay_to)
    except BaseException:
        let_run(terminal)  # whatever failed: nobody else would
        raise


def _hold(
    terminal: Launched,
    signals: SignalDescriptor,
    reader: Reader,
    replay_to: Callable[[], int | None],
) -> HeldCrash | None:
    started = time.monotonic()
    crashed = _stop_in_its_write(terminal)
    if crashed is None:
        return unread_crash(terminal) if _has_ended(terminal) else None
    crash = HeldCrash(crashed, text=drain(terminal))
    try:
        # From here on another program's memory is in ours.
        forbid_core_and_reading()
        with frozen(terminal.pid) as process:
            crash.findings = reader(process, crashed, announced_signal(crash.text))
            let_die(process, terminal, signals, crash, replay_to, started)
    except OSError as error:
        note_refusal(crash, terminal.pid, error)
        # Held again and again, a piece of the traceback at a time, it would lose the
        # others: without ptrace the whole process runs and dies.
        take_text(terminal, signals, crash, replay_to(), wake=True)
    if crash.status is None:
        let_run(terminal)
    return crash


def unread_crash(process: Launched) -> HeldCrash | None:
    """The crash of one that died before it could be read, by the text it left."""
    text = drain(process)
    if not announced_signal(text):
        return None
    crash = HeldCrash(process.pid, text=text, method="status")
    crash.soft_errors.append("it had died before it could be read")
    return crash


def note_refusal(crash: HeldCrash, pid: int, error: OSError) -> None:
    """Where it may not be frozen: say so, and read what needs no freezing."""
    crash.soft_errors.append(f"freeze: {os.strerror(error.errno or 0)}")
    if crash.findings is None:
        from crashwatch.supervisor.frozen_reading import (  # noqa: PLC0415 -- costs
            read_unfrozen,
        )

        crash.findings = read_unfrozen(pid)


def let_die(
    process: Frozen,
    terminal: Launched,
    signals: SignalDescriptor,
    crash: HeldCrash,
    replay_to: Callable[[], int | None],
    started: float,
) -> None:
    """Let a frozen process die its own death; ``crash`` is completed.

    Args:
        process: All its threads stand.
        terminal, signals, replay_to: As for ``hold``.
        crash: What was read so far; the crashed thread.
        started: When the process was stopped, by ``time.monotonic``.

    Raises:
        OSError: A call of ptrace failed; nothing stays stopped.
    """
    crash.soft_errors += process.soft_errors
    crash.stopped_seconds = time.monotonic() - started
    with _let_go_of(process, crash.crashed_tid):
        _let_die(process, terminal, signals, crash, replay_to)


def take_text(
    terminal: Launched,
    signals: SignalDescriptor,
    crash: HeldCrash,
    replay_to: int | None,
    *,
    wake: bool,
) -> None:
    """Take the traceback of a process that dies on its own, and pass it on.

    Args:
        terminal: The process.
        signals: Wakes when it has ended.
        crash: Gets the text.
        replay_to: As for ``hold``.
        wake: Let the process run on first.
    """
    with ReplayedText(terminal, replay_to, crash):
        if wake:
            let_run(terminal)
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline and not _has_ended(terminal):
            crash.text += wait_for_text(terminal, signals, _MOMENT)
        crash.text += drain(terminal)


def _stop_in_its_write(terminal: Launched) -> int | None:
    """Stop the process, and find the thread that is blocked in its traceback.

    A busy machine may take the processor from that thread between two of its many
    writes. It is not blocked then, and runs on until it is; its text stays unread.

    Returns:
        None when another process wrote; the terminal runs on, if it did not die.
    """
    deadline = time.monotonic() + BLOCKS_SOON
    while stop(terminal):
        crashed = find_writer(terminal.pid, terminal.hold_number)
        if crashed is not None:
            return crashed
        let_run(terminal)
        if not has_text_of_its_own(terminal) or time.monotonic() > deadline:
            return None
        poll = select.poll()
        poll.register(terminal.pidfd, select.POLLIN)
        poll.poll(_LOOK_AGAIN)
    return None


def _has_ended(terminal: Launched) -> bool:
    """Whether it is dead; it need not be a child of ours."""
    poll = select.poll()
    poll.register(terminal.pidfd, select.POLLIN)
    return bool(poll.poll(0))


def _let_die(
    process: Frozen,
    terminal: Launched,
    signals: SignalDescriptor,
    crash: HeldCrash,
    replay_to: Callable[[], int | None],
) -> None:
    """Run the crashing thread alone until its signal has killed the process."""
    with ReplayedText(terminal, replay_to(), crash) as replay:
        _run_to_its_end(process, terminal, signals, crash, replay)


def _run_to_its_end(
    process: Frozen,
    terminal: Launched,
    signals: SignalDescriptor,
    crash: HeldCrash,
    replay: ReplayedText,
) -> None:
    tid = crash.crashed_tid
    process.resume_only(tid)
    deadline = time.monotonic() + _PATIENCE
    passed_on = False
    while time.monotonic() < deadline or (passed_on and _dumps_core(terminal.pid)):
        gone, status, usage = collected.wait(tid, ptrace.ALL_THREADS | os.WNOHANG)
        if gone == 0:
            process.reap_the_dead(running=tid)
            crash.text += wait_for_text(terminal, signals, _MOMENT)
            continue
        crash.text += drain(terminal)
        if os.WIFSTOPPED(status):
            if not passed_on and _is_raised_again(status, crash.text):
                replay.write()
                passed_on = True
                deadline = time.monotonic() + _AFTER_ITS_SIGNAL
            process.pass_on(tid, status)
        elif _only_the_thread_ended(terminal.pid, tid, status):
            crash.soft_errors.append("the process survived its signal")
            return
        else:
            process.reap_others()
            if tid != terminal.pid:
                _, status, usage = collected.wait(terminal.pid, ptrace.ALL_THREADS)
            crash.status, crash.usage = status, usage
            return
    crash.soft_errors.append("the process survived its signal")
    _let_go(tid)


def _is_raised_again(status: int, text: bytes) -> bool:
    """Whether a thread has written its traceback, and raises its signal once more.

    A timer, a new window size, a child's end come to it as well while it writes: they
    do not end it, or end it without another word.
    """
    number = os.WSTOPSIG(status)
    announced = announced_signal(text)
    return status >> 16 == 0 and (
        number == announced if announced else number in HANDLED
    )


def _only_the_thread_ended(pid: int, tid: int, status: int) -> bool:
    """Whether a thread survived its signal and returned, while its process lives on.

    A dying process gives all threads its own status; a thread that returns has 0, and
    so has one of a process that exits with 0: its leader is dead a moment later.
    """
    if tid == pid or status != 0:
        return False
    deadline = time.monotonic() + _MOMENT
    while time.monotonic() < deadline:
        if is_dead(pid, pid):
            return False
        os.sched_yield()
    return True


@contextlib.contextmanager
def _let_go_of(process: Frozen, tid: int) -> Iterator[None]:
    """Where a call of the block failed, no thread must stay ours for that."""
    try:
        yield
    except BaseException:
        if not process.holds(tid):
            _let_go(tid)
        if is_dead(process.pid, tid):
            # Unseen by us it has died, and the leader waits for us to bury the others.
            process.reap_others()
        raise


def _let_go(tid: int) -> None:
    """Detach from a running thread, or leave its end to whoever waits for it."""
    with contextlib.suppress(OSError):
        ptrace.interrupt(tid)
        options = os.WEXITED | os.WSTOPPED | os.WNOWAIT | ptrace.ALL_THREADS
        changed = os.waitid(os.P_PID, tid, options)
        if changed is None or changed.si_code not in {os.CLD_STOPPED, os.CLD_TRAPPED}:
            return
        _, status, _ = collected.wait(tid, ptrace.ALL_THREADS)
        number = os.WSTOPSIG(status)
        ptrace.detach(tid, 0 if status >> 16 or number == signal.SIGTRAP else number)


def _dumps_core(pid: int) -> bool:
    """Whether the kernel is writing a core of it, which takes as long as it takes."""
    try:
        with open(f"/proc/{pid}/status", "rb") as file:
            return b"CoreDumping:\t1" in file.read(16384)
    except OSError:
        return False


def wait_for_text(
    terminal: Launched, signals: SignalDescriptor, seconds: float
) -> bytes:
    """Wait for text or a change of state (SIGCHLD), and take the text."""
    poll = select.poll()
    if terminal.hold is not None:
        poll.register(terminal.hold, select.POLLIN)
    poll.register(signals, select.POLLIN)
    poll.poll(seconds * 1000)
    signals.collect()
    return drain(terminal)
