"""The one way for foreign text to a terminal: nothing in it can command the screen.

Names of programs, threads and functions come from a process that just crashed. A
control character moves the cursor or worse, a bidirectional one makes a line read as
what it is not, an invisible one hides; each becomes its visible escape.
"""

from __future__ import annotations

import unicodedata


def escaped(text: str) -> str:
    r"""``text`` with every character that is not for the eye as ``\x1b`` or ``\u202e``.

    Those are Unicode's control, format (all of bidi, zero width), surrogate, private
    and unassigned characters, and every separator but the space: what Python calls
    not printable. The result is one line.
    """
    if text.isprintable():
        return text
    return "".join(map(_visible, text))


def escaped_bytes(data: bytes) -> str:
    r"""Bytes as UTF-8 text, escaped; bytes that are none as ``\xff``."""
    return escaped(data.decode("utf-8", errors="backslashreplace"))


def shortened(text: str, most: int) -> str:
    """``text``, escaped, in at most ``most`` characters; a cut is shown by ``...``."""
    shown = escaped(text[: most + 1])
    if len(text) <= most and len(shown) <= most:
        return shown
    return shown[: max(0, most - 3)] + "..."


def columns_of(text: str) -> int:
    """How many columns escaped text takes: East Asian wide characters take two."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
