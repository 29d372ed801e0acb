"""A real terminal around a program: one tmux pane, on a server of its own.

tmux shares no code with the fixture terminal: what a pane shows is what a person
would see. A pane that changes writes into a FIFO, so that waiting needs no sleep.
"""

import contextlib
import os
import select
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.doubles.ready_fifo import ReadyFifo, ready_fifo
from tests.doubles.requirement import require


@dataclass(frozen=True, slots=True)
class Pane:
    """The one pane of a server; `changes` is readable after each change, `end` when
    the program has ended."""

    socket: Path
    changes: ReadyFifo
    end: ReadyFifo

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

    def wait_to_type(self, before: str, deadline: float = 30.0) -> list[str]:
        """Wait until `before` ends the last line: what is typed now stands behind it.

        The same words further up are of a question that was answered.
        """
        limit = time.monotonic() + deadline
        while True:
            screen = self.capture()
            if "\n".join(screen).rstrip().endswith(before):
                return screen
            shown = "\n".join(screen)
            assert self._wait_for_change(limit), f"{before!r} is not last in:\n{shown}"

    def wait_for_end(self, deadline: float = 30.0) -> int:
        """Wait until the program ends; its status as a shell counts it (128 + n)."""
        return int(self.end.wait(deadline))

    def resize(self, *, lines: int, columns: int) -> None:
        """Give the window another size."""
        self._tmux("resize-window", "-x", str(columns), "-y", str(lines))

    def _wait_for_change(self, limit: float) -> bool:
        left = max(0.0, limit - time.monotonic())
        # tmux may draw a change just after it was told: look again now and then.
        ready, _, _ = select.select([self.changes.descriptor], [], [], min(left, 0.2))
        if ready:
            os.read(self.changes.descriptor, 65536)
        return left > 0

    def _tmux(self, *words: str) -> str:
        return _tmux(self.socket, *words)


@contextlib.contextmanager
def tmux_pane(
    folder: Path, command: Sequence[str | Path], size: tuple[int, int] = (24, 80)
) -> Iterator[Pane]:
    """Run a command in a pane of size (lines, columns); end the server afterwards.

    `folder` is for the socket and the FIFOs. The pane stays when the command ends.
    A shell between tmux and the command tells its exit status: tmux 3.3 forgets that
    of a pane now and then, when pane and pipe end together.
    """
    require(shutil.which("tmux"), "tmux is missing", "apt-get install tmux")
    socket = folder / "tmux.socket"
    lines, columns = size
    with (
        ready_fifo(folder / "tmux.changes") as changes,
        ready_fifo(folder / "tmux.end") as end,
    ):
        words = shlex.join(str(word) for word in command)
        told = shlex.quote(str(end.path))
        # It waits in `read` until it is listened to, and in `cat` for ever.
        script = f"read go; {words}; echo $? >{told}; exec cat"
        start = ["new-session", "-d", "-x", str(columns), "-y", str(lines), script]
        listen = ["pipe-pane", f"exec cat >{shlex.quote(str(changes.path))}"]
        try:
            _tmux(socket, *start, ";", *listen)
            _tmux(socket, "send-keys", "Enter")
            yield Pane(socket, changes, end)
        finally:
            with contextlib.suppress(subprocess.CalledProcessError):
                _tmux(socket, "kill-server")


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
