"""A person at a window system: finds a window by its title, presses keys (xdotool)."""

import shutil
import subprocess
from dataclasses import dataclass

from tests.doubles.requirement import require


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at a display, such as ":7"."""

    display: str

    def focus(self, title: str) -> str:
        """Wait for a window of exactly this title, and type there from now on."""
        found = self._do("search", "--sync", "--onlyvisible", "--name", f"^{title}$")
        window = found.split()[-1]
        self._do("windowfocus", "--sync", window)
        return window

    def press(self, *keys: str) -> None:
        """Press keys by their X names ("s", "Return", "shift+Tab")."""
        self._do("key", *keys)

    def type(self, text: str) -> None:
        """Type letters."""
        self._do("type", "--delay", "1", text)

    def close(self, window: str) -> None:
        """Destroy a window, as a window manager does that waits no longer."""
        self._do("windowclose", window)

    def _do(self, *words: str) -> str:
        require(
            shutil.which("xdotool"), "xdotool is missing", "apt-get install xdotool"
        )
        done = subprocess.run(
            ["xdotool", *words],
            env={"DISPLAY": self.display, "PATH": "/usr/bin:/bin:/usr/local/bin"},
            capture_output=True,
            check=True,
            text=True,
            timeout=30,
        )
        return done.stdout
