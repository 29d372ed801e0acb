"""By the believed time nothing is early, whatever the clock does for some days."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from reports.spool.seen_clock import LEAP, SETTLED, SeenClock

BEGUN = datetime(2026, 12, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)

right = st.lists(st.integers(1, 24 * 600), min_size=1, max_size=20)
"""Hours between two looks at a clock that is right."""
wrong = st.tuples(
    st.integers(-24 * 4000, 24 * 4000).filter(bool),
    st.lists(st.integers(1, 30), min_size=1, max_size=4),
)
"""Hours by which it is wrong, and between looks at it: less than a week in all."""


@given(st.lists(st.tuples(right, wrong), max_size=6))
def test_no_wrong_clock_that_is_set_right_within_a_week_makes_anything_older(
    history: list[tuple[list[int], tuple[int, list[int]]]],
) -> None:
    true = BEGUN
    clock = SeenClock(true)
    for gaps, (offset, wrong_gaps) in history:
        for by, hours in ((0, gaps), (offset, wrong_gaps)):
            for hour in hours:
                true += hour * HOUR
                clock = clock.look(true + by * HOUR)
                assert clock.believed <= true + LEAP
                assert clock.believed <= clock.seen


@given(right)
def test_a_right_clock_is_behind_by_the_leaps_of_the_last_week_alone(
    gaps: list[int],
) -> None:
    now = BEGUN
    clock = SeenClock(now)
    leaps = []
    for gap in (hours * HOUR for hours in gaps):
        now += gap
        clock = clock.look(now)
        leaps += [(gap, now)] if gap > LEAP else []
        young = [leapt for leapt, since in leaps if now - since < SETTLED]
        assert clock.believed == now - sum(young, timedelta())
