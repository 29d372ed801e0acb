"""Fuzz target: the counter file of a terminal, which any program may have written."""

from __future__ import annotations

import binascii
import struct

from reports.errors import StorageError
from reports.usage.counter_layout import HEAD, parse_counter_file


def TARGET(data: bytes) -> None:  # noqa: N802 -- the name every fuzz target has
    """Any bytes are refused, or every count read is one that the file holds."""
    for whole in (data, _with_sizes(data)):
        try:
            file = parse_counter_file(whole)
        except StorageError:
            continue
        for section in file.sections:
            for name, buckets in section.counts.items():
                place = next(place for place in file.places if place.name == name)
                assert all(0 <= bucket < place.slots for bucket in buckets)
                assert all(0 < count < 2**63 for count in buckets.values())


def _with_sizes(data: bytes) -> bytes:
    """The same with a head that fits, so that the table and the slots are reached."""
    table, _, slots = data.partition(b"\0")
    first = -(-(HEAD + len(table)) // 8) * 8
    slots += bytes(-len(slots) % 8 + 64)
    words = len(slots) // 8
    size = first + len(slots)
    fixed = struct.pack("=8s5Q", b"CWCOUNT\2", size, first, words, 1, len(table))
    rest = struct.pack("=QQ", 0, 1) + bytes(HEAD - 96)
    check = binascii.crc32(rest[16:] + table, binascii.crc32(fixed))
    head = fixed + struct.pack("=4Q", check, 1, 2, 3) + rest
    return (head + table).ljust(first, b"\0") + slots
