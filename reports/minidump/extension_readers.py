"""Streams that Breakpad, Crashpad and Mozilla added, and our own user stream."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import msgspec

from reports.minidump.json_streams import is_json
from reports.minidump.layout import Location
from reports.minidump.records import CrashpadInfo, DsoDebug, LinkMapRecord
from reports.minidump.stream_readers import fixed
from reports.minidump.structures import (
    AUXV,
    COUNT,
    CRASHPAD_INFO,
    CRASHPAD_MODULE,
    CRASHPAD_MODULE_LINK,
    CRASHPAD_OBJECT,
    CRASHPAD_PAIR,
    DSO_DEBUG,
    DSO_DEBUG_PACKED,
    LINK_MAP,
    LINK_MAP_PACKED,
)

if TYPE_CHECKING:
    from reports.minidump.bounds import Bounds

_TEXT = 1
_LONGEST_DYNAMIC = 65536

Annotations = tuple[tuple[str, str], ...]
"""Pairs in the file's order; a key may occur twice."""


def read_status(bounds: Bounds, place: Location) -> tuple[tuple[str, str], ...]:
    """LinuxProcStatus: "Name:<tab>value" lines; a line without a colon is skipped."""
    text = bounds.take(place.rva, place.size).decode("utf-8", "replace")
    split = (line.partition(":") for line in text.split("\n"))
    return tuple((name, value.strip("\0\t ")) for name, colon, value in split if colon)


def read_auxv(bounds: Bounds, place: Location) -> tuple[tuple[int, int], ...]:
    """LinuxAuxv of a 64-bit process, up to AT_NULL."""
    count = place.size // AUXV.size
    pairs = []
    end = place.rva + place.size
    for kind, value in bounds.entries(AUXV, place.rva, count, end):
        if kind == 0:
            break
        pairs.append((kind, value))
    return tuple(pairs)


def read_dso_debug(bounds: Bounds, place: Location) -> DsoDebug:
    """LinuxDsoDebug of a 64-bit process with its link map, padded or packed.

    Padding is zero, and where the packed form has its breakpoint address: no code
    begins at a multiple of 4 GiB.
    """
    at = fixed(bounds, place, DSO_DEBUG_PACKED.size)
    (padding,) = bounds.unpack(COUNT, at + 3 * COUNT.size)
    head, entry = DSO_DEBUG_PACKED, LINK_MAP_PACKED
    if padding == 0 and place.size >= DSO_DEBUG.size:
        head, entry = DSO_DEBUG, LINK_MAP
    version, map_rva, count, *addresses = bounds.unpack(head, at)
    breakpoint_address, linker, dynamic = addresses
    size = min(place.size - head.size, _LONGEST_DYNAMIC)
    section = bounds.take(at + head.size, size)
    end = map_rva + count * entry.size
    entries = tuple(
        LinkMapRecord(address, bounds.string(name), ld)
        for address, name, ld in bounds.entries(entry, map_rva, count, end)
    )
    return DsoDebug(version, breakpoint_address, linker, dynamic, section, entries)


def read_crashpad_info(bounds: Bounds, place: Location) -> CrashpadInfo:
    """CrashpadInfo; later versions only add to the first's 52 bytes."""
    at = fixed(bounds, place, CRASHPAD_INFO.size)
    raw = bounds.take(at, CRASHPAD_INFO.size)
    version, report, client, size, rva, links_size, links_rva = CRASHPAD_INFO.unpack(
        raw
    )
    return CrashpadInfo(
        version,
        str(uuid.UUID(bytes_le=report)),
        str(uuid.UUID(bytes_le=client)),
        _dictionary(bounds, Location(size, rva)),
        _modules(bounds, Location(links_size, links_rva)),
    )


def _dictionary(bounds: Bounds, place: Location) -> Annotations:
    if not place.size:
        return ()
    return tuple(
        (bounds.utf8(key), bounds.utf8(value))
        for key, value in bounds.listed(CRASHPAD_PAIR, place)
    )


def _modules(bounds: Bounds, place: Location) -> tuple[tuple[int, Annotations], ...]:
    if not place.size:
        return ()
    return tuple(
        (index, _module(bounds, Location(size, rva)))
        for index, size, rva in bounds.listed(CRASHPAD_MODULE_LINK, place)
    )


def _module(bounds: Bounds, place: Location) -> Annotations:
    at = fixed(bounds, place, CRASHPAD_MODULE.size)
    fields = bounds.unpack(CRASHPAD_MODULE, at)
    _, list_size, list_rva, simple_size, simple_rva, objects_size, objects_rva = fields
    return (
        *_texts(bounds, Location(list_size, list_rva)),
        *_dictionary(bounds, Location(simple_size, simple_rva)),
        *_objects(bounds, Location(objects_size, objects_rva)),
    )


def _texts(bounds: Bounds, place: Location) -> Annotations:
    """List annotations have no key."""
    if not place.size:
        return ()
    return tuple(("", bounds.utf8(rva)) for (rva,) in bounds.listed(COUNT, place))


def _objects(bounds: Bounds, place: Location) -> Annotations:
    """Annotation objects; those that are not text are shown by size only."""
    if not place.size:
        return ()
    found = []
    for name, kind, _, rva in bounds.listed(CRASHPAD_OBJECT, place):
        if kind == _TEXT:
            value = bounds.utf8(rva)
        else:
            (size,) = bounds.unpack(COUNT, rva)
            value = f"({size} bytes)"
        found.append((bounds.utf8(name), value))
    return tuple(found)


def read_json(bounds: Bounds, place: Location) -> bytes:
    """The bytes of a stream that is one JSON text, checked to be one."""
    raw = bounds.take(place.rva, place.size)
    if not is_json(raw):
        raise bounds.fault("not JSON", place.rva)
    return raw


def read_soft_errors(bounds: Bounds, place: Location) -> tuple[str, ...]:
    """Mozilla's soft errors: ours are a list of lines, theirs a list of objects."""
    errors = msgspec.json.decode(read_json(bounds, place))
    if not isinstance(errors, list):
        errors = [errors]
    return tuple(
        e if isinstance(e, str) else msgspec.json.encode(e).decode() for e in errors
    )
