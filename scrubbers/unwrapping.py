"""Finished bytes, and what they become when percent, backslash or base64 is undone."""

from __future__ import annotations

import binascii
import re
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
_BACKSLASH = re.compile(
    rb"\\(?:u\{([0-9A-Fa-f]{1,6})\}|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|x([0-9A-Fa-f]{2})"
    rb"|([0-3][0-7]{2})|([\\\"'/]))"
)
_SURROGATES = re.compile(
    rb"\\u([Dd][89ABab][0-9A-Fa-f]{2})\\u([Dd][C-Fc-f][0-9A-Fa-f]{2})"
)
# Runs of base64, wrapped over lines or not; the line ends may be escaped in JSON.
_BASE64 = re.compile(
    rb"[A-Za-z0-9+/_-]{6,}(?:(?:\r?\n|(?:\\r)?\\n)[A-Za-z0-9+/_-]{4,})*"
)
_LINE_END = re.compile(rb"\r?\n|(?:\\r)?\\n")
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_BYTE_ESCAPE = re.compile(rb"\\(?:x[89A-Fa-f]|[23])")
# With the zero that wide encodings put between letters.
_PRINTABLE = bytes(range(32, 127)) + b"\0\t\r\n"
_PADDING = (b"", b"", b"==", b"=")
_GAP = b"\0\0\0\0"
MAX_DEPTH = 3


class Unwrapped(NamedTuple):
    """Bytes to search, and where they came from.

    Attributes:
        data: The bytes.
        wrapping: How they were wrapped: ``""`` for the payload itself, else such as
            ``"base64"`` or ``"percent/escaped"``, outermost first.
        starts: Offsets in ``data`` of its pieces, ascending.
        origins: For each piece, its offset in the payload.
    """

    data: bytes
    wrapping: str
    starts: list[int]
    origins: list[int]

    def origin(self, offset: int) -> int:
        """Where in the payload the byte at ``offset`` came from, at the latest."""
        piece = bisect_right(self.starts, offset) - 1
        if self.wrapping == "":
            return offset
        return self.origins[max(piece, 0)]


def unwrap(payload: bytes) -> Iterator[Unwrapped]:
    """The payload, then all it can be decoded to, each reading once.

    Only readings that look like text are decoded further: binary data has no
    escapes, and what looks like one in it would multiply the work for nothing.
    """
    seen: set[bytes] = set()
    waiting = [(Unwrapped(payload, "", [0], [0]), 0)]
    while waiting:
        outer, depth = waiting.pop()
        if outer.data in seen:
            continue
        seen.add(outer.data)
        yield outer
        if depth < MAX_DEPTH:
            waiting += [(inner, depth + 1) for inner in _unwrap_once(outer)]


def _unwrap_once(outer: Unwrapped) -> Iterator[Unwrapped]:
    if "base64" in outer.wrapping:
        outer = _text_of(outer)
    data = outer.data
    if _PERCENT.search(data):
        yield _substituted(outer, "percent", _PERCENT, _percent_bytes)
    if _BACKSLASH.search(data):
        # Two readings: \xc3 is a byte in bytes' repr, a character in faulthandler's.
        yield _substituted(outer, "escaped", _BACKSLASH, _character_bytes)
        if _BYTE_ESCAPE.search(data):
            yield _substituted(outer, "escaped", _BACKSLASH, _raw_bytes)
        if _SURROGATES.search(data):
            yield _substituted(outer, "escaped", _SURROGATES, _pair_bytes)
    if outer.wrapping.count("base64") < 2 and _BASE64.search(data):
        yield from _base64_runs(outer)


def _text_of(outer: Unwrapped) -> Unwrapped:
    """Those decoded runs that may be text, for decoding again."""
    pieces: list[bytes] = []
    starts: list[int] = []
    origins: list[int] = []
    size = 0
    ends = [*outer.starts[1:], len(outer.data)]
    for start, end, origin in zip(outer.starts, ends, outer.origins, strict=True):
        piece = outer.data[start:end]
        if len(piece.translate(None, _PRINTABLE)) * 8 <= len(piece) + 32:
            starts.append(size)
            origins.append(origin)
            pieces.append(piece)
            size += len(piece)
    return Unwrapped(b"".join(pieces), outer.wrapping, starts or [0], origins or [0])


def _substituted(
    outer: Unwrapped,
    name: str,
    pattern: re.Pattern[bytes],
    decode: Callable[[re.Match[bytes]], bytes],
) -> Unwrapped:
    pieces: list[bytes] = []
    starts: list[int] = []
    origins: list[int] = []
    at = size = 0
    for match in pattern.finditer(outer.data):
        for piece, origin in (
            (outer.data[at : match.start()], at),
            (decode(match), match.start()),
        ):
            starts.append(size)
            origins.append(outer.origin(origin))
            pieces.append(piece)
            size += len(piece)
        at = match.end()
    starts.append(size)
    origins.append(outer.origin(at))
    pieces.append(outer.data[at:])
    return Unwrapped(b"".join(pieces), _joined(outer, name), starts, origins)


def _joined(outer: Unwrapped, name: str) -> str:
    return f"{outer.wrapping}/{name}" if outer.wrapping else name


def _percent_bytes(match: re.Match[bytes]) -> bytes:
    return bytes([int(match[1], 16)])


def _pair_bytes(match: re.Match[bytes]) -> bytes:
    high, low = int(match[1], 16), int(match[2], 16)
    return chr(0x10000 + ((high - 0xD800) << 10) + low - 0xDC00).encode()


def _character_bytes(match: re.Match[bytes]) -> bytes:
    if match[6]:
        return match[6]
    digits = match[1] or match[2] or match[3] or match[4]
    point = int(digits, 16) if digits else int(match[5], 8)
    return chr(min(point, 0x10FFFF)).encode("utf-8", "surrogatepass")


def _raw_bytes(match: re.Match[bytes]) -> bytes:
    if match[4]:
        return bytes([int(match[4], 16)])
    if match[5]:
        return bytes([int(match[5], 8)])
    return _character_bytes(match)


def _base64_runs(outer: Unwrapped) -> Iterator[Unwrapped]:
    """All base64 runs decoded, one after another; once from each of four beginnings.

    A run may have begun earlier than it seems, so where its groups of four start is
    not known.
    """
    pieces: tuple[list[bytes], ...] = ([], [], [], [])
    starts: tuple[list[int], ...] = ([], [], [], [])
    sizes = [0, 0, 0, 0]
    origins: list[int] = []
    for match in _BASE64.finditer(outer.data):
        run = match.group().translate(_URL_SAFE)
        if b"\n" in run or b"\\" in run:
            run = _LINE_END.sub(b"", run)
        origins.append(outer.origin(match.start()))
        for skip in range(4):
            size = len(run) - skip
            whole = run[skip : len(run) - (size % 4 == 1)] + _PADDING[size % 4]
            decoded = binascii.a2b_base64(whole)
            pieces[skip].append(decoded)
            starts[skip].append(sizes[skip])
            sizes[skip] += len(decoded) + len(_GAP)
    for skip in range(4):
        data = _GAP.join(pieces[skip])
        yield Unwrapped(data, _joined(outer, "base64"), starts[skip], origins)
