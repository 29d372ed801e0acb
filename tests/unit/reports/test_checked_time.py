"""Times are corrected beside the report, and each correction is said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.checked_time import BUILT, TOLERANCE, checked_time

NOON = datetime(2027, 3, 5, 12, tzinfo=UTC)
DAY, YEAR = timedelta(days=1), timedelta(days=365)


@pytest.mark.parametrize(
    ("created", "skew", "expected", "said"),
    [
        (NOON, None, NOON, ()),
        (NOON - DAY, 0.0, NOON - DAY, ()),
        (NOON - DAY, 119.0, NOON - DAY, ()),
        (NOON + TOLERANCE, None, NOON + TOLERANCE, ()),
        (NOON + YEAR, None, NOON, ("set back",)),
        (NOON - DAY, 86_400.0 * 2, NOON + DAY, ("2 days ahead of ours",)),
        (NOON - DAY, -7200.0, NOON - DAY - timedelta(hours=2), ("2 hours behind",)),
        (NOON + DAY, -7200.0, NOON - timedelta(hours=2), ("set back", "2 hours")),
        (datetime(1970, 1, 1, tzinfo=UTC), None, BUILT, ("before there was",)),
        (NOON - YEAR, None, BUILT, ("before there was",)),
    ],
)
def test_what_is_made_of_a_clock(created, skew, expected, said):
    found = checked_time(created, NOON, skew)
    assert found.time == expected
    assert len(found.doubts) == len(said)
    assert all(word in doubt for word, doubt in zip(said, found.doubts, strict=True))


MOMENTS = st.datetimes(timezones=st.just(UTC), min_value=datetime(1900, 1, 1))  # noqa: DTZ001


@settings(deadline=None)
@given(MOMENTS, MOMENTS, st.none() | st.floats(allow_nan=False))
def test_no_time_is_changed_in_silence_or_before_the_program(created, seen, skew):
    found = checked_time(created, seen, skew)
    assert found.time >= BUILT
    assert (found.time == created) or found.doubts


def test_it_was_built():
    assert datetime.now(UTC) > BUILT
