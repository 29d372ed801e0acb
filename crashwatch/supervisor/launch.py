"""Start the terminal: same streams, group, signals and environment, and two sockets.

The hold socket carries faulthandler's text. Its send buffer is as small as the kernel
allows (4,608 bytes; each small write costs a whole packet), so that a crashing process
blocks in its own traceback until we read. ``SOCK_SEQPACKET`` rather than a stream: when
the supervisor is dead, a write to it fails without SIGPIPE, which would replace the
terminal's own death where the program has restored SIGPIPE's default.

The send time-out counts for each of faulthandler's many writes (ten for a frame). It is
long enough that no piece of the traceback is lost before a supervisor on a busy machine
has stopped the process; that a supervisor which is itself stopped does not delay the
death for long is the guard's task (``hold_guard``).
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import resource
import signal
import socket
import struct
import time
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from crashwatch.client.inside.counter_page import PID as _OWNER
from crashwatch.errors import ProgramNotExecutableError, ProgramNotFoundError
from crashwatch.linux.process_control import allow_tracing_by, die_with_parent

if TYPE_CHECKING:
    from collections.abc import Callable

    from crashwatch.supervisor.inherited import Inherited

_HIGH = 700
"""The terminal's descriptors start here: scripts use low ones, bash 255."""

_WITH_COUNTERS = 3


class Launched(NamedTuple):
    """A running terminal.

    Attributes:
        hold: Our end of the hold socket, or None when the client was not injected.
        hold_number: The terminal's descriptor of it.
        events: Our end of the message socket, or None.
    """

    pid: int
    pidfd: int
    start_time: int
    hold: socket.socket | None
    hold_number: int
    events: socket.socket | None


def find_program(name: str, search_path: str) -> str:
    """The file a shell would run.

    Raises:
        ProgramNotFoundError: 127.
        ProgramNotExecutableError: 126.
    """
    if not name:
        raise ProgramNotFoundError("the program's name is empty")
    folders = [""] if "/" in name else search_path.split(os.pathsep)
    found = ""
    for folder in folders:
        path = os.path.join(folder or ".", name) if "/" not in name else name
        if not os.path.exists(path):
            continue
        if os.path.isfile(path) and os.access(path, os.X_OK, effective_ids=True):
            return path
        found = path
    if found:
        raise ProgramNotExecutableError(f"{name}: not an executable file")
    raise ProgramNotFoundError(f"{name}: program not found")


def launch(
    path: str,
    arguments: list[str],
    inherited: Inherited,
    *,
    injected: str | None,
    write_seconds: float,
    before_exec: Callable[[int], None] | None = None,
    shared: tuple[int, ...] = (),
) -> Launched:
    """Start ``path`` with ``arguments`` (``argv``, its first one included).

    Every signal must be blocked by the caller; the child gets ``inherited.blocked``.

    Args:
        injected: Folder of our ``sitecustomize``, or None to start the program bare.
        write_seconds: Longest that one write to the hold socket may wait.
        before_exec: Called with its pid while it waits, before the program's first
            instruction: what traces it must be there by then.
        shared: Descriptors for the client besides its sockets: the run's page, then
            where something is counted the flags page and the counter file.

    Raises:
        ProgramNotFoundError, ProgramNotExecutableError: The exec failed.
    """
    sockets = _sockets(write_seconds) if injected is not None else None
    failure_read, failure_write = os.pipe2(os.O_CLOEXEC)
    gate = socket.socketpair() if before_exec is not None else None
    pid = os.fork()
    if pid == 0:
        environment = dict(inherited.environment)
        try:
            if gate is not None:
                _wait_at(*gate)
            if sockets is not None and injected is not None:
                _sign(shared)
                given = (*sockets.theirs, *map(_raised, shared))
                _prepare_client(environment, injected, given)
            _wake_when_left()
            _restore_signals(inherited)
            _exec(path, arguments, environment)
        except OSError as error:
            os.write(failure_write, str(error.errno or 0).encode())
        finally:
            os._exit(127)
    os.close(failure_write)
    if gate is not None and before_exec is not None:
        _open_gate(*gate, lambda: before_exec(pid))
    if sockets is not None:
        for theirs in sockets.theirs:
            os.close(theirs)
    _raise_exec_failure(failure_read, pid, arguments[0])
    return Launched(
        pid=pid,
        pidfd=os.pidfd_open(pid),
        start_time=start_time(pid),
        hold=sockets.hold if sockets else None,
        hold_number=sockets.theirs[0] if sockets else -1,
        events=sockets.events if sockets else None,
    )


def _wait_at(theirs: socket.socket, ours: socket.socket) -> None:
    theirs.close()
    if _yama_asks_for_permission():
        allow_tracing_by(os.getppid())
    ours.send(b"?")
    ours.recv(1)


def _open_gate(
    ours: socket.socket, theirs: socket.socket, act: Callable[[], None]
) -> None:
    """Act while the child waits; whatever comes of it, the child goes on."""
    theirs.close()
    with ours:
        ours.recv(1)
        act()


class _Sockets(NamedTuple):
    hold: socket.socket
    events: socket.socket
    theirs: tuple[int, int]


def _sockets(write_seconds: float) -> _Sockets:
    hold, their_hold = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    their_hold.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    timeval = struct.pack("@ll", int(write_seconds), int(write_seconds % 1 * 1_000_000))
    their_hold.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeval)
    events, their_events = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    their_events.setblocking(False)
    hold.setblocking(False)
    events.setblocking(False)
    return _Sockets(hold, events, (_high(their_hold), _high(their_events)))


def _high(ours: socket.socket) -> int:
    """Move a descriptor out of the way of the terminal's own; still close-on-exec."""
    number = _raised(ours.fileno())
    ours.close()
    return number


def _raised(descriptor: int) -> int:
    """The same under a high number; still close-on-exec."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = _HIGH if limit == resource.RLIM_INFINITY else min(_HIGH, limit - 24)
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, max(lowest, 3))


def _sign(shared: tuple[int, ...]) -> None:
    """Write into the counter file whose it is: pid, start time, time of the start."""
    if len(shared) == _WITH_COUNTERS:
        own = (os.getpid(), start_time(os.getpid()), time.monotonic_ns())
        os.pwrite(shared[2], struct.pack("=3Q", *own), _OWNER)


def _prepare_client(
    environment: dict[bytes, bytes], injected: str, theirs: tuple[int, ...]
) -> None:
    before = environment.get(b"PYTHONPATH")
    ticket = [int(before is not None), os.getpid(), start_time(os.getpid())]
    for number in theirs:
        os.set_inheritable(number, True)
        ticket += [number, os.fstat(number).st_ino]
    folder = os.fsencode(injected)
    environment[b"PYTHONPATH"] = (
        folder if not before else folder + os.pathsep.encode() + before
    )
    environment[b"CRASHWATCH_ATTACH"] = ":".join(map(str, ticket)).encode()
    if _yama_asks_for_permission():
        allow_tracing_by(os.getppid())


def _wake_when_left() -> None:
    """Have the kernel send SIGCONT when the supervisor dies.

    One that dies while it holds a crash would leave the process stopped for ever. A
    process that runs does not notice.
    """
    with contextlib.suppress(OSError):
        die_with_parent(signal.SIGCONT)


def _yama_asks_for_permission() -> bool:
    """Scope 1: only an ancestor may trace; py-spy is a sibling of the terminal."""
    try:
        with open("/proc/sys/kernel/yama/ptrace_scope", "rb") as file:
            return file.read().strip() == b"1"
    except OSError:
        return False


def _restore_signals(inherited: Inherited) -> None:
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        if number not in inherited.ignored:
            signal.signal(number, signal.SIG_DFL)
    if signal.SIGCHLD in inherited.ignored:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, inherited.blocked)


def _exec(path: str, arguments: list[str], environment: dict[bytes, bytes]) -> NoReturn:
    try:
        os.execve(path, arguments, environment)
    except OSError as error:
        if error.errno != errno.ENOEXEC:
            raise
    # A script without #! is the shell's: execvp(3) does the same.
    os.execve("/bin/sh", ["/bin/sh", path, *arguments[1:]], environment)


def exec_bare(path: str, arguments: list[str], inherited: Inherited) -> NoReturn:
    """Become the program itself, as if we had never been there.

    Raises:
        ProgramNotFoundError, ProgramNotExecutableError: The exec failed.
    """
    _restore_signals(inherited)
    try:
        _exec(path, arguments, inherited.environment)
    except OSError as error:
        raise _failure(error.errno or 0, arguments[0]) from error


def _raise_exec_failure(failure: int, pid: int, name: str) -> None:
    with open(failure, "rb") as pipe:
        number = pipe.read()
    if number:
        os.waitpid(pid, 0)
        raise _failure(int(number), name)


def _failure(number: int, name: str) -> Exception:
    if number in {errno.ENOENT, errno.ENOTDIR}:
        # The file was there: it is the interpreter of its #! line that is missing.
        return ProgramNotFoundError(f"{name}: its interpreter was not found")
    return ProgramNotExecutableError(f"{name}: {os.strerror(number)}")


def start_time(pid: int) -> int:
    """When a process started, in clock ticks since boot; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return int(file.read(4096).rpartition(b")")[2].split()[19])
    except (OSError, IndexError, ValueError):
        return 0
