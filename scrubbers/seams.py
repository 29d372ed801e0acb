"""Put together what was broken over lines, as far as a rule must see it whole.

A terminal breaks a line at its last column, a shell goes on after a backslash, and the
kernel puts a zero between arguments. The rules look at one line at a time: so entries
become lines, and where a line was broken both parts are looked at together.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scrubbers.rule import merge

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from scrubbers.rule import Span

# How wide terminals are, if nobody made them wider. Text with a longer line was not
# broken there.
_WIDTHS: Final = frozenset({80, 100, 120, 132})
_NEW_ENTRY = re.compile(r"\s\s|\s?$|[A-Z][A-Z0-9_]{1,40}=")
# What a shell and quoted-printable mail put where they broke a line.
_SIGNS = ("\\", "=")
# Not the end of a Windows path, which has others before it.
_CONTINUED = re.compile(r"(?<!\S)[^\s\\\x1b]*\\$")
_SHORTEST_MAIL, _LONGEST_MAIL = 66, 76  # of quoted-printable lines, RFC 2045
_MOST_LINES = 64
_LONGEST = 16_384
# A terminal remembers no more; to measure the lines of a large file takes its time.
_MOST_SHOWN = 10_000
# Text of two bytes a letter has zeros at every second place: those stay.
_ZEROS = re.compile(r"(?P<wide>(?:[^\0]\0){3,}|(?:\0[^\0]){3,})|\0+")


def entries_apart(text: str) -> str:
    """The text with each entry of an environment or command line on a line."""
    if "\0" not in text:
        return text
    return _ZEROS.sub(lambda match: match["wide"] or "\n", text)


def is_broken(lines: Collection[str]) -> bool:
    """Whether any of some distinct lines may have been broken."""
    if any(line.endswith(_SIGNS) for line in lines):
        return True
    return len(lines) <= _MOST_SHOWN and max(map(len, lines)) in _WIDTHS


def broken_runs(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Runs ``[first, end)`` of lines that seem to be one line, broken."""
    width = max(map(len, lines)) if len(lines) <= _MOST_SHOWN else -1
    if width not in _WIDTHS:
        width = -1
    first = 0
    for at, line in enumerate(lines):
        if (
            at + 1 < len(lines)
            and at - first < _MOST_LINES
            and _goes_on(line, lines[at + 1], is_full=len(line) == width)
        ):
            continue
        if at > first:
            yield first, at + 1
        first = at + 1


def _goes_on(line: str, following: str, *, is_full: bool) -> bool:
    if following == "":
        return False
    if _has_sign(line):
        return True
    return is_full and _NEW_ENTRY.match(following) is None


def _has_sign(line: str) -> bool:
    """Whether a line ends with what says that it goes on."""
    if line.endswith("="):
        return _SHORTEST_MAIL < len(line) <= _LONGEST_MAIL
    return line.endswith("\\") and _CONTINUED.search(line) is not None


def mend(
    lines: list[str], find: Callable[[str], list[Span]]
) -> tuple[list[str], list[tuple[str, int]]]:
    """Remove from the parts of a broken line what the whole line shows.

    Returns:
        The lines, and rule and length of each span. What shows only after something
        was removed is left to whoever looks at the lines one by one.
    """
    bare = [line[:-1] if _has_sign(line) else line for line in lines[:-1]]
    bare += lines[-1:]
    whole = "".join(bare)
    if len(whole) > _LONGEST:
        return lines, []
    starts = [0]
    for line in bare:
        starts.append(starts[-1] + len(line))
    mended = list(lines)
    found: list[tuple[str, int]] = []
    for span in reversed(merge(find(whole))):
        touched = [
            at
            for at in range(len(lines))
            if starts[at] < span.end and span.start < starts[at + 1]
        ]
        found.append((span.rule, span.end - span.start))
        for at in touched:
            start = max(span.start - starts[at], 0)
            end = min(span.end, starts[at + 1]) - starts[at]
            kept = span.placeholder if at == touched[0] else ""
            mended[at] = mended[at][:start] + kept + mended[at][end:]
    return mended, found[::-1]
