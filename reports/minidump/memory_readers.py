"""Streams that describe memory: the ranges kept, and the map of the process."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from reports.minidump.layout import Location
from reports.minidump.records import MapsLine, MemoryRange, Region
from reports.minidump.stream_readers import fixed
from reports.minidump.structures import (
    MEMORY64_DESCRIPTOR,
    MEMORY64_HEADER,
    MEMORY_DESCRIPTOR,
    MEMORY_INFO,
    MEMORY_INFO_HEADER,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.minidump.bounds import Bounds

_LONGEST_MAPS_LINE = 4096 + 128


def read_memory_list(bounds: Bounds, place: Location) -> tuple[MemoryRange, ...]:
    """MemoryList; each range must lie in the file."""
    ranges = []
    for address, size, rva in bounds.listed(MEMORY_DESCRIPTOR, place):
        bounds.check(rva, size)
        ranges.append(MemoryRange(address, Location(size, rva)))
    return tuple(ranges)


def read_memory64_list(bounds: Bounds, place: Location) -> tuple[MemoryRange, ...]:
    """Memory64List: the bytes of all ranges follow each other from one RVA."""
    at = fixed(bounds, place, MEMORY64_HEADER.size)
    count, rva = bounds.unpack(MEMORY64_HEADER, at)
    start, end = at + MEMORY64_HEADER.size, at + place.size
    ranges = []
    for address, size in bounds.entries(MEMORY64_DESCRIPTOR, start, count, end):
        bounds.check(rva, size)
        ranges.append(MemoryRange(address, Location(size, rva)))
        rva += size
    return tuple(ranges)


class MemoryIndex:
    """Find bytes by address among ranges that may overlap in a hostile file.

    Of ranges that overlap, the first by address counts and the others are not seen,
    so that a look-up is one bisection whatever the file says.
    """

    def __init__(self, ranges: Iterable[MemoryRange]) -> None:
        self._ranges: list[MemoryRange] = []
        end = -1
        for entry in sorted(ranges, key=lambda r: r.address):
            if entry.location.size and entry.address >= end:
                self._ranges.append(entry)
                end = entry.address + entry.location.size
        self._starts = [entry.address for entry in self._ranges]

    def find(self, address: int, size: int) -> Location | None:
        """Where ``size`` bytes from ``address`` lie, or None unless all are there."""
        index = bisect_right(self._starts, address) - 1
        if index < 0:
            return None
        entry = self._ranges[index]
        within = address - entry.address
        if within + size > entry.location.size:
            return None
        return Location(size, entry.location.rva + within)


def read_memory_info_list(bounds: Bounds, place: Location) -> tuple[Region, ...]:
    """MemoryInfoList; entries longer than ours are stepped over by their own size."""
    at = fixed(bounds, place, MEMORY_INFO_HEADER.size)
    header, entry, count = bounds.unpack(MEMORY_INFO_HEADER, at)
    if header < MEMORY_INFO_HEADER.size or entry < MEMORY_INFO.size:
        message = f"header of {header} bytes, entries of {entry}"
        raise bounds.fault(message, at)
    if header + entry * count > place.size:
        message = f"{count} entries do not fit {place.size} bytes"
        raise bounds.fault(message, at)
    first = at + header
    return tuple(
        _region(bounds.unpack(MEMORY_INFO, first + n * entry)) for n in range(count)
    )


def _region(fields: tuple[int, ...]) -> Region:
    base, allocation, _, size, state, protection, kind = fields
    return Region(base, allocation, size, state, protection, kind)


def read_maps(bounds: Bounds, place: Location) -> tuple[MapsLine, ...]:
    """LinuxMaps as Breakpad writes it: the text of ``/proc/PID/maps``."""
    raw = bounds.take(place.rva, place.size)
    lines, at = [], place.rva
    for line in raw.split(b"\n"):
        if line.strip(b"\0 "):
            lines.append(_maps_line(bounds, line, at))
        at += len(line) + 1
    return tuple(lines)


def _maps_line(bounds: Bounds, line: bytes, at: int) -> MapsLine:
    fields = line[:_LONGEST_MAPS_LINE].split(None, 5)
    try:
        start, end = (int(part, 16) for part in fields[0].split(b"-"))
        offset = int(fields[2], 16)
    except (ValueError, IndexError):
        raise bounds.fault("not a line of a maps file", at) from None
    path = fields[5].decode("utf-8", "replace") if len(fields) == 6 else ""
    return MapsLine(start, end, fields[1].decode("ascii", "replace"), offset, path)
