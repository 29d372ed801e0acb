"""Counting: any history of calls, grants, days and deaths adds up."""

from datetime import date, timedelta

import hypothesis
from hypothesis import strategies as st

from crashwatch.client.inside.counter_store import Store
from reports.consent.record import Category
from reports.usage.counter_layout import (
    COUNTED,
    fresh_file,
    parse_counter_file,
    places_of,
    size_of,
)
from reports.usage.summary import (
    DayCounts,
    add_section,
    decode_day,
    encode_day,
    number_of,
)
from tests.doubles.sample_registry import sample_registry, sample_text
from tests.fuzz import counter_file, metric_registry

DAY = date(2026, 11, 20)
PLACES = places_of(sample_registry(), DAY)
HEAD = fresh_file(PLACES, b"r" * 32, bytes(16), sections=8)

calls = st.tuples(st.integers(0, 2), st.sampled_from([5, 9]), st.integers(1, 50))


@hypothesis.given(st.lists(st.lists(calls, max_size=12), max_size=4))
def test_the_days_hold_what_was_counted_under_the_grant_in_force(runs):
    expected: dict[int, int] = {}
    days = {n: DayCounts(day=DAY + timedelta(n)) for n in range(3)}
    for name, run in enumerate(runs):
        data = bytearray(HEAD.ljust(size_of(HEAD), b"\0"))
        store = Store(data)
        for day, grant, times in run:
            grants = [grant, 0, 0, 0]
            section = store.section(number_of(DAY) + day, grants)
            slot = store.places(section, grants)[0]["tabs/opened"]
            store.values[slot] += times
            if grant == 9:
                expected[day] = expected.get(day, 0) + times
        sections = parse_counter_file(bytes(data)).sections
        for _ in range(2):  # a merge that is begun again
            for number, section in enumerate(sections):
                day = section.day - number_of(DAY)
                added = add_section(
                    days[day], f"{name}/{number}", section, PLACES, {Category.USAGE: 9}
                )
                days[day] = decode_day(encode_day(added))
    found = {
        day: counts.of(Category.USAGE).metrics[0].total
        for day, counts in days.items()
        if counts.of(Category.USAGE)
    }
    assert found == expected


@hypothesis.given(st.binary(max_size=2000))
@hypothesis.example(b"c 0 0 undeclared\n\0" + bytes(200))
@hypothesis.example(b"c 0 0 a\nh 1 1 b\n\0" + b"\1" * 800)
def test_any_counter_file(data):
    counter_file.TARGET(data)


@hypothesis.given(
    st.lists(
        st.sampled_from([*sample_text().encode().split(b"\n"), b"\0a,b", b"x", b"\xff"])
    ).map(b"\n".join)
)
@hypothesis.example(sample_text().encode() + b"\0git,hg")
def test_any_registry(data):
    metric_registry.TARGET(data)


@hypothesis.given(st.binary(max_size=300))
def test_any_bytes_as_a_registry(data):
    metric_registry.TARGET(data)


@hypothesis.given(st.integers(0, size_of(HEAD) - 1), st.integers(1, 255), st.booleans())
def test_a_changed_byte_is_refused_or_changes_only_counts(at, by, cut):
    whole = bytearray(HEAD.ljust(size_of(HEAD), b"\0"))
    whole[at] ^= by
    counter_file.TARGET(bytes(whole[:at] if cut else whole))


def test_categories_are_all_that_is_counted():
    assert set(COUNTED) == set(Category) - {Category.CRASH}
