"""The traceback, written to the place that the program itself gave faulthandler."""

from __future__ import annotations

import os
import select
from typing import TYPE_CHECKING, Final, Protocol, Self

from crashwatch.linux.process_control import take_descriptor

if TYPE_CHECKING:
    from crashwatch.supervisor.launch import Launched

_PATIENCE: Final = 2.0
"""Seconds that the place may take to take some of the text."""


class Written(Protocol):
    """What has a text, and takes note of what failed."""

    text: bytes
    soft_errors: list[str]


class ReplayedText:
    """A duplicate of the program's own descriptor, which outlives the program.

    Not reopened: offset, append mode, sockets and deleted files behave as if the
    program had written itself. It gets the text once: by ``write``, or at the latest
    at the end of the block.
    """

    def __init__(
        self, terminal: Launched, descriptor: int | None, crash: Written
    ) -> None:
        """Take it while the program lives; ``descriptor`` None: it gave none."""
        self._crash = crash
        self._place: int | None = None
        if descriptor is None:
            return
        try:
            self._place = take_descriptor(terminal.pidfd, descriptor)
        except OSError as error:
            self._note(error)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.write()

    def write(self) -> None:
        """Write what of the text has come so far."""
        place, self._place = self._place, None
        if place is None:
            return
        try:
            _write_all(place, self._crash.text)
        except OSError as error:
            self._note(error)
        finally:
            os.close(place)

    def _note(self, error: OSError) -> None:
        self._crash.soft_errors.append(f"replay: {os.strerror(error.errno or 0)}")


def _write_all(descriptor: int, data: bytes) -> None:
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    while data:
        if not poll.poll(_PATIENCE * 1000):
            return
        data = data[os.write(descriptor, data[: select.PIPE_BUF]) :]
