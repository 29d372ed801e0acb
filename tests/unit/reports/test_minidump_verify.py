"""Faults that only a strict reader sees: each is named, the dump still readable."""

from __future__ import annotations

import struct

import pytest

from reports.minidump import Minidump
from reports.minidump.structures import StreamType
from reports.minidump.verify import problems
from tests.doubles.synthetic_minidump import SyntheticMinidump, small_dump


def faults(data):
    return {problem.stream for problem in problems(Minidump(data))}


def changed(data, offset, value):
    raw = bytearray(data)
    struct.pack_into("<I", raw, offset, value)
    return bytes(raw)


def place_of(data, kind):
    return Minidump(data).locate(StreamType(kind)).rva


@pytest.mark.parametrize("kind", [3, 4, 5, 24], ids=lambda k: StreamType(k).name)
def test_a_list_with_fewer_entries_than_it_has_room_for(kind):
    data = small_dump().build()
    few = changed(data, place_of(data, kind), 0)
    assert StreamType(kind).name in faults(few)


def test_a_list_with_padding_behind_its_count_is_whole():
    built = SyntheticMinidump()
    entries = [built.module(0x1000, 0x1000, "/usr/bin/prog")]
    built.listed(4, entries, padding=bytes(4))
    assert faults(built.build()) == set()


@pytest.mark.parametrize(
    "regions",
    [
        [(0x1000, 0, 4, 0x20000)],
        [(0x1000, (1 << 64) - 0x1000 + 1, 4, 0x20000)],
        [(0x1000, 0x2000, 4, 0x20000), (0x2000, 0x1000, 4, 0x20000)],
    ],
    ids=["empty", "past the last address", "overlapping"],
)
def test_regions_that_no_process_has(regions):
    built = SyntheticMinidump()
    built.regions(regions)
    assert faults(built.build()) == {"MEMORY_INFO_LIST"}


def test_a_region_may_end_with_the_last_address():
    built = SyntheticMinidump()
    built.regions([(0x1000, (1 << 64) - 0x1000, 4, 0x20000)])
    assert faults(built.build()) == set()


@pytest.mark.parametrize(
    ("size", "rva"), [(4, 32), (1 << 20, 32), (12, 0xFFFFFFF0)], ids=str
)
def test_a_miscellaneous_record_that_cannot_be_one(size, rva):
    data = small_dump().build()
    module = place_of(data, 4) + 4
    data = changed(changed(data, module + 84, size), module + 88, rva)
    assert faults(data) == {"MODULE_LIST"}


def test_a_miscellaneous_record_may_be_there():
    data = small_dump().build()
    module = place_of(data, 4) + 4
    assert faults(changed(changed(data, module + 84, 12), module + 88, 64)) == set()
