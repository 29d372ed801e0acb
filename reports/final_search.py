"""The last wall over finished bytes, compressed ones seen through. Pure.

Nothing in a report is compressed today; but an attachment that was would hide all it
holds from a search of its bytes.
"""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING

import zstandard

from reports.known_names import OWN_TEXT
from scrubbers import Tripwire

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scrubbers import Identity

MOST_BYTES = 64 * 1024 * 1024
"""Of one expansion: the largest envelope there may be, three times over."""

_OWN_KEYS = frozenset(OWN_TEXT.split())
_MOST_STARTS = 64
_GZIP = b"\x1f\x8b\x08"
_ZSTD = b"\x28\xb5\x2f\xfd"
_ZLIB = tuple(bytes((0x78, level)) for level in (0x01, 0x5E, 0x9C, 0xDA))
_LARGEST_WINDOW = 128 * 1024 * 1024
"""What ``zstd --long`` makes, and zstd itself reads without being asked to."""

_ANY_HEADER = 47
"""``wbits`` of zlib: the largest window, and either of its two headers."""


class UnreadableError(Exception):
    """Compressed bytes expand beyond measure: nobody can say what they hold."""


def tripped(parts: Iterable[tuple[str, bytes]], identity: Identity) -> tuple[str, ...]:
    """Search finished bytes, and all they expand to: ``rule:place`` for each hit.

    The place is the part's name, and for JSON the field's path in it where a single
    field says it (``user:report.threads.name``). What expands beyond measure counts as
    a hit of the rule ``unreadable``.
    """
    wire = Tripwire(identity)
    hits: set[str] = set()
    for name, data in parts:
        rules = {hit.rule for hit in wire.search(data)}
        if rules:
            told = {each for each in _fields(wire, data) if each[0] in rules}
            untold = rules - {rule for rule, _ in told}
            hits |= {f"{rule}:{name}{path}" for rule, path in told}
            hits |= {f"{rule}:{name}" for rule in untold}
        try:
            for expanded in expansions(data):
                hits |= {f"{hit.rule}:{name}" for hit in wire.search(expanded)}
        except UnreadableError:
            hits.add(f"unreadable:{name}")
    return tuple(sorted(hits))


def _fields(wire: Tripwire, data: bytes) -> Iterator[tuple[str, str]]:
    """The rules that hit, and the fields of a JSON text in which they do."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return
    for path, text in set(_texts(value, "")):
        for hit in wire.search(f'"{text}"'.encode("utf-8", "surrogatepass")):
            yield hit.rule, path


def _texts(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Each text with the path of its field; keys that data chose are left out."""
    if isinstance(value, dict):
        for key, inner in value.items():
            named = f"{path}.{key}" if key in _OWN_KEYS else path
            yield from _texts(inner, named)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, path)
    elif isinstance(value, str):
        yield path, value


def expansions(data: bytes) -> Iterator[bytes]:
    """What each compressed stream in the data expands to, wherever it starts.

    Bytes that only look like the start of one give nothing.

    Raises:
        UnreadableError: One expands to more than ``MOST_BYTES``, or there are more
            starts than can be looked at.
    """
    starts = sorted(_starts(data))
    if len(starts) > _MOST_STARTS:
        raise UnreadableError
    for start, is_zstd in starts:
        expand = _from_zstd if is_zstd else _from_zlib
        if expanded := expand(data[start:]):
            yield expanded


def _starts(data: bytes) -> Iterator[tuple[int, bool]]:
    for mark in (_GZIP, _ZSTD):
        at = data.find(mark)
        while at >= 0:
            yield at, mark is _ZSTD
            at = data.find(mark, at + 1)
    if data.startswith(_ZLIB):  # two bytes that anything may hold: at the start only
        yield 0, False


def _from_zlib(data: bytes) -> bytes:
    stream = zlib.decompressobj(_ANY_HEADER)
    try:
        expanded = stream.decompress(data, MOST_BYTES)
    except zlib.error:
        return b""
    if stream.unconsumed_tail and len(expanded) >= MOST_BYTES:
        raise UnreadableError
    return expanded


def _from_zstd(data: bytes) -> bytes:
    stream = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW).decompressobj()
    pieces: list[bytes] = []
    size = 0
    try:
        for at in range(0, len(data), 4096):
            pieces.append(stream.decompress(data[at : at + 4096]))
            size += len(pieces[-1])
            if size > MOST_BYTES:
                raise UnreadableError
            if stream.eof:
                break
    except zstandard.ZstdError as error:
        if "memory" in str(error):  # its window is larger than we allow
            raise UnreadableError from error
    return b"".join(pieces)
