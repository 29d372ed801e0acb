"""Whether a planted value can be read in a text, in any decoding of it."""

from __future__ import annotations

import base64
import binascii
import html
import quopri
import re
import unicodedata
from urllib.parse import unquote_plus

from tests.doubles.stranger_people import LOOKALIKES

_INVISIBLE = re.compile(
    "[\u200b-\u200f\u2060-\u2064\ufeff\u00ad]|\x1b\\[[0-9;]*[A-Za-z]"
)
_READ_AS = {ord(chr(to)): chr(at) for at, to in LOOKALIKES.items()}
_SINGLE = {"n": "\n", "t": "\t", "r": "\r"}
_ESCAPE = re.compile(
    r"\\x([0-9a-fA-F]{2})|\\([0-7]{1,3})|\\u([0-9a-fA-F]{4})|\\([nrt\\'\"/])"
)
_PIECE = 8


def read(text):
    """The text as a person reads it: without case, width, and what is not seen."""
    plain = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).casefold()
    return unicodedata.normalize("NFKC", plain).translate(_READ_AS)


def _unescape(match):
    hexadecimal, octal, unit, single = match.groups()
    if hexadecimal or unit:
        return chr(int(hexadecimal or unit, 16))
    return chr(int(octal, 8) & 255) if octal else _SINGLE.get(single, single)


def _as_utf8(text):
    return re.sub(
        "[\x80-\xff]+", lambda m: m[0].encode("latin-1").decode("utf-8", "ignore"), text
    )


def _runs(text):
    whole = re.sub(r"[\s:]+", "", text)
    for joined in (text, whole):
        for run in re.findall(r"[A-Za-z0-9+/_-]{8,}", joined):
            for skip in range(4):
                part = run[skip:].replace("-", "+").replace("_", "/")
                part = part[: len(part) - (len(part) % 4 == 1)]
                try:
                    raw = base64.b64decode(part + "=" * (-len(part) % 4))
                except binascii.Error:
                    continue
                yield raw.decode("utf-8", "ignore")
        for run in re.findall(r"[0-9A-Fa-f]{8,}", joined):
            for skip in (0, 1):
                part = run[skip : len(run) - (len(run) - skip) % 2]
                yield bytes.fromhex(part).decode("utf-8", "ignore")


def _once(text):
    unescaped = _ESCAPE.sub(_unescape, text)
    yield from (unescaped, _as_utf8(unescaped), _as_utf8(text))
    yield from (unquote_plus(text), html.unescape(text))
    yield from (
        text.replace("\0", ""),
        text.replace("\\\n", ""),
        text.replace("\n", ""),
    )
    if "=" in text:
        raw = text.encode("utf-8", "replace")
        yield quopri.decodestring(raw).decode("utf-8", "replace")


def decodings(text):
    """The text, and what it becomes when up to two wrappings are undone."""
    first = {text, *_once(text), *_runs(text)}
    return first.union(*(set(_once(each)) for each in first if len(each) < 4000))


def is_readable(text, planted, innocent, *, in_pieces):
    """Whether a planted value, or of a long one any eight characters, can be read."""
    readings = [read(each) for each in decodings(text)]
    beside = read(innocent)
    for value in map(read, planted):
        size = _PIECE if in_pieces and len(value) > _PIECE else len(value)
        wanted = {value[at : at + size] for at in range(len(value) - size + 1)}
        for each in wanted:
            if each not in beside and any(each in reading for reading in readings):
                return True
    return False
