"""Start the terminal: same streams, group, signals and environment as without us."""

from __future__ import annotations

import errno
import os

from crashwatch.errors import (
    CannotWatchError,
    ProgramNotExecutableError,
    ProgramNotFoundError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Each of these three would cost the start of every terminal some 5 ms.
    import signal
    import socket
    from collections.abc import Callable, Mapping
    from typing import NoReturn

    from crashwatch.supervisor.inherited import Inherited
    from crashwatch.supervisor.shared import Shared
else:
    import _signal as signal
    import _socket as socket


_LINE_ENDS = "Its lines end as on Windows: a carriage return is part of that name."


class Launched:
    """A running terminal.

    Attributes:
        hold: Our end of the hold socket, or None when the client was not injected.
        hold_number: The terminal's descriptor of it.
        events: Our end of the message socket, or None.
        page: Our descriptor of the run's page, or -1.
    """

    __slots__ = (
        "events",
        "hold",
        "hold_number",
        "page",
        "pid",
        "pidfd",
        "start_time",
    )

    def __init__(
        self,
        pid: int,
        pidfd: int,
        start_time: int,
        hold: socket.socket | None,
        hold_number: int,
        events: socket.socket | None,
        page: int = -1,
    ) -> None:
        self.pid = pid
        self.pidfd = pidfd
        self.start_time = start_time
        self.hold = hold
        self.hold_number = hold_number
        self.events = events
        self.page = page


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
    follow: Mapping[bytes, bytes] | None = None,
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
        follow: Variables that reach the program's children too, where those are
            watched as well.

    Raises:
        ProgramNotFoundError, ProgramNotExecutableError: The exec failed.
        CannotWatchError: There are no descriptors, or no process, for it.
    """
    try:
        client = _share(write_seconds, shared) if injected is not None else None
        failure_read, failure_write = os.pipe2(os.O_CLOEXEC)
        gate = socket.socketpair() if before_exec is not None else None
        pid = os.fork()
    except OSError as error:
        raise cannot_watch(error) from error
    if pid == 0:
        try:
            if gate is not None:
                _wait_at(*gate)
            _wake_when_left()
            _restore_signals(inherited)
            environment = {**inherited.environment, **(follow or {})}
            if client is not None and injected is not None:
                client.sign(start_time(os.getpid()))
                _prepare_client(environment, injected, client.theirs)
            theirs = client.theirs if client is not None else ()
            _exec_watched(path, arguments, inherited, environment, theirs)
        except OSError as error:
            os.write(failure_write, str(error.errno or 0).encode())
        finally:
            os._exit(127)
    os.close(failure_write)
    if gate is not None and before_exec is not None:
        _open_gate(*gate, lambda: before_exec(pid))
    if client is not None:
        client.close_theirs()
    _raise_exec_failure(failure_read, pid, arguments[0], path)
    return Launched(
        pid=pid,
        pidfd=os.pidfd_open(pid),
        start_time=start_time(pid),
        hold=client.hold if client else None,
        hold_number=client.theirs[0] if client else -1,
        events=client.events if client else None,
        page=shared[0] if client and shared else -1,
    )


def cannot_watch(error: OSError) -> CannotWatchError:
    """What is not to be had, in the words of the limit that says so."""
    number = error.errno or 0
    limits = {
        errno.EMFILE: "too few open files are allowed (ulimit -n)",
        errno.EAGAIN: "no more processes are allowed (ulimit -u)",
    }
    what = os.strerror(number) if number else str(error)
    refused = f"this system refuses what a watch needs ({what})"
    return CannotWatchError(limits.get(number, refused))


def _share(write_seconds: float, more: tuple[int, ...]) -> Shared:
    from crashwatch.supervisor.shared import Shared  # noqa: PLC0415 -- only with client

    return Shared(write_seconds, more)


def _wait_at(theirs: socket.socket, ours: socket.socket) -> None:
    theirs.close()
    _allow_tracing()
    ours.send(b"?")
    ours.recv(1)


def _open_gate(
    ours: socket.socket, theirs: socket.socket, act: Callable[[], None]
) -> None:
    """Act while the child waits; whatever comes of it, the child goes on."""
    theirs.close()
    try:
        ours.recv(1)
        act()
    finally:
        ours.close()


def _exec_watched(
    path: str,
    arguments: list[str],
    inherited: Inherited,
    environment: dict[bytes, bytes],
    theirs: tuple[int, ...],
) -> NoReturn:
    if environment != inherited.environment:
        try:
            _exec(path, arguments, environment)
        except OSError as error:
            if error.errno != errno.E2BIG:
                raise
        # What we added was too much; without us it fits.
        for number in theirs:
            os.set_inheritable(number, False)
    _exec(path, arguments, inherited.environment)


def _prepare_client(
    environment: dict[bytes, bytes], injected: str, theirs: tuple[int, ...]
) -> None:
    before = environment.get(b"PYTHONPATH")
    ticket = [int(before is not None), os.getpid(), start_time(os.getpid())]
    for number in theirs:
        os.set_inheritable(number, True)
        ticket += [number, os.fstat(number).st_ino]
    environment[b"PYTHONPATH"] = with_folder(os.fsencode(injected), before)
    environment[b"CRASHWATCH_ATTACH"] = ":".join(map(str, ticket)).encode()
    _allow_tracing()


def with_folder(folder: bytes, before: bytes | None) -> bytes:
    """A value of ``PYTHONPATH`` with our folder in front, once."""
    if not before or before == folder:
        return folder
    joined = folder + os.pathsep.encode()
    return before if before.startswith(joined) else joined + before


def _allow_tracing() -> None:
    """Let the launcher's descendants, py-spy among them, trace this process."""
    if not _yama_asks_for_permission():
        return
    from crashwatch.linux.light_calls import allow_tracing_by  # noqa: PLC0415

    allow_tracing_by(os.getppid())


def _wake_when_left() -> None:
    """Have the kernel send SIGCONT when the supervisor dies.

    One that dies while it holds a crash would leave the process stopped for ever. A
    process that runs does not notice.
    """
    from crashwatch.linux.light_calls import die_with_parent  # noqa: PLC0415

    try:
        die_with_parent(signal.SIGCONT)
    except OSError:
        pass  # then a supervisor that dies at the wrong moment leaves it stopped


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
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
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
        raise _failure(error.errno or 0, arguments[0], path) from error


def _raise_exec_failure(failure: int, pid: int, name: str, path: str) -> None:
    with open(failure, "rb") as pipe:
        number = pipe.read()
    if number:
        os.waitpid(pid, 0)
        raise _failure(int(number), name, path)


def _failure(number: int, name: str, path: str) -> Exception:
    if number in {errno.ENOENT, errno.ENOTDIR}:
        # The file was there: it is the interpreter of its #! line that is missing.
        named = _interpreter(path)
        interpreter = f"its interpreter {named}" if named else "its interpreter"
        return ProgramNotFoundError(
            f"{name}: {interpreter} was not found",
            _LINE_ENDS if named.endswith("\r") else "",
        )
    return ProgramNotExecutableError(f"{name}: {os.strerror(number)}")


def _interpreter(path: str) -> str:
    """What a script's first line names, a carriage return of it included."""
    try:
        with open(path, "rb") as file:
            line = file.readline(256).rstrip(b"\n")
    except OSError:
        return ""
    return os.fsdecode(line[2:].strip(b" \t").split(b" ")[0]) * line.startswith(b"#!")


def start_time(pid: int) -> int:
    """When a process started, in clock ticks since boot; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return int(file.read(4096).rpartition(b")")[2].split()[19])
    except (OSError, IndexError, ValueError):
        return 0
