"""Start a program, talk to it, and learn how it ended; nothing of it is left.

A program gets a session of its own, so that all of it can be killed at the end, and
on request a pseudo-terminal as its controlling terminal. Waiting is always for an
event (text, a FIFO, a stop, the end) and always with a deadline.
"""

import contextlib
import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypedDict

from tests.doubles import process_table

DEADLINE: Final = 30.0
"""Seconds after which a wait gives up; far above what any program here needs."""

CORE_DUMPED: Final = 0x80
"""The bit of a wait status that a supervisor cannot keep."""

Command = Sequence[str | Path]


class NoSuchEventError(AssertionError):
    """The awaited event did not come; the message holds what the program wrote."""

    def __init__(self, event: str, written: bytes) -> None:
        shown = written.decode("utf-8", "backslashreplace")
        super().__init__(f"{event} did not come; it wrote:\n{shown}")


@dataclass(frozen=True, slots=True)
class Ending:
    """How a program ended.

    Attributes:
        wait_status: As wait4 gave it, the core-dumped bit included.
        output: What it wrote to stdout; on a terminal, everything it drew.
        errors: What it wrote to stderr; empty on a terminal.
        seconds: From its start to its end.
        peak_memory: Its largest resident size, in KiB; never less than what this
            process had when it started it, since Linux counts from the fork on.
    """

    wait_status: int
    output: bytes
    errors: bytes
    seconds: float
    peak_memory: int

    @property
    def fate(self) -> str:
        """The part of the wait status that must not change: "exit 7", "SIGSEGV"."""
        status = self.wait_status & ~CORE_DUMPED
        if os.WIFSIGNALED(status):
            return signal.Signals(os.WTERMSIG(status)).name
        return f"exit {os.WEXITSTATUS(status)}"


@dataclass(slots=True)
class TargetProgram:
    """A running program; made by `running`, usable inside its block only."""

    process: subprocess.Popen[bytes]
    end: int
    terminal: int | None
    outputs: dict[int, bytearray]
    started: float = field(default_factory=time.monotonic)
    ending: Ending | None = None
    _open: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._open = set(self.outputs)

    @property
    def pid(self) -> int:
        """Its process id, also the id of its session and of its first group."""
        return self.process.pid

    @property
    def output(self) -> bytes:
        """What it wrote to stdout so far; on a terminal, everything it drew."""
        return bytes(next(iter(self.outputs.values())))

    def wait_for_text(
        self, text: str, *, since: int = 0, deadline: float = DEADLINE
    ) -> bytes:
        """Wait until stdout (or the terminal) shows text; return all of it so far.

        Args:
            text: What to wait for.
            since: Length of the output that does not count, for a second wait.
            deadline: Seconds to wait.

        Raises:
            NoSuchEventError: It ended, or the deadline passed, without the text.
        """
        wanted = text.encode()
        self._read_until(
            lambda: wanted in self.output[since:], deadline, f"text {text!r}"
        )
        return self.output

    def wait_until_stopped(self, deadline: float = DEADLINE) -> signal.Signals:
        """Wait until a signal stops the program; return that signal."""
        limit = time.monotonic() + deadline
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        try:
            while time.monotonic() < limit:
                options = os.WSTOPPED | os.WNOHANG
                if (change := os.waitid(os.P_PID, self.pid, options)) is not None:
                    return signal.Signals(change.si_status)
                # Another thread may get the SIGCHLD: look again now and then.
                signal.sigtimedwait({signal.SIGCHLD}, 0.1)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        raise NoSuchEventError("a stop", self._all_output())

    def wait_for_end(self, deadline: float = DEADLINE) -> Ending:
        """Wait until the program itself ends, reading what it writes meanwhile.

        Raises:
            NoSuchEventError: The deadline passed.
        """
        if self.ending is None:
            self._read_until(self._has_ended, deadline, "the end")
            seconds = time.monotonic() - self.started
            _, status, usage = os.wait4(self.pid, 0)
            self.process.returncode = os.waitstatus_to_exitcode(status)
            self._read_the_rest()
            output, errors = (bytes(data) for data in self._two_outputs())
            self.ending = Ending(status, output, errors, seconds, usage.ru_maxrss)
        return self.ending

    def send_keys(self, keys: str) -> None:
        r"""Type into the program's terminal ("\r" is Enter)."""
        os.write(self._needed_terminal(), keys.encode())

    def resize(self, lines: int, columns: int) -> None:
        """Give its terminal another size; the kernel sends SIGWINCH."""
        set_size(self._needed_terminal(), lines, columns)

    def send_signal(self, number: signal.Signals, *, to_group: bool = False) -> None:
        """Signal the program, or its whole group as a keyboard or `timeout` does."""
        if to_group:
            os.killpg(self.pid, number)
        else:
            os.kill(self.pid, number)

    def hang_up(self) -> None:
        """Close the near side of its terminal, as a closing window does: SIGHUP."""
        terminal = self._needed_terminal()
        self._open.discard(terminal)
        self.terminal = None
        os.close(terminal)

    def _needed_terminal(self) -> int:
        if self.terminal is None:
            raise ValueError("start the program with on_terminal=True")
        return self.terminal

    def _two_outputs(self) -> tuple[bytearray, bytearray]:
        streams = list(self.outputs.values())
        return streams[0], streams[1] if len(streams) > 1 else bytearray()

    def _all_output(self) -> bytes:
        return b"\n".join(bytes(data) for data in self.outputs.values())

    def _has_ended(self) -> bool:
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return (
            self.ending is not None
            or os.waitid(os.P_PID, self.pid, options) is not None
        )

    def _read_until(
        self, is_satisfied: Callable[[], bool], deadline: float, event: str
    ) -> None:
        limit = time.monotonic() + deadline
        while not is_satisfied():
            had_ended = self._has_ended()
            left = 0.0 if had_ended else max(0.0, limit - time.monotonic())
            was_read = self._read_what_comes(left)
            if was_read or is_satisfied():  # it may have ended since the last look
                continue
            if had_ended or time.monotonic() >= limit:
                raise NoSuchEventError(event, self._all_output())

    def _read_the_rest(self) -> None:
        """What it wrote before its end is in the pipe; a child left behind may
        write for ever, so this stops after a second."""
        limit = time.monotonic() + 1.0
        while self._read_what_comes(0.0) and time.monotonic() < limit:
            pass

    def _read_what_comes(self, seconds: float) -> bool:
        """Wait for output or the end; tell whether a stream was read or closed."""
        watched = [*self._open, *([self.end] if seconds else [])]
        ready, _, _ = select.select(watched, [], [], seconds)
        for stream in self._open.intersection(ready):
            data = _read(stream)
            self.outputs[stream] += data
            if not data:
                self._open.discard(stream)
        return bool(set(ready) - {self.end})


def supervised(command: Command, *options: str) -> list[str | Path]:
    """The command that runs `command` under crashwatch, with this interpreter."""
    return [sys.executable, "-m", "crashwatch", "run", *options, "--", *command]


@contextlib.contextmanager
def running(
    command: Command,
    *,
    on_terminal: bool = False,
    size: tuple[int, int] = (24, 80),
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    typed: bytes | None = None,
    pass_fds: tuple[int, ...] = (),
) -> Iterator[TargetProgram]:
    """Start a program; at the end of the block, kill it and all its descendants.

    Args:
        command: The program and its arguments.
        on_terminal: Give it a pseudo-terminal as stdin, stdout, stderr and
            controlling terminal; else stdin is `typed` and the others are pipes.
        size: Lines and columns of that terminal.
        environment: Its whole environment; this process's own without it.
        directory: Where it starts.
        typed: What stdin holds, on pipes only; /dev/null without it.
        pass_fds: Descriptors it inherits under the same numbers.
    """
    words = [str(word) for word in command]
    options: _PopenOptions = {
        "env": environment,
        "cwd": directory,
        "pass_fds": pass_fds,
    }
    with contextlib.ExitStack() as closing:
        if on_terminal:
            program = _start_on_terminal(words, size, options)
        else:
            program = _start_on_pipes(words, typed, options)
        closing.callback(_close_all, program)
        closing.callback(_kill_all, program)
        yield program


def run_to_end(
    command: Command,
    *,
    on_terminal: bool = False,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    typed: bytes | None = None,
    deadline: float = DEADLINE,
) -> Ending:
    """Run a program as `running` does (same arguments) and wait for its end."""
    with running(
        command,
        on_terminal=on_terminal,
        environment=environment,
        directory=directory,
        typed=typed,
    ) as program:
        return program.wait_for_end(deadline)


def set_size(terminal: int, lines: int, columns: int) -> None:
    """Set a terminal's size in characters."""
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("4H", lines, columns, 0, 0))


class _PopenOptions(TypedDict):
    """What both ways of starting hand on to subprocess."""

    env: Mapping[str, str] | None
    cwd: Path | None
    pass_fds: tuple[int, ...]


def _start_on_terminal(
    words: list[str], size: tuple[int, int], options: _PopenOptions
) -> TargetProgram:
    near, far = os.openpty()
    set_size(far, *size)
    # setsid makes the terminal a controlling one and executes the program in its
    # own place; a Python function before exec is not safe where threads run.
    process = subprocess.Popen(
        ["setsid", "--ctty", *words], stdin=far, stdout=far, stderr=far, **options
    )
    os.close(far)
    end = os.pidfd_open(process.pid)
    return TargetProgram(process, end, near, {near: bytearray()})


def _start_on_pipes(
    words: list[str], typed: bytes | None, options: _PopenOptions
) -> TargetProgram:
    process = subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL if typed is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        **options,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    if process.stdin is not None:
        process.stdin.write(typed or b"")
        process.stdin.close()
    streams = {process.stdout.fileno(): bytearray()}
    streams[process.stderr.fileno()] = bytearray()
    return TargetProgram(process, os.pidfd_open(process.pid), None, streams)


def _read(stream: int) -> bytes:
    try:
        return os.read(stream, 65536)
    except OSError:  # EIO: nobody holds the far side of the terminal any more
        return b""


def _kill_all(program: TargetProgram) -> None:
    """Kill every process of its session and every descendant, then reap it."""
    process_table.kill_tree(program.pid)
    if program.ending is None:
        program.process.kill()
        program.process.wait()


def _close_all(program: TargetProgram) -> None:
    os.close(program.end)
    for stream in (program.process.stdout, program.process.stderr):
        if stream is not None:
            stream.close()
    if program.terminal is not None:
        os.close(program.terminal)
