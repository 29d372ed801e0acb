"""A person at an 80 by 24 terminal: keys in, the text on the screen out, through tmux.

The server is private: its own socket, no configuration, ended with the test.
"""

import contextlib
import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.doubles.requirement import require


@dataclass(frozen=True, slots=True)
class Screen:
    """One tmux window with one program in it."""

    socket: Path

    def press(self, *keys: str) -> None:
        """Press keys, by tmux's names (``a``, ``Enter``, ``C-c``, ``Up``)."""
        self.tmux("send-keys", *keys)

    def command(self, line: str, prompt: str = "P>") -> None:
        """Give a shell a command that changes the screen, and see that it did.

        What is typed before the shell's prompt may be lost, and the prompt that stands
        there until the shell has read the line is not that of the next command.
        """
        before = self.wait_to_type(prompt)
        self.press(line, "Enter")
        self.wait_until(lambda lines: lines != before, f"anything of {line!r}")

    def lines(self) -> list[str]:
        """The lines on the screen."""
        return self.tmux("capture-pane", "-p").splitlines()

    def wait_for(self, text: str, deadline: float = 20.0) -> list[str]:
        """The lines on the screen, as soon as one of them holds ``text``."""
        return self.wait_until(
            lambda lines: any(text in line for line in lines), repr(text), deadline
        )

    def wait_until(
        self,
        is_shown: Callable[[list[str]], bool],
        what: str = "what was waited for",
        deadline: float = 20.0,
    ) -> list[str]:
        """The lines on the screen, as soon as they are what ``is_shown`` wants."""
        limit = time.monotonic() + deadline
        while True:
            shown = self.lines()
            if is_shown(shown or [""]):
                return shown
            whole = "\n".join(shown)
            assert time.monotonic() < limit, f"{what} is not on the screen:\n{whole}"
            time.sleep(0.02)

    def wait_to_type(self, before: str, deadline: float = 20.0) -> list[str]:
        """The lines, as soon as ``before`` ends the last one that is not empty."""
        limit = time.monotonic() + deadline
        while True:
            shown = self.lines()
            whole = "\n".join(shown).rstrip()
            if whole.endswith(before):
                return shown
            assert time.monotonic() < limit, f"{before!r} is not last:\n{whole}"
            time.sleep(0.02)

    def format(self, words: str) -> str:
        """What tmux knows of the window, as ``#{cursor_flag}``."""
        return self.tmux("display-message", "-p", words).strip()

    def resize(self, *, columns: int, lines: int) -> None:
        """Give the window another size."""
        self.tmux("resize-window", "-x", str(columns), "-y", str(lines))

    def tmux(self, *words: str) -> str:
        """Run one tmux command on this server."""
        return _tmux(self.socket, *words)


@contextlib.contextmanager
def tmux_screen(folder: Path, command: Sequence[str | Path]) -> Iterator[Screen]:
    """Run a command on an 80 by 24 screen; ``folder`` takes the socket."""
    require(shutil.which("tmux"), "tmux is missing", "apt-get install tmux")
    socket = folder / "tmux"
    words = shlex.join(str(word) for word in command)
    try:
        _tmux(socket, "new-session", "-d", "-x", "80", "-y", "24", f"exec {words}")
        yield Screen(socket)
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            _tmux(socket, "kill-server")


def _tmux(socket: Path, *words: str) -> str:
    kept = {n: v for n, v in os.environ.items() if not n.startswith("TMUX")}
    done = subprocess.run(
        ["tmux", "-u", "-f", "/dev/null", "-S", str(socket), *words],
        env=kept | {"LC_ALL": "C.UTF-8", "SHELL": "/bin/sh", "TERM": "xterm-256color"},
        capture_output=True,
        check=True,
        timeout=30,
    )
    return done.stdout.decode()
