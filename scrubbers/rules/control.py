"""Terminal control sequences: colours go; titles, directories, clipboards too.

OSC 0, 1 and 2 carry the window title, OSC 7 the working directory, OSC 52 the
clipboard (xterm control sequences, "Operating System Commands"); ECMA-48 gives the
shape of CSI, DCS, SOS, PM and APC. ESC k is screen's and tmux's way of a title.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from scrubbers.rule import Rule, Span, Subject, pattern_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x90\x98-\x9f]")
_GONE = re.compile(b"\x01+")
# In text of two bytes a letter, a zero stands before the second letter.
_SEQUENCE = re.compile(
    # These bytes are also in letters whose UTF-8 was taken for Latin-1.
    "(?P<string>(?:\x1b\x00?[\\]PX^_k]|\x9d(?=[0-9]{1,4};)"
    "|(?<![\xc3-\xdf])(?<![\xe0-\xef][\x80-\xbf])(?!(?<=[\xe0-\xef])[\x80-\xbf]{2})"
    "(?<![\xf0-\xf4][\x80-\xbf])(?<![\xf0-\xf4][\x80-\xbf]{2})[\x90\x98\x9d\x9e\x9f])"
    "[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\\\|\x9c)?)"
    "|(?P<short>(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]?|\x1b[ #%(-/]?[0-~]?"
    "|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f])"
)


def find_sequences(subject: Subject) -> Iterator[Span]:
    """Every control sequence and character; a string of text becomes a placeholder."""
    start = _CONTROL.search(subject.text)
    if start is None:
        return
    for match in _SEQUENCE.finditer(subject.text, start.start()):
        placeholder = "<control>" if match.lastgroup == "string" else ""
        yield Span(match.start(), match.end(), "control", placeholder)
    if "\b" in subject.text:
        yield from _find_taken_back(subject.text)


def _find_taken_back(text: str) -> Iterator[Span]:
    """Characters that a backspace after them takes back, as a terminal shows it."""
    shown: list[int] = []
    gone = bytearray(len(text))
    for at, character in enumerate(text):
        if character == "\b" and shown:
            gone[shown.pop()] = gone[at] = 1
        elif character < " ":
            shown.clear()
        else:
            shown.append(at)
    for run in _GONE.finditer(gone):
        yield Span(run.start(), run.end(), "control", "")


# The same without its first byte, as logs that strip control characters leave it.
_BARE_OSC = pattern_rule(
    "control",
    "<control>",
    r"\](?:[01279]|52|133|777|1337);"
    r"(?P<v>(?:(?!\\[xu0ae]|%07|%1B|%9C|&#)[^\x07\x1b\x9c\x9d\n\"])+)",
    needs=("]0;", "]1;", "]2;", "]7;", "]9;", "]52;", "]133;", "]777;", "]1337;"),
)

RULES: Final = (
    Rule("control", find_sequences, unplain=True),
    _BARE_OSC,
)
