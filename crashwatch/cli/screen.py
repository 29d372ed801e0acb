"""Lines with colours and links, for a terminal that has them; plain text for all else.

What a line says is foreign text, and is escaped here; the only commands that reach a
terminal are the ones this module puts around it.
"""

from __future__ import annotations

import enum
import os
import sys
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

import click

from crashwatch.cli.folding import hanging, pieces, width_of
from crashwatch.prompts.screen_text import columns_of, escaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import TextIO


class Tint(enum.Enum):
    """What a piece of a line is to the reader; each has one look."""

    PLAIN = "plain"
    TITLE = "title"
    """Heads a part."""
    ALARM = "alarm"
    """What went wrong."""
    OWN = "own"
    """A call of the program's own code."""
    PLACE = "place"
    """Where such a call is."""
    FAINT = "faint"
    """Passed over at first."""
    GONE = "gone"
    """Only in the first of two that are compared."""
    NEW = "new"
    """Only in the second."""


class _Look(NamedTuple):
    colour: str | None = None
    bold: bool | None = None
    dim: bool | None = None


# Colours that can be read on black and on white: cyan and yellow cannot.
_LOOKS = {
    Tint.PLAIN: _Look(),
    Tint.TITLE: _Look(bold=True),
    Tint.ALARM: _Look("red", bold=True),
    Tint.OWN: _Look(bold=True),
    Tint.PLACE: _Look("magenta"),
    Tint.FAINT: _Look(dim=True),
    Tint.GONE: _Look("red"),
    Tint.NEW: _Look("green"),
}


class Span(NamedTuple):
    """A piece of a line.

    Attributes:
        text: What it says; may be foreign.
        file: Absolute path of a file of this machine that it leads to, or empty.
    """

    text: str
    tint: Tint = Tint.PLAIN
    file: str = ""


Line = tuple[Span, ...]


class Screen(NamedTuple):
    """What a stream can show."""

    colours: bool = False
    links: bool = False


PLAIN = Screen()

_NO_ESCAPES = frozenset({"", "dumb", "unknown"})
_NO_LINKS = _NO_ESCAPES | {"linux"}
"""The kernel's console prints what it does not understand of a link."""


def screen_of(stream: TextIO | None, environment: Mapping[str, str]) -> Screen:
    """What can be shown on a stream: nothing but text where no terminal reads it.

    ``NO_COLOR``, set to anything, turns the colours off (https://no-color.org);
    ``TERM=dumb`` turns off all.
    """
    if stream is None or stream.closed or not stream.isatty():
        return PLAIN
    kind = environment.get("TERM", "")
    return Screen(
        colours=kind not in _NO_ESCAPES and not environment.get("NO_COLOR"),
        links=kind not in _NO_LINKS,
    )


def line(text: str, tint: Tint = Tint.PLAIN) -> Line:
    """A line that is one piece."""
    return (Span(text, tint),)


def text_of(spans: Line) -> str:
    """What a line says, not escaped."""
    return "".join(span.text for span in spans)


def drawn(spans: Line, screen: Screen) -> str:
    """A line as it goes to a screen, escaped."""
    return "".join(_drawn(span, screen) for span in spans)


def show_lines(lines: Iterable[Line]) -> None:
    """Print lines on stdout, in one piece."""
    screen = screen_of(sys.stdout, os.environ)
    columns = width_of(sys.stdout)
    shown = (drawn(part, screen) for each in lines for part in folded(each, columns))
    click.echo("\n".join(shown), color=True)


def folded(spans: Line, columns: int) -> Iterator[Line]:
    """A line as those that fit on a screen of so many columns."""
    spans = tuple(span._replace(text=escaped(span.text)) for span in spans)
    text = text_of(spans)
    if columns_of(text) <= columns:
        yield spans
        return
    indent = hanging(text, columns)
    for number, (start, end) in enumerate(pieces(text, columns, indent)):
        cut = tuple(_cut(spans, start, end))
        yield (Span(" " * indent), *cut) if number else cut


def _cut(spans: Line, start: int, end: int) -> Iterator[Span]:
    """What lies between two places of the text of a line."""
    at = 0
    for span in spans:
        text = span.text[max(0, start - at) : max(0, end - at)]
        if text:
            yield span._replace(text=text)
        at += len(span.text)


def _drawn(span: Span, screen: Screen) -> str:
    text = escaped(span.text)
    if screen.colours and span.tint is not Tint.PLAIN and text:
        look = _LOOKS[span.tint]
        text = click.style(text, fg=look.colour, bold=look.bold, dim=look.dim)
    if screen.links and span.file:
        text = f"\x1b]8;;{_address(span.file)}\x1b\\{text}\x1b]8;;\x1b\\"
    return text


def _address(path: str) -> str:
    """A file's address, with this host's name: it may be read on another machine."""
    name = quote(os.fsencode(path))
    return f"file://{quote(os.uname().nodename)}{name}"
