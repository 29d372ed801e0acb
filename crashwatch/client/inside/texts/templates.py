"""The fixed text of a message: what the source says, and holes for all the rest.

A template is a tuple of pieces; between two pieces there is a hole. ``("no such user
", "")`` is what ``f"no such user {name}"`` leaves. Only pieces ever leave the process:
a message is compared with a template and then forgotten.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

Pieces = tuple[str, ...]

HOLE = ("", "")
_MOST_PIECES = 40
_LONGEST = 4000
_CONVERSIONS = "diouxXeEfFgGcrsa"
_OPTIONS = "#0- +123456789.*hlL"


def joined(parts: "Iterable[Pieces]") -> Pieces:
    """One template after the other; holes that touch become one."""
    out = [""]
    for pieces in parts:
        out[-1] += pieces[0]
        for piece in pieces[1:]:
            if len(out) > 1 and out[-1] == "":
                out[-1] = piece
            else:
                out.append(piece)
    return tuple(out)


def has_text(pieces: Pieces) -> bool:
    """Whether there is any text besides holes, and not too much of it."""
    return (
        any(pieces) and len(pieces) <= _MOST_PIECES and sum(map(len, pieces)) < _LONGEST
    )


def matches(pieces: Pieces, message: str) -> bool:
    """Whether the message is the pieces in their order, with anything in the holes."""
    if len(pieces) == 1:
        return message == pieces[0]
    first, last = pieces[0], pieces[-1]
    at, end = len(first), len(message) - len(last)
    if at > end or not (message.startswith(first) and message.endswith(last)):
        return False
    for piece in pieces[1:-1]:
        at = message.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True


def of_percent(text: str) -> "Pieces | None":
    """Template of ``text % …``; None where it is no %-format."""
    parts: list[Pieces] = []
    at = 0
    while True:
        found = text.find("%", at)
        if found < 0:
            return joined([*parts, (text[at:],)])
        parts.append((text[at:found],))
        at = found + 1
        if text[at : at + 1] == "(":
            at = text.find(")", at) + 1
            if at == 0:
                return None
        while text[at : at + 1] and text[at] in _OPTIONS:
            at += 1
        kind = text[at : at + 1]
        at += 1
        if kind == "%":
            parts.append(("%",))
        elif kind and kind in _CONVERSIONS:
            parts.append(HOLE)
        else:
            return None


def of_format(text: str) -> "Pieces | None":
    """Template of ``text.format(…)``; None where it is no such format."""
    split = __import__("_string").formatter_parser  # what string.Formatter uses
    parts: list[Pieces] = []
    try:
        for literal, field, _, _ in split(text):
            parts.append((literal,))
            if field is not None:
                parts.append(HOLE)
    except ValueError:
        return None
    return joined(parts)
