"""Start the terminal and what stands beside it: signals blocked, witness, guard.

Nothing that costs is loaded: the person waits for the terminal. What is begun here is
watched on by ``crashwatch.supervisor.watch``, in this process or after a sleep.
"""

from __future__ import annotations

import os
import select

from crashwatch.linux.light_calls import open_signal_descriptor
from crashwatch.linux.tiny_program import LOG_SIGNALS
from crashwatch.supervisor.hold_guard import hold_guard
from crashwatch.supervisor.launch import cannot_watch, launch
from crashwatch.supervisor.memory_pressure import oom_kills
from crashwatch.supervisor.page_process import PageProcess, end_page

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Each of these would cost the start of every terminal some 5 ms.
    import signal
    import socket
    from collections.abc import Callable, Mapping
    from typing import NoReturn

    from crashwatch.supervisor.inherited import Inherited
    from crashwatch.supervisor.launch import Launched
    from crashwatch.supervisor.sleep_state import SleepState
else:
    import _signal as signal
    import _socket as socket

_A_MOMENT = 25
"""Milliseconds; `true` takes one."""
_UNTIL_HELLO = 1000
_MOST_BYTES = 65536


class Begun:
    """A terminal that runs, and what is ours beside it.

    Attributes:
        signals: A signalfd of every signal that can be blocked.
        witness: Pid of the witness; ``log`` is our end of its log.
        guard: Pid of the guard; 0 without a hold.
        kills_before: Out-of-memory kills before the start; -1: unknown.
    """

    __slots__ = ("guard", "kills_before", "log", "signals", "terminal", "witness")

    def __init__(
        self,
        terminal: Launched,
        *,
        signals: int,
        witness: int,
        log: int,
        guard: int,
        kills_before: int,
    ) -> None:
        self.terminal = terminal
        self.signals = signals
        self.witness = witness
        self.log = log
        self.guard = guard
        self.kills_before = kills_before


def begin(
    path: str,
    arguments: list[str],
    inherited: Inherited,
    *,
    injected: str | None,
    write_seconds: float,
    before_exec: Callable[[int], None] | None = None,
    shared: tuple[int, ...] = (),
    follow: Mapping[bytes, bytes] | None = None,
) -> Begun:
    """Start the program; the arguments are those of ``launch``.

    Raises:
        ProgramNotFoundError, ProgramNotExecutableError: It did not start.
        CannotWatchError: Nor was it tried; all signals are blocked.
    """
    # Ignored, it would make the kernel throw the terminal's wait status away.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    # A true fault of our own kills us blocked or not; one sent to us is passed on.
    watched = {int(number) for number in signal.valid_signals()}
    watched -= {signal.SIGKILL, signal.SIGSTOP}
    signal.pthread_sigmask(signal.SIG_BLOCK, watched)
    try:
        _try_what_is_needed()
        signals = open_signal_descriptor(watched)
        witness, log = _start_witness()
    except OSError as error:
        raise cannot_watch(error) from error
    try:
        terminal = launch(
            path,
            arguments,
            inherited,
            injected=injected,
            write_seconds=write_seconds,
            before_exec=before_exec,
            shared=shared,
            follow=follow,
        )
    except BaseException:
        end_page(witness)
        raise
    return Begun(
        terminal,
        signals=signals,
        witness=witness,
        log=log,
        guard=_start_guard(terminal),
        kills_before=oom_kills(terminal.pid),
    )


def fill_begun(state: SleepState, begun: Begun) -> None:
    """Write down what was begun."""
    terminal = begun.terminal
    state.pid = terminal.pid
    state.pidfd = terminal.pidfd
    state.start_time = terminal.start_time
    state.hold_number = terminal.hold_number
    state.page = terminal.page
    if terminal.hold is not None and terminal.events is not None:
        state.hold = terminal.hold.fileno()
        state.events = terminal.events.fileno()
    state.signals = begun.signals
    state.witness = begun.witness
    state.log = begun.log
    state.guard = begun.guard
    state.kills_before = begun.kills_before


class Lingered:
    """What came of the first moment.

    Attributes:
        status: The wait status of a program that has ended already, else None.
        busy: There is something to deal with.
        messages: What the client told meanwhile.
    """

    def __init__(self) -> None:
        self.status: int | None = None
        self.busy = False
        self.messages: list[bytes] = []


def linger(begun: Begun, *, collects: bool) -> Lingered:
    """Wait until the client has said hello, or a moment where there is none.

    A program that ends at once must not pay for two more starts of an interpreter, and
    the client's greeting need not wake anybody.

    Args:
        begun: The program.
        collects: Take the wait status of one that has ended already; there is nobody
            else who waits for it.
    """
    lingered = Lingered()
    terminal = begun.terminal
    events = -1 if terminal.events is None else terminal.events.fileno()
    poll = select.poll()
    for ours in (begun.signals, terminal.pidfd, terminal.hold, terminal.events):
        if ours is not None:
            poll.register(ours, select.POLLIN)
    patience = _A_MOMENT if terminal.events is None else _UNTIL_HELLO
    while ready := dict(poll.poll(patience)):
        if terminal.hold and ready.get(terminal.hold.fileno()) == select.POLLIN:
            _stop_at_its_crash(begun)
        if collects and terminal.events is None and terminal.pidfd in ready:
            lingered.status = _exit_of(terminal.pid)
        told = terminal.events is not None and _hear(terminal.events, lingered)
        lingered.busy = not told or set(ready) != {events}
        if lingered.busy or _has_said_hello(lingered.messages):
            break
    return lingered


def _stop_at_its_crash(begun: Begun) -> None:
    """It has crashed already; what reads it is not loaded yet."""
    from crashwatch.supervisor.stopping import stop_to_read  # noqa: PLC0415 -- rare

    stop_to_read(begun.terminal, begun.guard)


def _exit_of(pid: int) -> int | None:
    """The wait status of a program that exited; one that was killed is left alone."""
    flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
    found = os.waitid(os.P_PID, pid, flags)
    if found is None or found.si_code != os.CLD_EXITED:
        return None
    from crashwatch.linux import collected  # noqa: PLC0415 -- the program runs by now

    return collected.wait(pid)[1]


def _hear(events: socket.socket, lingered: Lingered) -> bool:
    """Take what the client told; False when it told nothing, or is gone."""
    before = len(lingered.messages)
    try:
        while data := events.recv(_MOST_BYTES):
            lingered.messages.append(data)
    except BlockingIOError:
        return len(lingered.messages) > before
    except ConnectionError:
        pass  # gone, as at the end of what it told
    return False


def _has_said_hello(messages: list[bytes]) -> bool:
    return any(message.startswith(b"hello") for message in messages)


def end_pages(begun: Begun) -> None:
    """End witness and guard."""
    for pid in (begun.witness, begun.guard):
        if pid:
            end_page(pid)
    begun.witness = begun.guard = 0


def _try_what_is_needed() -> None:
    """Have refused now what is needed once the program runs: it would be left alone.

    Raises:
        OSError: A kernel before 5.3, or a filter that leaves such a call out, as those
            of some containers do.
    """
    ours = os.getpid()
    own = os.pidfd_open(ours)
    try:
        signal.pidfd_send_signal(own, 0)
        os.set_inheritable(own, False)
    finally:
        os.close(own)
    select.poll().poll(0)
    for look in (
        lambda: os.waitid(os.P_PID, ours, os.WEXITED | os.WNOHANG),
        lambda: os.wait4(ours, os.WNOHANG),
    ):
        try:
            look()
        except ChildProcessError:
            pass  # we are none of our children: the answer of a call that works


def _start_guard(terminal: Launched) -> int:
    """Its pid; 0 where there is no hold, or no process for it.

    Without one, a terminal whose launcher is stopped waits longer at its crash.
    """
    if terminal.hold is None:
        return 0
    guard = hold_guard()
    try:
        guard.start(terminal.hold.fileno(), terminal.pidfd)
    except OSError:
        return 0
    return guard.pid


def _start_witness() -> tuple[int, int]:
    page = PageProcess(LOG_SIGNALS, "crashwatch-witness", _log_signals)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    page.start(theirs.fileno())
    theirs.close()
    return page.pid, ours.detach()


def _log_signals() -> NoReturn:
    """What the witness does, in Python, for where its page of code may not run."""
    import struct  # noqa: PLC0415 -- only where it may not run

    everything = signal.valid_signals()
    while True:
        info = signal.sigwaitinfo(everything)
        fields = info.si_signo, info.si_errno, info.si_code, 0, info.si_pid
        os.write(0, struct.pack("=iiiii", *fields))
