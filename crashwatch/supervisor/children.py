"""The children of a terminal that are watched too: many at once, each by itself.

Each has its own hold, and a guard for it as the terminal has. One is read at a time;
meanwhile the guards of those that wait at their own crash are begun anew, for a while.
What became of a child is told after it has ended and nobody waits to be read.

A child that starts another program closes its sockets; the other program, where it is
Python, knocks again. How a child ended is its parent's to know: it is known here where
we were its tracer, or where its traceback says it.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from crashwatch.backtraces.faulthandler_text import announced_signal
from crashwatch.client.inside.messages import MESSAGE_LIMIT
from crashwatch.linux.process_control import forbid_core_and_reading
from crashwatch.supervisor.child_hold import hold_child
from crashwatch.supervisor.ending import Ending
from crashwatch.supervisor.heard import Heard
from crashwatch.supervisor.held import HeldCrash, unread_crash
from crashwatch.supervisor.hold_guard import hold_guard
from crashwatch.supervisor.hold_text import drain
from crashwatch.supervisor.inherited import parse_environment
from crashwatch.supervisor.page_process import end_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from crashwatch.linux.freeze import Frozen
    from crashwatch.linux.signal_descriptor import SignalDescriptor
    from crashwatch.supervisor.child_door import Door
    from crashwatch.supervisor.held import Reader
    from crashwatch.supervisor.launch import Launched

MOST_CHILDREN: Final = 128
"""Watched at once; each takes three descriptors and a page of memory."""
_LONGEST_WAIT: Final = 10.0
"""Seconds that a child may wait at its crash for others to be read."""
_FILE_LIMIT: Final = 2 * 1024 * 1024
_EXIT_ONE: Final = 1 << 8  # a wait status


class ChildFacts(NamedTuple):
    """What a child was, raw: to name its program, and to keep the rest out of reports.

    Attributes:
        path: The program's file.
        arguments: Without the program's name.
        folder: Its working directory.
        environment: As it was at its exec.
    """

    path: str = ""
    arguments: tuple[str, ...] = ()
    folder: str = ""
    environment: tuple[tuple[str, str], ...] = ()


class ChildEnding(NamedTuple):
    """How a child ended; ``waited`` where its true wait status is known."""

    ending: Ending
    facts: ChildFacts
    waited: bool


class _Child:
    """One child.

    Attributes:
        guard: Pid of the guard of its hold.
        heard: What its client told.
        held_since: When it was first seen to wait at its crash.
        over: It has closed its sockets.
    """

    def __init__(self, process: Launched) -> None:
        self.process = process
        self.guard = 0
        self.heard = Heard()
        self.crash: HeldCrash | None = None
        self.facts: ChildFacts | None = None
        self.held_since = 0.0
        self.over = False

    def new_guard(self) -> None:
        """Begin the three seconds anew."""
        end_page(self.guard)
        guard = hold_guard()
        if self.process.hold is not None:
            guard.start(self.process.hold.fileno())
        self.guard = guard.pid

    def learn(self) -> None:
        """What it is, once, while it is there."""
        if self.facts is None:
            # Its arguments and variables are in our memory from here on.
            forbid_core_and_reading()
            self.facts = facts_of(self.process.pid)

    def is_held(self) -> bool:
        """Whether there is text in its hold."""
        poll = select.poll()
        if self.process.hold is not None and not self.over:
            poll.register(self.process.hold, select.POLLIN)
        return any(events == select.POLLIN for _, events in poll.poll(0))

    def close(self) -> None:
        """Let go of everything."""
        end_page(self.guard)
        for ours in (self.process.hold, self.process.events):
            if ours is not None:
                ours.close()
        if self.process.pidfd >= 0:
            os.close(self.process.pidfd)


class Children:
    """Watches them; ``handlers`` are for the loop of the terminal's own watch."""

    def __init__(
        self,
        door: Door,
        signals: SignalDescriptor,
        read: Reader,
        may_capture: Callable[[], bool],
    ) -> None:
        self._door = door
        self._signals = signals
        self._read = read
        self._may_capture = may_capture
        self._children: dict[int, _Child] = {}
        self._ended: list[ChildEnding] = []
        self._read_ones: set[int] = set()

    def handlers(self) -> dict[int, Callable[[], None]]:
        """What to call for each descriptor that is readable; the holds first."""
        found: dict[int, Callable[[], None]] = {}
        children = list(self._children.values())
        for child in children:
            if child.process.hold is not None and not child.over:
                found[child.process.hold.fileno()] = self._safe(self._on_hold, child)
        for child in children:
            if child.process.events is not None and not child.over:
                found[child.process.events.fileno()] = self._safe(
                    self._on_events, child
                )
            found[child.process.pidfd] = self._safe(self._on_end, child)
        return found | self._door.handlers(self._welcome)

    def guards(self) -> set[int]:
        """Pids of the guards, which are children of ours."""
        return {self._door.guard, *(child.guard for child in self._children.values())}

    def _safe(self, act: Callable[[_Child], None], child: _Child) -> Callable[[], None]:
        """A handler of one child: what fails in it costs that child's watch alone."""

        def handle() -> None:
            try:
                act(child)
            except Exception:
                if self._children.pop(child.process.pid, None) is not None:
                    child.close()

        return handle

    def next_ended(self) -> ChildEnding:
        """What became of one of them, each once.

        Raises:
            IndexError: There is nothing to tell: see ``has_news``.
        """
        return self._ended.pop(0)

    def has_read(self, pid: int) -> bool:
        """Whether a crash of this process was read, so that it is told already."""
        return pid in self._read_ones

    @property
    def has_news(self) -> bool:
        """Whether ``next_ended`` has something to tell."""
        return bool(self._ended)

    def settle(self) -> None:
        """The terminal has ended: read those that wait at their crash, leave the rest.

        They live on unwatched: their writes fail at once when our sockets are closed.
        """
        self._door.answer_all(self._welcome)
        self._door.close()
        for child in list(self._children.values()):
            if child.is_held():
                self._safe(self._on_hold, child)()
        for child in list(self._children.values()):
            self._safe(self._on_end, child)()

    def _welcome(self, process: Launched) -> None:
        child = _Child(process)
        if process.pidfd < 0:
            self._on_end(child)
            return
        before = self._children.get(process.pid)
        if before is not None:
            self._end(before)  # it has become another program
        try:
            if len(self._children) < MOST_CHILDREN:
                child.new_guard()
        except OSError:
            pass  # without one it could wait for us without end
        if child.guard:
            self._children[process.pid] = child
        else:
            child.close()

    def _on_events(self, child: _Child) -> None:
        if child.process.events is None or child.over:
            return
        try:
            while data := child.process.events.recv(MESSAGE_LIMIT + 1):
                self._hear(child, data)
        except BlockingIOError:
            return
        except ConnectionError:
            pass
        child.over = not child.is_held()

    def _hear(self, child: _Child, data: bytes) -> None:
        records = child.heard.take(data)
        told = "" if records is None else records[0][0]
        if told == "exception" and child.process.pidfd >= 0:
            child.learn()

    def _on_hold(self, child: _Child) -> None:
        if not child.is_held():
            self._on_events(child)
            child.over = True
            return
        allowed = self._may_capture()
        self._keep_waiting()

        def read(process: Frozen, crashed: int, announced: int) -> object:
            findings = None
            if allowed:
                child.learn()
                findings = self._read(process, crashed, announced)
            with contextlib.suppress(OSError):
                child.new_guard()
            return findings

        def wish() -> int | None:
            self._on_events(child)
            return child.heard.fault_wish

        crash = hold_child(child.process, self._signals, read, wish)
        if crash is None:
            drain(child.process)
        else:
            child.crash = crash if allowed else None
            self._read_ones.add(child.process.pid)

    def _keep_waiting(self) -> None:
        """Before one is read: give the others that wait for us more time."""
        now = time.monotonic()
        with contextlib.suppress(OSError):
            self._door.new_guard()
            for child in self._children.values():
                if child.is_held():
                    child.held_since = child.held_since or now
                    if now - child.held_since < _LONGEST_WAIT:
                        child.new_guard()

    def _on_end(self, child: _Child) -> None:
        self._on_events(child)
        self._end(child)

    def _end(self, child: _Child) -> None:
        """Note what became of it, and forget it."""
        if child.crash is None:
            child.crash = unread_crash(child.process)
        ended = _ending(child)
        if ended is not None:
            self._ended.append(ended)
        child.close()
        if self._children.get(child.process.pid) is child:
            del self._children[child.process.pid]


def _ending(child: _Child) -> ChildEnding | None:
    """How it ended, as far as it is known; None where nothing is worth telling."""
    crash = child.crash
    status, waited = 0, False
    if crash is not None:
        waited = crash.status is not None
        status = crash.status or announced_signal(crash.text)
    elif any(
        records[0][:2] == ["exception", "main"] for records in child.heard.messages
    ):
        status = _EXIT_ONE
    usage = crash.usage if crash is not None else None
    ending = Ending(
        status,
        usage or resource.struct_rusage([0] * 16),
        crash,
        child.heard.messages,
        False,
    )
    if not ending.is_worth_a_look:
        return None
    return ChildEnding(ending, child.facts or ChildFacts(), waited)


def facts_of(pid: int) -> ChildFacts:
    """What ``/proc`` tells of a process; empty where it tells nothing."""
    words = _read(pid, "cmdline").split(b"\0")[:-1]
    variables = parse_environment(_read(pid, "environ"))
    return ChildFacts(
        path=_link(pid, "exe") or os.fsdecode(b"".join(words[:1])),
        arguments=tuple(map(os.fsdecode, words[1:])),
        folder=_link(pid, "cwd"),
        environment=tuple(
            (os.fsdecode(name), os.fsdecode(value)) for name, value in variables.items()
        ),
    )


def _read(pid: int, name: str) -> bytes:
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:
            return file.read(_FILE_LIMIT)
    except OSError:
        return b""


def _link(pid: int, name: str) -> str:
    try:
        return os.readlink(f"/proc/{pid}/{name}")
    except OSError:
        return ""
