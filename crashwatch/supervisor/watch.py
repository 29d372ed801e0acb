"""Watch one terminal from its start to its end. Events in, an ``Ending`` out.

Waited for are the signals sent to us, the hold socket, the message socket, a pidfd of
the terminal, and, when its page has heartbeats, a standstill of those. A watch can be
given up between two events: ``state`` tells all that the next one needs (the launcher
sleeps meanwhile, see ``sleeper``), and ``restored`` goes on from there.
"""

from __future__ import annotations

import os
import select
import time

from crashwatch.client.inside.messages import MESSAGE_LIMIT
from crashwatch.linux import collected
from crashwatch.linux.signal_descriptor import SignalDescriptor
from crashwatch.supervisor.begin import Begun, begin, end_pages, fill_begun
from crashwatch.supervisor.ending import Ending
from crashwatch.supervisor.heard import Heard
from crashwatch.supervisor.hold_guard import hold_guard
from crashwatch.supervisor.launch import Launched
from crashwatch.supervisor.memory_pressure import oom_kills
from crashwatch.supervisor.page_process import end_page
from crashwatch.supervisor.relayed_signals import RelayedSignals
from crashwatch.supervisor.run_page import heartbeats
from crashwatch.supervisor.sleep_state import SleepState
from crashwatch.supervisor.stopping import let_run, stop_to_read

TYPE_CHECKING = False
if TYPE_CHECKING:
    # A wake must be quick: what most wakes do not need is loaded where it is needed.
    import resource
    import socket
    from collections.abc import Callable

    from crashwatch.linux.freeze import Frozen
    from crashwatch.supervisor.ending import Records
    from crashwatch.supervisor.following import Following
    from crashwatch.supervisor.held import HeldCrash, Reader
    from crashwatch.supervisor.inherited import Inherited
    from crashwatch.supervisor.timeline import Timeline
else:
    import _socket as socket

_TRACER_FIRST = 0.001


class Watch:
    """Supervises one terminal.

    Attributes:
        read: Reads the frozen process at a crash.
        write_seconds: Longest that one write of a traceback waits for us.
        shared: Descriptors handed on to the client, as ``launch`` says.
        on_message: Told of each message of the client as it comes.
        before_exec: As for ``launch``.
        take: Deals with a readable hold socket, as ``hold`` does; None: as it does.
        may_capture: Asked at a crash; without it nothing is read.
        on_standstill: Called when heartbeats stand still, in a watch that stays.
        period_ms: How long they must; -1: nobody looks.
        told: Heartbeats at the standstill that was dealt with.
        timeline: Samples the terminal, in a watch that stays.
        visits: Called now and then, in a watch that stays; each returns in how many
            milliseconds it wants to be called again.
        following: Its children are watched too, in a watch that stays.
        stopped: The sleeper, or we, may have stopped the terminal to read it.
    """

    def __init__(
        self,
        inherited: Inherited | None,
        read: Reader,
        *,
        write_seconds: float = 10.0,
        shared: tuple[int, ...] = (),
        on_message: Callable[[Records], None] = lambda _records: None,
        before_exec: Callable[[int], None] | None = None,
        take: Callable[..., HeldCrash | None] | None = None,
        may_capture: Callable[[], bool] = lambda: True,
    ) -> None:
        self.inherited = inherited
        self.read = read
        self.write_seconds = write_seconds
        self.shared = shared
        self.on_message = on_message
        self.before_exec = before_exec
        self.take = take
        self.may_capture = may_capture
        self.on_standstill: Callable[[Watch], None] = lambda _watch: None
        self.period_ms = -1
        self.told = SleepState.told
        self._last_beats = 0
        self._next_look = 0.0
        self.timeline: Timeline | None = None
        self.visits: list[Callable[[Watch], int]] = []
        self.following: Following | None = None
        self._heard = Heard()
        self._crash: HeldCrash | None = None
        self._over: set[int] = set()
        self._exited: tuple[int, resource.struct_rusage] | None = None
        self.stopped = False

    def run(self, path: str, arguments: list[str], injected: str | None) -> Ending:
        """Start the program and stay until it has ended.

        Raises:
            ProgramNotFoundError, ProgramNotExecutableError: It did not start.
        """
        self.adopt(self.start(path, arguments, injected))
        return self.until_gone()

    def start(self, path: str, arguments: list[str], injected: str | None) -> Begun:
        """Start the program, to be adopted.

        Raises:
            ProgramNotFoundError, ProgramNotExecutableError: It did not start.
            CannotWatchError: Nor was it tried.
        """
        assert self.inherited is not None  # noqa: S101 -- a woken watch starts nothing
        return begin(
            path,
            arguments,
            self.inherited,
            injected=injected,
            write_seconds=self.write_seconds,
            shared=self.shared,
            before_exec=self.before_exec,
            follow=self.following.variables if self.following else None,
        )

    def adopt(self, begun: Begun) -> None:
        """Watch what was begun."""
        self._begun = begun
        self._terminal = begun.terminal
        self._signals = SignalDescriptor(set(), descriptor=begun.signals)
        self._relayed = RelayedSignals(begun, self._signals)
        if self.following is not None:
            self._relayed.spared = self.following.begin(
                self._signals, self.read, self.may_capture
            )

    def restore(self, state: SleepState) -> None:
        """Watch on from where ``state`` was told."""
        sockets = [
            socket.socket(fileno=number) if number >= 0 else None
            for number in (state.hold, state.events)
        ]
        terminal = Launched(
            state.pid,
            state.pidfd,
            state.start_time,
            sockets[0],
            state.hold_number,
            sockets[1],
            state.page,
        )
        self.adopt(
            Begun(
                terminal,
                signals=state.signals,
                witness=state.witness,
                log=state.log,
                guard=state.guard,
                kills_before=state.kills_before,
            )
        )
        self._heard.fault_wish = state.fault_wish if state.fault_wish >= 0 else None
        for message in state.messages:
            self.hear(message)
        self._relayed.restore(state)
        self.period_ms = state.period_ms
        self.told = state.told

    def fill(self, state: SleepState) -> None:
        """Write down what ``restore`` needs."""
        fill_begun(state, self._begun)
        over = self._over
        state.hold = -1 if state.hold in over else state.hold
        state.events = -1 if state.events in over else state.events
        wish = self._heard.fault_wish
        state.messages = tuple(self._heard.raw)
        state.fault_wish = -1 if wish is None else wish
        self._relayed.fill(state)
        state.period_ms = self.period_ms
        state.told = self.told

    @property
    def terminal(self) -> Launched:
        """What is watched."""
        return self._terminal

    @property
    def signals(self) -> int:
        """The descriptor of the signals sent to us."""
        return self._signals.fileno()

    @property
    def client(self) -> list[Records]:
        """What the client has told so far."""
        return self._heard.messages

    @property
    def may_sleep(self) -> bool:
        """Not with the findings of a crash in memory that it survived."""
        return self._crash is None and self._exited is None

    def settle(self) -> bool:
        """Deal with everything that is there now; True when something was.

        The terminal may have ended then; see ``has_ended``.
        """
        busy = False
        while self._exited is None and self._turn(0):
            busy = True
        return busy

    @property
    def has_ended(self) -> bool:
        """Whether the terminal is gone."""
        return self._exited is not None

    def until_gone(self) -> Ending:
        """Stay until the terminal is gone."""
        try:
            while self._exited is None:
                if not self._turn(self._patience()):
                    self._look()
        finally:
            end_pages(self._begun)
            if self.following is not None:
                self.following.leave()
        return self.ending()

    def ending(self) -> Ending:
        """How it ended.

        Raises:
            RuntimeError: It has not.
        """
        if self._exited is None:
            raise RuntimeError("the terminal has not ended")
        end_pages(self._begun)
        self._on_events()
        status, usage = self._exited
        return Ending(
            status=status,
            usage=usage,
            crash=self._crash,
            messages=self._heard.messages,
            out_of_memory=0 <= self._begun.kills_before < oom_kills(os.getpid()),
            timeline=self.timeline.samples() if self.timeline else (),
            told=self.following is not None
            and self.following.has_read(self._terminal.pid),
        )

    def _look(self) -> None:
        """As the sleeper's machine code does when its time-out runs out."""
        if self.following is not None:
            self.following.tell()
        if self.period_ms < 0 or time.monotonic() < self._next_look:
            return
        beats = heartbeats(self._terminal.page)
        if beats and beats == self._last_beats and beats != self.told:
            self.on_standstill(self)
        self._last_beats = beats
        self._next_look = time.monotonic() + self.period_ms / 1000

    def _patience(self) -> int | None:
        """Milliseconds to the next look at what tells nobody by itself."""
        if self.following is not None and self.following.has_news:
            return 0  # it is told as soon as nobody waits to be read
        periods = [self.period_ms] if self.period_ms >= 0 else []
        if self.timeline is not None:
            periods.append(self.timeline.look(self._terminal.pid))
        periods += [visit(self) for visit in self.visits]
        return min(periods) if periods else None

    def _turn(self, milliseconds: int | None) -> bool:
        """Wait for something and deal with it; False when there was nothing."""
        handlers = self._handlers()
        poll = select.poll()
        for descriptor in handlers:
            poll.register(descriptor, select.POLLIN)
        ready = {descriptor for descriptor, _ in poll.poll(milliseconds)}
        # The hold first: a signal may wait, a process that runs on may not.
        for descriptor in [number for number in handlers if number in ready]:
            if self._exited is None:
                handlers[descriptor]()
            if self._is_over(descriptor):
                self._over.add(descriptor)
        if self._signals.waiting and self._exited is None:
            self._relayed.deal()  # the hold took them off the descriptor
        return bool(ready)

    def _handlers(self) -> dict[int, Callable[[], None]]:
        terminal = self._terminal
        found: dict[int, Callable[[], None]] = {}
        if terminal.events is not None and terminal.hold is not None:
            found[terminal.events.fileno()] = self._on_events
            found[terminal.hold.fileno()] = self._on_hold
        found[terminal.pidfd] = self._on_exit
        found[self._signals.fileno()] = self._relayed.deal
        if self.following is not None:
            found |= self.following.handlers()
        return {n: act for n, act in found.items() if n not in self._over}

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
            self._let_run()
            return
        if self.take is None:
            # At once: loading what reads it, and asking consent, takes its time.
            self.stopped = True
            stop_to_read(self._terminal, self._begun.guard)
        from crashwatch.supervisor.held import hold, read_nothing  # noqa: PLC0415
        from crashwatch.supervisor.hold_text import drain  # noqa: PLC0415

        # Refused since it started, it dies its own death, unread.
        allowed = self.may_capture()
        read = self._read if allowed else read_nothing
        take = self.take or hold
        crash = take(self._terminal, self._signals, read, self._replay_place)
        self.stopped = False  # it runs on, or is dead
        if crash is None:
            drain(self._terminal)
        else:
            self._note(crash, keep=allowed)

    def _read(self, process: Frozen, crashed_tid: int, announced: int) -> object:
        if self.timeline is not None:
            self.timeline.take(self._terminal.pid)
        findings = self.read(process, crashed_tid, announced)
        # The guard's three seconds began with the first text. On a busy machine they
        # may end while we take the rest, which would then be lost.
        end_page(self._begun.guard)
        guard = hold_guard()
        if self._terminal.hold is not None:
            guard.start(self._terminal.hold.fileno(), self._terminal.pidfd)
        self._begun.guard = guard.pid
        return findings

    def _note(self, crash: HeldCrash, *, keep: bool) -> None:
        self._crash = crash if keep else None
        if crash.status is not None and crash.usage is not None:
            self._exited = crash.status, crash.usage

    def _let_run(self) -> None:
        """Continue the terminal, if it may have been stopped to be read."""
        if self.stopped:
            let_run(self._terminal)
            self.stopped = False

    def _replay_place(self) -> int | None:
        self._on_events()
        return self._heard.fault_wish

    def _on_events(self) -> None:
        if self._terminal.events is None:
            return
        try:
            while data := self._terminal.events.recv(MESSAGE_LIMIT + 1):
                self.hear(data)
        except (BlockingIOError, ConnectionError):
            pass  # that was all

    def hear(self, data: bytes) -> None:
        """Take one message of the client."""
        records = self._heard.take(data)
        if records is not None:
            self.on_message(records)

    def _on_exit(self) -> None:
        pid = self._terminal.pid
        # What froze it, as the terminal or as a child, may have been told of its end.
        if pid not in collected.ENDED:
            collected.wait(pid, os.WNOHANG)
        self._exited = collected.ENDED.get(pid)
        if self._exited is None and self.before_exec is not None:
            time.sleep(_TRACER_FIRST)  # its tracer collects it before we can


def _is_only_hangup(terminal: Launched) -> bool:
    """Whether the socket is readable only because the other end is closed."""
    if terminal.hold is None:
        return True
    try:
        return not terminal.hold.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except (BlockingIOError, ConnectionError):
        return True
