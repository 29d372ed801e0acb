"""The counter file: both sides agree on its words; what is odd is refused."""

import struct
from datetime import date

import pytest

from crashwatch.cli.counted_end import bucket_of
from crashwatch.client.inside import counter_page, counter_store, flags_page
from reports.consent import flags_page as writer
from reports.consent.record import Category
from reports.errors import StorageError
from reports.usage import counter_layout as layout
from reports.usage.counter_layout import (
    COUNTED,
    Section,
    fresh_file,
    one_section,
    parse_counter_file,
    places_of,
    size_of,
)
from reports.usage.registry import Kind
from reports.usage.telling import least_of
from tests.doubles.sample_registry import sample_registry

BOOT, TODAY = bytes(range(16)), date(2026, 11, 22)
PLACES = places_of(sample_registry(), TODAY)


def whole(*, sections=2):
    head = fresh_file(PLACES, b"r" * 32, BOOT, sections=sections)
    return bytearray(head.ljust(size_of(head), b"\0"))


def filled(day=20_000, grants=(1, 2, 3, 4)):
    counts = {"tabs/opened": {0: 7}, "frame_time": {5: 1, 63: 2}, "search": {0: 1}}
    head = fresh_file(PLACES, b"r" * 32, BOOT, sections=1)
    return one_section(head, Section(day, grants, counts), PLACES)


def test_both_sides_have_the_same_table():
    assert counter_page.MAGIC == layout.MAGIC
    assert counter_page.HEAD == layout.HEAD
    assert counter_page.SECTION_WORDS == layout.SECTION_WORDS
    assert counter_page.BUCKETS == layout.BUCKETS
    assert counter_page.PID == layout.OWNER
    assert counter_page.MEMORY_ONLY == layout.MEMORY_ONLY
    assert flags_page.MAGIC == writer.MAGIC
    assert (flags_page.STATE, flags_page.GRANTS) == (writer.STATE, writer.GRANTS)
    assert tuple(c.value for c in writer.COUNTED) == flags_page.CATEGORIES
    assert writer.COUNTED == COUNTED


def test_both_sides_have_the_same_buckets():
    values = [*range(200), *(2**n + d for n in range(8, 40) for d in (-1, 0, 1))]
    for value in values:
        bucket = counter_page.bucket_of(value)
        assert bucket == bucket_of(value)
        assert least_of(bucket) <= value
        assert bucket == 63 or value < least_of(bucket + 1)
    assert counter_page.bucket_of(-5) == 0


def test_a_fresh_file_has_a_place_for_everything_and_counts_nothing():
    file = parse_counter_file(bytes(whole()))
    assert file.places == PLACES
    assert file.sections == ()
    assert (file.owner.pid, file.owner.boot, file.registry) == (0, BOOT, b"r" * 32)
    assert not file.in_memory


def test_what_the_client_stores_is_what_is_read():
    data = whole()
    store = counter_store.Store(data)
    section = store.section(20_000, [1, 2, 0, 4])
    counters, histograms, features, plugins = store.places(section, [1, 2, 0, 4])
    store.values[counters["tabs/opened"]] += 3
    store.values[histograms["frame_time"] + 9] += 1
    store.values[plugins["plugin/other"]] = 1
    assert features == {"search": 0}
    (read,) = parse_counter_file(bytes(data)).sections
    assert read.day == 20_000
    assert read.grants == (1, 2, 0, 4)
    assert read.counts == {
        "tabs/opened": {0: 3},
        "frame_time": {9: 1},
        "plugin/other": {0: 1},
    }


def test_a_day_gets_its_section_back_when_the_clock_jumps_back():
    store = counter_store.Store(whole(sections=3))
    grants = [1, 2, 3, 4]
    first, later = store.section(100, grants), store.section(101, grants)
    assert first != later
    assert store.section(100, grants) == first
    assert store.section(101, [1, 2, 3, 5]) not in {first, later}


def test_when_sections_run_out_the_last_day_gets_the_rest_but_no_other_grant():
    store = counter_store.Store(whole(sections=2))
    grants = [1, 2, 3, 4]
    store.section(100, grants)
    last = store.section(101, grants)
    assert store.section(102, grants) == last
    assert store.section(102, [9, 2, 3, 4]) == 0


def test_what_the_supervisor_fills_is_read_the_same():
    (section,) = parse_counter_file(filled()).sections
    assert section.counts["frame_time"] == {5: 1, 63: 2}
    assert section.day == 20_000


def test_counts_without_a_grant_are_not_read():
    (section,) = parse_counter_file(filled(grants=(0, 2, 0, 0))).sections
    assert set(section.counts) == {"frame_time"}


@pytest.mark.parametrize("cut", [0, 7, 255, 256, 400, -1, -8])
def test_a_cut_file_is_refused(cut):
    with pytest.raises(StorageError):
        parse_counter_file(filled()[:cut])


@pytest.mark.parametrize("offset", [0, 7, 8, 16, 24, 32, 40, 48, 96, 120, 256, 270])
def test_a_damaged_head_is_refused(offset):
    data = bytearray(filled())
    data[offset] ^= 0x55
    with pytest.raises(StorageError):
        parse_counter_file(bytes(data))


def test_counts_and_days_that_cannot_be_are_refused():
    for offset, value in ((-8, 2**55), (-8 * 8, 2**64 - 1)):
        data = bytearray(filled())
        struct.pack_into("=Q", data, len(data) + offset, value)
        with pytest.raises(StorageError):
            parse_counter_file(bytes(data))
    for day in (0, 100_000):
        with pytest.raises(StorageError):
            parse_counter_file(filled(day=day))


@pytest.mark.parametrize(
    ("upper", "rest", "total"),
    [
        *((0, 9, 9), (3, 9, 12), (255, 2000, 2255), (255, -255, 0), (255, -250, 5)),
        *((0, -1, 0), (200, -255, 0)),
    ],
)
def test_a_counter_is_the_sum_of_two_parts(upper, rest, total):
    data = bytearray(filled())
    struct.pack_into("=Q", data, len(data) - 8, upper << 56 | rest % 2**56)
    (section,) = parse_counter_file(bytes(data)).sections
    assert section.counts.get("tabs/opened", {0: 0}) == {0: total}


def test_more_sections_than_there_is_room_for_are_refused():
    data = whole()
    struct.pack_into("=Q", data, 88, 3)
    with pytest.raises(StorageError):
        parse_counter_file(bytes(data))


def test_slots_of_a_category_are_all_of_them():
    data = bytearray(filled())
    file = parse_counter_file(bytes(data))
    for offset, size in layout.slots_of(bytes(data), file, {Category.PERFORMANCE}):
        data[offset : offset + size] = bytes(size)
    (section,) = parse_counter_file(bytes(data)).sections
    assert set(section.counts) == {"tabs/opened", "search"}


def test_undeclared_has_a_place_of_its_own():
    assert PLACES[0].name == "undeclared"
    assert {place.kind for place in PLACES} == set(Kind)
