"""Put a terminal right that a crash left wrong, and make it ready for a question.

A program that dies in the middle of its work leaves raw mode, the alternate screen, a
hidden cursor, mouse reports, stopped output, and non-blocking descriptors behind.
"""

from __future__ import annotations

import contextlib
import os
import signal
import termios
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Attributes = list[Any]
"""As ``termios.tcgetattr`` answers."""

_INPUT, _OUTPUT, _CONTROL, _LOCAL, _CHARACTERS = 0, 1, 2, 3, 6

RESTORE_SCREEN = (
    "\x1b7"  # keep the cursor's place: the next may move it to one saved long ago
    "\x1b[?1049l"  # leave the alternate screen
    "\x1b[?25h"  # show the cursor
    "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1005l\x1b[?1006l\x1b[?1015l"  # no mouse
    "\x1b[?1004l"  # no focus reports
    "\x1b[?2004l"  # no bracketed paste
    "\x1b[?2026l"  # no synchronized output
    "\x1b[>4;0m"  # no modified keys as sequences (xterm)
    "\x1b[?1l\x1b>"  # cursor keys and keypad as usual
    "\x1b[?7h\x1b[4l"  # wrap at the edge; replace, not insert
    "\x1b7\x1b[r\x1b8"  # scroll the whole screen; that homes the cursor, so around it
    "\x1b[0m\x1b(B\x0f"  # no colour; letters, not line drawing
)
"""For terminals that know escape sequences: each undoes one thing, or does nothing."""


def save(descriptor: int) -> Attributes | None:
    """The attributes to come back to, read before the program starts; None: no TTY."""
    try:
        return termios.tcgetattr(descriptor)
    except (termios.error, OSError):
        return None


def restore(descriptor: int, saved: Attributes | None) -> Attributes:
    """Put attributes, flow and blocking right; answers the attributes now in force.

    Args:
        descriptor: Of the terminal.
        saved: As ``save`` gave them; without them the present ones are made usable.

    Raises:
        termios.error, OSError: It is not a terminal any more.
    """
    attributes = saved or sane(termios.tcgetattr(descriptor))
    # The flag is in the open file, which the shell shares: it would see errors, too.
    os.set_blocking(descriptor, True)
    # TCSANOW: the others wait for output to drain, for ever where it was stopped.
    termios.tcsetattr(descriptor, termios.TCSANOW, attributes)
    termios.tcflow(descriptor, termios.TCOON)
    return attributes


def sane(attributes: Attributes) -> Attributes:
    """The attributes with line editing, echo, signals and line feeds as usual."""
    changed = _copy(attributes)
    changed[_INPUT] |= termios.ICRNL | termios.IXON | termios.BRKINT
    changed[_OUTPUT] |= termios.OPOST | termios.ONLCR
    changed[_CONTROL] |= termios.CREAD
    changed[_LOCAL] |= (
        termios.ICANON | termios.ECHO | termios.ECHOE | termios.ISIG | termios.IEXTEN
    )
    return changed


def for_question(attributes: Attributes) -> Attributes:
    """The attributes with input byte by byte: no echo, no editing, no signals."""
    changed = _copy(attributes)
    changed[_LOCAL] &= ~(termios.ICANON | termios.ECHO | termios.ISIG | termios.IEXTEN)
    changed[_OUTPUT] |= termios.OPOST | termios.ONLCR
    changed[_CHARACTERS][termios.VMIN] = 1
    changed[_CHARACTERS][termios.VTIME] = 0
    return changed


@contextlib.contextmanager
def question_mode(descriptor: int, saved: Attributes | None) -> Iterator[None]:
    """Restored first, ready for a question inside, restored again after.

    Raises:
        termios.error, OSError: It is not a terminal any more.
    """
    with _no_stops():
        attributes = restore(descriptor, saved)
        termios.tcsetattr(descriptor, termios.TCSANOW, for_question(attributes))
        try:
            yield
        finally:
            with contextlib.suppress(termios.error, OSError):
                discard_input(descriptor)
                termios.tcsetattr(descriptor, termios.TCSANOW, attributes)


def discard_input(descriptor: int) -> None:
    """Throw away what was typed before anybody was asked."""
    termios.tcflush(descriptor, termios.TCIFLUSH)


def in_foreground(descriptor: int) -> bool:
    """Whether this process may read the terminal.

    A foreground group in which nobody is left, because the program that made it
    crashed, is taken over; any other group is left alone.
    """
    try:
        foreground = os.tcgetpgrp(descriptor)
        if foreground == os.getpgrp():
            return True
        if _is_alive(foreground):
            return False
        with _no_stops():
            os.tcsetpgrp(descriptor, os.getpgrp())
    except OSError:
        return False
    return True


def _is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextlib.contextmanager
def _no_stops() -> Iterator[None]:
    """Whoever touches a terminal from the background is stopped; be refused instead."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTIN, signal.SIGTTOU})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _copy(attributes: Attributes) -> Attributes:
    return [*attributes[:_CHARACTERS], list(attributes[_CHARACTERS])]
