"""The signals sent to the launcher: which of them the terminal gets, and its stops."""

from __future__ import annotations

import os

from crashwatch.linux.signal_descriptor import SI_KERNEL

TYPE_CHECKING = False
if TYPE_CHECKING:
    # A wake must be quick: what most wakes do not need is loaded where it is needed.
    import signal
    from collections.abc import Callable

    from crashwatch.linux.signal_descriptor import ReceivedSignal, SignalDescriptor
    from crashwatch.supervisor.begin import Begun
    from crashwatch.supervisor.sleep_state import SleepState
    from crashwatch.supervisor.witness import Witness
else:
    import _signal as signal

_TTY_HANGUP = frozenset({signal.SIGHUP, signal.SIGCONT})
_MOST_ROUNDS = 16


class RelayedSignals:
    """Deals with a readable signalfd.

    Attributes:
        spared: Pids of more children of ours that somebody waits for.
    """

    def __init__(self, begun: Begun, signals: SignalDescriptor) -> None:
        self._begun = begun
        self._signals = signals
        self._waker = -1
        self._seen: tuple[bytes, ...] = ()
        self._witness: Witness | None = None
        self.spared: Callable[[], set[int]] = set

    def restore(self, state: SleepState) -> None:
        """Remember what ``fill`` wrote down."""
        self._waker = state.waker
        self._seen = state.seen

    def fill(self, state: SleepState) -> None:
        """Write down what the next watch must know."""
        state.waker = self._waker
        state.seen = self._seen
        if self._witness is not None:
            state.witness = self._witness.pid
            state.seen = tuple(
                b"%d*%d" % pair for pair in self._witness.seen_before.items()
            )

    def deal(self) -> None:
        """Pass on what came to us alone, and stop where the terminal stopped."""
        batch = self._new_signals()
        has_child_news = False
        for _ in range(_MOST_ROUNDS):
            if not batch:
                break
            has_child_news |= any(map(_tells_of_a_child, batch))
            asked = [received for received in batch if not _tells_of_a_child(received)]
            batch = self._pass_on(asked) if asked else self._new_signals()
        if has_child_news:
            self._on_child()

    def _pass_on(self, asked: list[ReceivedSignal]) -> list[ReceivedSignal]:
        """Forward what came to us alone; returns what came meanwhile."""
        witness = self._seen_by()
        witness.catch_up()
        alone, later = witness.sort_out(asked, self._new_signals())
        for received in alone:
            if received.sender != self._waker and _should_be_passed_on(received):
                self._forward(received.number)
        return later

    def _forward(self, number: int) -> None:
        try:
            signal.pidfd_send_signal(self._begun.terminal.pidfd, number)
        except ProcessLookupError:
            pass  # it has ended, and we are about to learn of it

    def _seen_by(self) -> Witness:
        if self._witness is None:
            from crashwatch.supervisor.witness import Witness  # noqa: PLC0415

            seen = [pair.split(b"*") for pair in self._seen]
            self._witness = Witness(
                self._begun.witness,
                self._begun.log,
                {int(number): int(count) for number, count in seen},
            )
        return self._witness

    def _new_signals(self) -> list[ReceivedSignal]:
        self._signals.collect()
        new = list(self._signals.waiting)
        self._signals.waiting.clear()
        return new

    def _on_child(self) -> None:
        """A stop of the terminal becomes ours, so that the shell sees it."""
        flags = os.WSTOPPED | os.WCONTINUED | os.WNOHANG
        terminal = self._begun.terminal
        try:
            changed = os.waitid(os.P_PID, terminal.pid, flags)
        except ChildProcessError:
            changed = None
        if changed is not None and changed.si_code == os.CLD_STOPPED:
            from crashwatch.supervisor.mirrored_stop import stop_like  # noqa: PLC0415

            self._waker = stop_like(changed.si_status, terminal.pid, terminal.pidfd)
        if os.getpid() == 1:
            ours = {terminal.pid, self._begun.witness, self._begun.guard}
            _reap_orphans(ours | self.spared())


def _tells_of_a_child(received: ReceivedSignal) -> bool:
    """Whether it is the kernel's SIGCHLD (``CLD_…`` codes are above zero)."""
    return received.number == signal.SIGCHLD and received.code > 0


def _should_be_passed_on(received: ReceivedSignal) -> bool:
    """Whether the terminal should get a signal that the witness did not.

    What the kernel sends goes to the foreground group, the terminal included; only a
    hang-up goes to the session's leader alone.
    """
    if received.code == SI_KERNEL:
        return received.number in _TTY_HANGUP and os.getsid(0) == os.getpid()
    return True


def _reap_orphans(known: set[int]) -> None:
    """As PID 1: collect what nobody else will."""
    flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
    try:
        while dead := os.waitid(os.P_ALL, 0, flags):
            if dead.si_pid in known:
                _reap_behind(known)
                return
            os.waitpid(dead.si_pid, 0)
    except ChildProcessError:
        pass  # there are none


def _reap_behind(known: set[int]) -> None:
    """Collect one by one: the kernel tells of no other while a known one lies dead."""
    for task in os.listdir("/proc/self/task"):
        try:
            with open(f"/proc/self/task/{task}/children", "rb") as file:
                children = set(map(int, file.read().split()))
        except FileNotFoundError:
            continue  # that thread has ended, or the kernel makes no such lists
        for pid in children - known:
            os.waitpid(pid, os.WNOHANG)
