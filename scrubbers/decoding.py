"""Undo escapes while remembering where each character came from."""

from __future__ import annotations

import binascii
import html
import re
from typing import TYPE_CHECKING, NamedTuple

from scrubbers.folding import is_disguised, plain_character, plain_map
from scrubbers.rule import Span, merge, occurs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    _Undo = Callable[["re.Match[str]"], "list[tuple[str, int, int]] | None"]

# Quoted-printable characters that are taken for such even where no other follows.
QUOTED_ALONE = "2F|3D|40|5C|1B"
# One alternative for each way of writing a character otherwise. Runs of byte
# escapes stay together, because UTF-8 spreads one character over several.
_ENTITY = re.compile(
    r"(?P<entity>&(?:\#[0-9]{1,7}|\#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});)"
)
_PERCENT = re.compile(r"(?P<percent>(?:%[0-9A-Fa-f]{2})+)")
_QUOTED = re.compile(rf"(?P<quoted>(?:=[0-9A-F]{{2}}){{2,}}|=(?:{QUOTED_ALONE}))")
_ESCAPE = re.compile(
    rf"{_PERCENT.pattern}"
    r"|(?P<backx>(?:\\x[0-9A-Fa-f]{2})+)"
    r"|(?P<octal>(?:\\[0-3][0-7]{2})+)"
    rf"|{_QUOTED.pattern}"
    r"|(?P<backu>(?:[\\%]u[0-9A-Fa-f]{4})+)"
    r"|(?P<braced>\\[ux]\{[0-9A-Fa-f]{1,6}\})"
    r"|(?P<wide>\\U[0-9A-Fa-f]{8})"
    rf"|{_ENTITY.pattern}"
    r"|(?P<field>(?<=%[0-9A-Fa-f]{2})&(?=[\w.-]{1,40}=))"
    r"|(?P<caret>\^\[|\\e(?=[\[\]]))"
    r"|(?P<single>\\[\"'/\\nrt])"
)
# In a header of a mail (RFC 2047) every sign of a quoted character is one.
_ENCODED_WORD = re.compile(r"=\?[\w-]{1,40}\?q\?", re.IGNORECASE)
_EACH_QUOTED = re.compile(r"(?P<quoted>(?:=[0-9A-Fa-f]{2})+)")
# In what a form sends, a space is a plus sign.
_ESCAPE_OR_PLUS = re.compile(rf"{_ESCAPE.pattern}|(?P<plus>\+)")
_SIGNS = ("%", "\\", "&", "^")
_QUOTED_SIGN = re.compile(
    rf"=(?:[0-9A-F]{{2}}=|{QUOTED_ALONE}|\?[\w-]{{1,40}}\?[qQ]\?)"
)
_BYTE_WIDTHS = {"percent": 3, "backx": 4, "octal": 4, "quoted": 3}
# Not the bell and its kin: in Windows paths they are the first letter of a name.
_SINGLE = {"n": "\n", "r": "\r", "t": "\t"}


class View(NamedTuple):
    """A text made from another, with the way back.

    Attributes:
        text: The derived text.
        starts: For each of its characters, where its origin starts.
        ends: For each of its characters, where its origin ends.
    """

    text: str
    starts: list[int]
    ends: list[int]

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The span of the origin behind the span ``[start, end)`` of this text."""
        return self.starts[start], self.ends[end - 1]

    def without(self, spans: Iterable[Span]) -> View:
        """The same view, these spans of its text left out."""
        kept: list[int] = []
        at = 0
        for span in merge(spans):
            kept += range(at, span.start)
            at = span.end
        kept += range(at, len(self.text))
        return View(
            "".join([self.text[each] for each in kept]),
            [self.starts[each] for each in kept],
            [self.ends[each] for each in kept],
        )


def may_be_escaped(text: str) -> bool:
    """Whether anything in the text looks like an escape; false means that none is."""
    # Asked of every line: most have none of the signs, and are not searched.
    if occurs(_SIGNS, text):
        return True
    return "=" in text and _QUOTED_SIGN.search(text) is not None


def decoded(text: str) -> View | None:
    """The text with every escape undone once, or ``None`` if there is none."""
    if not may_be_escaped(text):
        return None
    is_form = "+" in text and ("%" in text or "&" in text)
    escape = _ESCAPE_OR_PLUS if is_form else _ESCAPE
    return _undone(text, escape, _decode_match)


def partly_decoded(text: str) -> Iterator[View]:
    """The text with one kind of escapes undone alone, where another seems to be there.

    To undo a backslash takes it from a Windows path, and ``x=40`` may be a number.
    """
    views: list[View | None] = []
    if "&" in text and "\\" in text:
        views.append(_undone(text, _ENTITY, _decode_match))
    if "=?" in text and _ENCODED_WORD.search(text):
        views.append(_undone(text, _EACH_QUOTED, _decode_match))
    if "%" in text and _QUOTED.search(text):
        views.append(_undone(text, _PERCENT, _decode_match))
    yield from filter(None, views)


def _undone(text: str, escape: re.Pattern[str], undo: _Undo) -> View | None:
    """The text with each match written otherwise; ``None`` if there is none."""
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for match in escape.finditer(text):
        replacement = undo(match)
        if replacement is None:
            continue
        pieces.append(text[at : match.start()])
        starts += range(at, match.start())
        ends += range(at + 1, match.start() + 1)
        for characters, start, end in replacement:
            pieces.append(characters)
            starts += [start] * len(characters)
            ends += [end] * len(characters)
        at = match.end()
    if at == 0:
        return None
    pieces.append(text[at:])
    starts += range(at, len(text))
    ends += range(at + 1, len(text) + 1)
    return View("".join(pieces), starts, ends)


def plain(text: str) -> View | None:
    """The text without disguise (see ``folding``), or ``None`` if it wears none."""
    if text.isascii():
        return None
    if "\0" in text:  # two bytes a letter
        narrow = _without_zeros(text)
        view = plain(narrow.text)
        return through(narrow, view) if view else narrow
    read = _read_as_utf8(text)
    if read is None and not is_disguised(text):
        return None
    view = View(*plain_map(read.text if read else text))
    if view.text == text:
        return None
    return through(read, view) if read else view


def _without_zeros(text: str) -> View:
    kept = [at for at, character in enumerate(text) if character != "\0"]
    return View("".join([text[at] for at in kept]), kept, [at + 1 for at in kept])


# Letters whose UTF-8 was taken for Latin-1.
_MISREAD = re.compile(
    "(?:[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})+"
)


def _read_as_utf8(text: str) -> View | None:
    return _undone(text, _MISREAD, _decode_misread)


def _decode_misread(match: re.Match[str]) -> list[tuple[str, int, int]]:
    return [
        (character, match.start() + start, match.start() + end)
        for character, start, end in decode_utf8_loosely(
            match.group().encode("latin-1")
        )
    ]


def through(outer: View, inner: View) -> View:
    """The view ``inner`` of the text of ``outer``, as a view of outer's origin."""
    return View(
        inner.text,
        [outer.starts[at] for at in inner.starts],
        [outer.ends[at - 1] for at in inner.ends],
    )


def _decode_match(match: re.Match[str]) -> list[tuple[str, int, int]] | None:
    kind = str(match.lastgroup)
    width = _BYTE_WIDTHS.get(kind)
    if width is not None:
        return _decode_bytes(match, kind, width)
    if kind == "backu":
        return _decode_utf16(match)
    whole = _decode_one(kind, match.group())
    return None if whole is None else [(whole, match.start(), match.end())]


def _decode_one(kind: str, text: str) -> str | None:
    if kind == "caret":
        return "\x1b"
    if kind in {"plus", "field"}:
        return " " if kind == "plus" else "\n"
    if kind == "entity" and text[1] == "#":
        # html.unescape would leave out the control characters.
        digits = text[2:-1]
        point = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
        return chr(point) if point < 0x110000 else None
    if kind == "entity":
        character = html.unescape(text)
        return None if character == text else character
    if kind in {"braced", "wide"}:
        point = int(text.strip("\\uxU{}"), 16)
        return chr(point) if point < 0x110000 else None
    return _SINGLE.get(text[1], text[1])


def _decode_bytes(
    match: re.Match[str], kind: str, width: int
) -> list[tuple[str, int, int]]:
    digits = match.group()
    radix, skip = (8, 1) if kind == "octal" else (16, width - 2)
    raw = bytes(
        int(digits[at + skip : at + width], radix) & 0xFF
        for at in range(0, len(digits), width)
    )
    return [
        (character, match.start() + width * first, match.start() + width * last)
        for character, first, last in decode_utf8_loosely(raw)
    ]


def decode_utf8_loosely(raw: bytes) -> list[tuple[str, int, int]]:
    """Characters with their byte spans; what is not UTF-8 is taken as Latin-1."""
    found: list[tuple[str, int, int]] = []
    at = 0
    while at < len(raw):
        lead = raw[at]
        length = 1 + (lead >= 0xC2) + (lead >= 0xE0) + (lead >= 0xF0)
        try:
            character = raw[at : at + length].decode("utf-8")
        except UnicodeDecodeError:
            character, length = chr(lead), 1
        found.append((character, at, at + length))
        at += length
    return found


def _decode_utf16(match: re.Match[str]) -> list[tuple[str, int, int]]:
    digits = match.group()
    units = [int(digits[at + 2 : at + 6], 16) for at in range(0, len(digits), 6)]
    found: list[tuple[str, int, int]] = []
    at = 0
    while at < len(units):
        pair = units[at : at + 2]
        is_pair = (
            len(pair) == 2 and 0xD800 <= pair[0] < 0xDC00 and 0xDC00 <= pair[1] < 0xE000
        )
        size = 2 if is_pair else 1
        point = (
            0x10000 + ((pair[0] - 0xD800) << 10) + pair[1] - 0xDC00
            if is_pair
            else pair[0]
        )
        start = match.start() + 6 * at
        found.append((chr(point), start, start + 6 * size))
        at += size
    return found


# Shorter ones cannot hold even a short name.
_TOKEN = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
_LONG_NUMBER = 20  # ten digits in hexadecimal
_HEX_TOKEN = re.compile(r"(?:[0-9A-Fa-f]{2}){5,}")
_URL_SAFE = str.maketrans("-_", "+/")


def encoded_tokens(text: str) -> Iterator[re.Match[str]]:
    """Tokens that may be base64 or hexadecimal text; words and names are not."""
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token.islower() and token.isalpha():
            continue
        if not token.isdecimal() or len(token) >= _LONG_NUMBER:
            yield match


def hidden_texts(token: str) -> list[str]:
    """Every text that a token of base64 or hexadecimal may stand for."""
    texts = _as_text(bytes.fromhex(token)) if _HEX_TOKEN.fullmatch(token) else []
    return texts + _as_text(_from_base64(token))


def hidden_bytes(token: str) -> list[bytes]:
    """The bytes of a token of base64, from each of the four places it may begin at."""
    return [_from_base64(token[skip:]) for skip in range(4)]


def readable_scraps(raws: list[bytes]) -> list[str]:
    """What may be read in bytes that have text only here and there in them."""
    scraps: list[str] = []
    for raw in raws:
        scraps.append(raw.decode("utf-8", "ignore"))
        for start in (0, 1):
            piece = raw[start : len(raw) - (len(raw) - start) % 2]
            scraps.append(piece.decode("utf-16-le", "ignore"))
    return scraps


def _from_base64(token: str) -> bytes:
    body = token.rstrip("=").translate(_URL_SAFE)
    body = body[: len(body) - (len(body) % 4 == 1)]
    try:
        return binascii.a2b_base64(body + "=" * (-len(body) % 4))
    except binascii.Error:
        return b""


def _as_text(raw: bytes) -> list[str]:
    """The bytes as UTF-8 or UTF-16 of either order, where they read well."""
    if len(raw) > 4 and raw[1::2].count(0) * 4 >= len(raw):
        return [raw[: len(raw) & ~1].decode("utf-16-le", "replace")]
    if len(raw) > 4 and raw[::2].count(0) * 4 >= len(raw):
        return [raw[: len(raw) & ~1].decode("utf-16-be", "replace")]
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return []
    visible = sum(
        character.isprintable()
        or character.isspace()
        or character in "\x1b\x07"
        or not plain_character(character)
        for character in text
    )
    return [text] if text and visible * 10 >= len(text) * 9 else []
