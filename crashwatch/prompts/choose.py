"""Terminal, window or nobody: ``look`` gathers facts, ``choose_face`` decides."""

from __future__ import annotations

import enum
import os
from typing import TYPE_CHECKING, NamedTuple

from crashwatch.build_server import is_build_server
from crashwatch.prompts import tty_state
from reports.consent.switches import is_set

if TYPE_CHECKING:
    from collections.abc import Mapping

PLAIN_VARIABLE = "CRASHWATCH_PLAIN"


class Face(enum.Enum):
    """How the person is asked."""

    TERMINAL = "terminal"
    WINDOW = "window"
    UNATTENDED = "unattended"


class Facts(NamedTuple):
    """What there is to ask with.

    Attributes:
        headless: ``--headless`` was given.
        automated: This is a build server: no person, even where there is a terminal.
        source_is_terminal: Keys can be read.
        screen_is_terminal: Text can be seen.
        foreground: Nobody else is using the terminal.
        plain: Neither escape sequences nor columns are wanted.
        display: There is an X display, which is what Tk draws on; Wayland's desktops
            have one as well.
    """

    headless: bool
    automated: bool
    source_is_terminal: bool
    screen_is_terminal: bool
    foreground: bool
    plain: bool
    display: bool


class Chosen(NamedTuple):
    """The face, why it is this one, and whether it is plain."""

    face: Face
    why: str
    plain: bool = False


def look(
    environment: Mapping[str, str], *, source: int, screen: int, headless: bool
) -> Facts:
    """Gather the facts.

    Args:
        environment: The process's environment.
        source: Descriptor keys would be read from.
        screen: Descriptor the question would be written to.
        headless: ``--headless`` was given.
    """
    source_is_terminal = os.isatty(source)
    return Facts(
        headless=headless,
        automated=is_build_server(environment),
        source_is_terminal=source_is_terminal,
        screen_is_terminal=os.isatty(screen),
        foreground=source_is_terminal and tty_state.in_foreground(source),
        plain=is_set(environment.get(PLAIN_VARIABLE))
        or environment.get("TERM", "") in ("", "dumb", "unknown"),
        display=bool(environment.get("DISPLAY")),
    )


def choose_face(facts: Facts) -> Chosen:
    """The terminal; where it cannot be used, a window; where nobody is, neither."""
    nobody = (
        (facts.headless, "headless mode never asks"),
        (facts.automated, "this is a build server"),
    )
    for applies, why in nobody:
        if applies:
            return Chosen(Face.UNATTENDED, why)
    no_terminal = (
        (not facts.source_is_terminal, "the input is not a terminal"),
        (not facts.screen_is_terminal, "the output is not a terminal"),
        (not facts.foreground, "another job has the terminal"),
    )
    for applies, why in no_terminal:
        if applies:
            return Chosen(Face.WINDOW if facts.display else Face.UNATTENDED, why)
    return Chosen(Face.TERMINAL, "there is a terminal", facts.plain)
