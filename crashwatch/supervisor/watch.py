"""Watch one terminal from its start to its end. Events in, an ``Ending`` out.

Four descriptors are waited for: the signals sent to us, the hold socket, the message
socket, and a pidfd of the terminal.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crashwatch.client.inside.messages import MESSAGE_LIMIT, MessageError, decode
from crashwatch.linux.signal_descriptor import SI_KERNEL, SignalDescriptor
from crashwatch.supervisor.held import drain, hold
from crashwatch.supervisor.hold_guard import hold_guard
from crashwatch.supervisor.launch import Launched, launch
from crashwatch.supervisor.memory_pressure import oom_kills
from crashwatch.supervisor.mirrored_stop import stop_like
from crashwatch.supervisor.witness import Witness

if TYPE_CHECKING:
    import resource
    from collections.abc import Callable

    from crashwatch.linux.signal_descriptor import ReceivedSignal
    from crashwatch.supervisor.held import HeldCrash, Reader
    from crashwatch.supervisor.inherited import Inherited

_TTY_HANGUP = frozenset({signal.SIGHUP, signal.SIGCONT})
_MOST_ROUNDS = 16
_TRACER_FIRST = 0.001
_MOST_MESSAGES = 64
Records = list[list[str]]


@dataclass
class Ending:
    """How it ended and what was seen on the way.

    Attributes:
        status: The terminal's wait status.
        usage: Its resource usage (peak resident size, CPU time).
        crash: What the hold gave, or None.
        messages: What the client told, oldest first, bounded.
        out_of_memory: The kernel killed for want of memory meanwhile.
    """

    status: int
    usage: resource.struct_rusage
    crash: HeldCrash | None
    messages: list[Records]
    out_of_memory: bool

    @property
    def is_worth_a_look(self) -> bool:
        """Whether there can be a report: not where it just ended and told nothing."""
        told = any(records[0][0] == "exception" for records in self.messages)
        return told or os.WIFSIGNALED(self.status)


@dataclass
class Watch:
    """Supervises one terminal; ``run`` returns when it is gone.

    Attributes:
        read: Reads the frozen process at a crash.
        write_seconds: Longest that one write of a traceback waits for us.
        on_message: Told of each message of the client as it comes.
        shared: Descriptors handed on to the client, as ``launch`` says.
        before_exec: As for ``launch``.
        take: Deals with a readable hold socket, as ``hold`` does.
    """

    inherited: Inherited
    read: Reader
    write_seconds: float = 0.25
    on_message: Callable[[Records], None] = lambda _records: None
    shared: tuple[int, ...] = ()
    before_exec: Callable[[int], None] | None = None
    take: Callable[..., HeldCrash | None] = hold
    _messages: list[Records] = field(default_factory=list)
    _crash: HeldCrash | None = None
    _fault_wish: int | None = None
    _waker: int = -1
    _exited: tuple[int, resource.struct_rusage] | None = None

    def run(self, path: str, arguments: list[str], injected: str | None) -> Ending:
        """Start the program and stay until it has ended.

        Raises:
            ProgramNotFoundError, ProgramNotExecutableError: It did not start.
        """
        # Ignored, it would make the kernel throw the terminal's wait status away.
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        # A true fault of our own kills us blocked or not; one sent to us is passed on.
        watched = {int(number) for number in signal.valid_signals()}
        watched -= {signal.SIGKILL, signal.SIGSTOP}
        signal.pthread_sigmask(signal.SIG_BLOCK, watched)
        self._signals = SignalDescriptor(watched)
        self._witness = Witness()
        self._witness.start()
        self._guard = hold_guard()
        try:
            self._terminal = launch(
                path,
                arguments,
                self.inherited,
                injected=injected,
                write_seconds=self.write_seconds,
                shared=self.shared,
                before_exec=self.before_exec,
            )
            if self._terminal.hold is not None:
                self._guard.start(self._terminal.hold.fileno())
            kills_before = oom_kills(self._terminal.pid)
            status, usage = self._until_gone()
            kills = oom_kills(os.getpid())
        finally:
            self._guard.stop()
            self._witness.stop()
        return Ending(
            status=status,
            usage=usage,
            crash=self._crash,
            messages=self._messages,
            out_of_memory=0 <= kills_before < kills,
        )

    def _until_gone(self) -> tuple[int, resource.struct_rusage]:
        poll = select.poll()
        handlers: dict[int, Callable[[], None]] = {
            self._signals.fileno(): self._on_signals,
            self._terminal.pidfd: self._on_exit,
        }
        if self._terminal.hold is not None and self._terminal.events is not None:
            handlers[self._terminal.hold.fileno()] = self._on_hold
            handlers[self._terminal.events.fileno()] = self._on_events
        for descriptor in handlers:
            poll.register(descriptor, select.POLLIN)
        while self._exited is None:
            ready = {descriptor for descriptor, _ in poll.poll()}
            # The hold first: a signal may wait, a process that runs on may not.
            for descriptor in sorted(ready, key=list(handlers).index, reverse=True):
                if self._exited is None:
                    handlers[descriptor]()
                if self._is_over(descriptor):
                    poll.unregister(descriptor)
            if self._signals.waiting and self._exited is None:
                self._on_signals()  # the hold took them off the descriptor
        self._on_events()
        return self._exited

    def _is_over(self, descriptor: int) -> bool:
        """Whether a socket's other end is gone (the program closed it, or exec)."""
        ours = (self._terminal.hold, self._terminal.events)
        if descriptor not in {s.fileno() for s in ours if s is not None}:
            return False
        probe = select.poll()
        probe.register(descriptor, select.POLLIN)
        return any(events & select.POLLHUP for _, events in probe.poll(0))

    def _on_hold(self) -> None:
        if _is_only_hangup(self._terminal):
            return
        crash = self.take(self._terminal, self._signals, self.read, self._replay_place)
        if crash is None:
            drain(self._terminal)
            return
        self._crash = crash
        if crash.status is not None and crash.usage is not None:
            self._exited = crash.status, crash.usage

    def _replay_place(self) -> int | None:
        self._on_events()
        return self._fault_wish

    def _on_events(self) -> None:
        if self._terminal.events is None:
            return
        with contextlib.suppress(BlockingIOError, ConnectionError):
            while data := self._terminal.events.recv(MESSAGE_LIMIT + 1):
                self._take(data)

    def _take(self, data: bytes) -> None:
        try:
            records = decode(data)
        except MessageError:
            return
        kind, *fields = records[0]
        if kind == "fault":
            place = fields[0] if fields else "-"
            self._fault_wish = int(place) if place.isdecimal() else None
        elif len(self._messages) < _MOST_MESSAGES:
            self._messages.append(records)
            self.on_message(records)

    def _on_exit(self) -> None:
        pid, status, usage = os.wait4(self._terminal.pid, os.WNOHANG)
        if pid:
            self._exited = status, usage
        elif self.before_exec is not None:
            time.sleep(_TRACER_FIRST)  # its tracer collects it before we can

    def _on_signals(self) -> None:
        batch = self._new_signals()
        has_child_news = False
        for _ in range(_MOST_ROUNDS):
            if not batch:
                break
            has_child_news |= any(map(_tells_of_a_child, batch))
            asked = [received for received in batch if not _tells_of_a_child(received)]
            if asked:
                self._witness.catch_up()
            alone, batch = self._witness.sort_out(asked, self._new_signals())
            for received in alone:
                if received.sender != self._waker and _should_be_passed_on(received):
                    self._forward(received.number)
        if has_child_news:
            self._on_child()

    def _new_signals(self) -> list[ReceivedSignal]:
        self._signals.collect()
        new = list(self._signals.waiting)
        self._signals.waiting.clear()
        return new

    def _forward(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._terminal.pidfd, number)

    def _on_child(self) -> None:
        """A stop of the terminal becomes ours, so that the shell sees it."""
        flags = os.WSTOPPED | os.WCONTINUED | os.WNOHANG
        with contextlib.suppress(ChildProcessError):
            changed = os.waitid(os.P_PID, self._terminal.pid, flags)
            if changed is not None and changed.si_code == os.CLD_STOPPED:
                terminal = self._terminal
                self._waker = stop_like(changed.si_status, terminal.pid, terminal.pidfd)
        if os.getpid() == 1:
            _reap_orphans({self._terminal.pid, self._witness.pid, self._guard.pid})


def _is_only_hangup(terminal: Launched) -> bool:
    """Whether the socket is readable only because the other end is closed."""
    import socket  # noqa: PLC0415 -- loaded already, by launch

    if terminal.hold is None:
        return True
    try:
        return not terminal.hold.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except (BlockingIOError, ConnectionError):
        return True


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
    with contextlib.suppress(ChildProcessError):
        while True:
            flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
            dead = os.waitid(os.P_ALL, 0, flags)
            if dead is None or dead.si_pid in known:
                return
            os.waitpid(dead.si_pid, 0)
