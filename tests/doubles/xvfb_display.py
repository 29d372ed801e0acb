"""A window system of its own: Xvfb on a free display, ended with the block."""

import contextlib
import os
import select
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.doubles.requirement import require

HOW = "apt-get install --no-install-recommends xvfb xauth"


@dataclass(frozen=True, slots=True)
class Display:
    """A running display, such as ":7"."""

    name: str

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """`base` with what a GTK or X program needs to draw here, in software."""
        return {
            **base,
            "DISPLAY": self.name,
            "GDK_BACKEND": "x11",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "NO_AT_BRIDGE": "1",
        }


@contextlib.contextmanager
def xvfb_display(
    screen: str = "1280x800x24", frames: Path | None = None
) -> Iterator[Display]:
    """Start Xvfb on the first free display; skips (in CI fails) where it is missing.

    What is on the screen stands in `frames`/Xvfb_screen0 (see `screen_picture`).

    -displayfd lets the server choose the number and tell it when it listens, so
    that neither a number is guessed nor a time waited.
    """
    require(shutil.which("Xvfb"), "Xvfb is missing", HOW)
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", screen]
    kept = ["-fbdir", str(frames)] if frames else []
    server = subprocess.Popen(
        [*command, "-nolisten", "tcp", "-noreset", *kept],
        pass_fds=[writing],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(writing)
    try:
        yield Display(f":{_read_number(reading)}")
    finally:
        os.close(reading)
        server.terminate()
        server.wait()


def _read_number(reading: int, deadline: float = 30.0) -> int:
    ready, _, _ = select.select([reading], [], [], deadline)
    number = os.read(reading, 64).strip() if ready else b""
    if not number:
        raise RuntimeError("Xvfb did not start; run `Xvfb :77` by hand to see why")
    return int(number)
