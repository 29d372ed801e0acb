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
_SEQUENCE = re.compile(
    "(?P<string>(?:\x1b[\\]PX^_k]|[\x90\x98\x9d\x9e\x9f])"
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


# The same without its first byte, as logs that strip control characters leave it.
_BARE_OSC = pattern_rule(
    "control",
    "<control>",
    r"\](?:[01279]|52|133|777|1337);(?P<v>[^\x07\x1b\n\"]+)",
    needs=("]0;", "]1;", "]2;", "]7;", "]9;", "]52;", "]133;", "]777;", "]1337;"),
)

RULES: Final = (
    Rule("control", find_sequences, unplain=True),
    _BARE_OSC,
)
