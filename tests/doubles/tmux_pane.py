"""A real terminal around a program: one tmux pane, on a server of its own.

tmux shares no code with the fixture terminal: what a pane shows is what a person
would see. A pane that changes writes into a FIFO, so that waiting needs no sleep.
"""

import contextlib
import os
import select
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.doubles.requirement import require


@dataclass(frozen=True, slots=True)
class Pane:
    """The one pane of a server; `changes` is readable after each change."""

    socket: Path
    changes: int

    def type(self, *keys: str) -> None:
        """Press keys: literal text, or tmux names ("Enter", "C-c", "F12")."""
        self._tmux("send-keys", *keys)

    def capture(self, *, with_colours: bool = False) -> list[str]:
        """The lines on the screen, without trailing blanks."""
        return self._tmux(
            "capture-pane", "-p", *(["-e"] if with_colours else [])
        ).splitlines()

    def wait_for(self, text: str, deadline: float = 30.0) -> list[str]:
        """Wait until a line on the screen holds text; return all lines.

        Raises:
            AssertionError: It did not within deadline seconds; shows the screen.
        """
        limit = time.monotonic() + deadline
        while True:
            screen = self.capture()
            if any(text in line for line in screen):
                return screen
            shown = "\n".join(screen)
            assert self._wait_for_change(limit), f"no {text!r} in:\n{shown}"

    def wait_for_end(self, deadline: float = 30.0) -> tuple[int | None, int | None]:
        """Wait until the program ends; its (exit status, None) or (None, signal)."""
        limit = time.monotonic() + deadline
        wanted = "#{pane_dead_status}:#{pane_dead_signal}"
        # A pane is dead when its terminal is closed; the status comes a little later.
        while (told := self._tmux("display-message", "-p", wanted).strip()) == ":":
            assert self._wait_for_change(limit), "the program did not end"
        status, number = told.split(":")
        return (int(status) if status else None, _signal_number(number))

    def resize(self, *, lines: int, columns: int) -> None:
        """Give the window another size."""
        self._tmux("resize-window", "-x", str(columns), "-y", str(lines))

    def _wait_for_change(self, limit: float) -> bool:
        left = max(0.0, limit - time.monotonic())
        # A pane's end is no output, so nothing tells of it: look again now and then.
        ready, _, _ = select.select([self.changes], [], [], min(left, 0.2))
        if ready and not os.read(self.changes, 65536):
            select.select([], [], [], min(left, 0.02))  # closed: the pane is ending
        return left > 0

    def _tmux(self, *words: str) -> str:
        return _tmux(self.socket, *words)


@contextlib.contextmanager
def tmux_pane(
    folder: Path, command: Sequence[str | Path], size: tuple[int, int] = (24, 80)
) -> Iterator[Pane]:
    """Run a command in a pane of size (lines, columns); end the server afterwards.

    `folder` is for the socket and the FIFO. The pane stays when the command ends.
    """
    require(shutil.which("tmux"), "tmux is missing", "apt-get install tmux")
    socket, fifo = folder / "tmux.socket", folder / "tmux.changes"
    os.mkfifo(fifo, 0o600)
    changes = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    lines, columns = size
    start = ["new-session", "-d", "-x", str(columns), "-y", str(lines)]
    listen = ["pipe-pane", f"exec cat >{shlex.quote(str(fifo))}"]
    stay = ["set-option", "-g", "remain-on-exit", "on"]
    try:
        # The pane waits in `read` until it is listened to.
        words = shlex.join(str(word) for word in command)
        _tmux(socket, *start, f"read go; exec {words}", ";", *stay, ";", *listen)
        _tmux(socket, "send-keys", "Enter")
        yield Pane(socket, changes)
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            _tmux(socket, "kill-server")
        os.close(changes)


def _tmux(socket: Path, *words: str) -> str:
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "SHELL": "/bin/sh"}
    for name in ("TMUX", "TMUX_PANE"):
        environment.pop(name, None)
    done = subprocess.run(
        ["tmux", "-u", "-f", "/dev/null", "-S", str(socket), *words],
        env=environment,
        capture_output=True,
        check=True,
        timeout=30,
    )
    return done.stdout.decode()


def _signal_number(told: str) -> int | None:
    """tmux tells a signal by number, or by name without SIG."""
    if not told:
        return None
    return int(told) if told.isdecimal() else signal.Signals[f"SIG{told.upper()}"]
