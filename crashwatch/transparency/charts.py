"""Counts as the paths of small SVG charts. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DAYS = 90
STEP, GAP, HEIGHT = 8, 2, 48


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart, drawn.

    Attributes:
        bars: SVG path data of all bars, one after the other.
        width: Of the drawing, in its own units; ``HEIGHT`` is the other side.
        said: The chart in words, for who does not see it.
        rows: Label and count of each bar that is there.
        most: The highest count.
        first: Label under the left end.
        last: Label under the right end.
    """

    bars: str
    width: int
    said: str
    rows: tuple[tuple[str, int], ...]
    most: int
    first: str
    last: str


def by_day(
    days: Mapping[date, int], last: date, unit: str, number: int = DAYS
) -> Chart:
    """A bar for each of the last ``number`` days."""
    dates = [last - timedelta(days=back) for back in reversed(range(number))]
    counts = [days.get(day, 0) for day in dates]
    rows = tuple((str(d), c) for d, c in zip(dates, counts, strict=True) if c)
    total = sum(counts)
    said = (
        f"{total:,} {unit or 'in all'} on {len(rows)} of the last {number} days, "
        f"at most {max(counts):,} on one"
    )
    return _chart(counts, said, rows, (str(dates[0]), str(dates[-1])))


def in_use(days: Mapping[date, int], last: date, number: int = DAYS) -> Chart:
    """A mark for each of the last days on which something was used."""
    chart = by_day(dict.fromkeys(days, 1), last, "", number)
    said = f"used on {len(chart.rows)} of the last {number} days"
    rows = tuple((day, 1) for day, _ in chart.rows)
    return Chart(chart.bars, chart.width, said, rows, 1, chart.first, chart.last)


def by_size(buckets: Sequence[tuple[int, int]], unit: str) -> Chart:
    """A bar for each bucket of a histogram, from its least value on."""
    counts = [count for _, count in buckets]
    rows = tuple((f"{least:,} {unit}".strip(), count) for least, count in buckets)
    total = sum(counts)
    said = f"{total:,} measured" + (
        f", from {rows[0][0]} to {rows[-1][0]}" if rows else ""
    )
    ends = (rows[0][0], rows[-1][0]) if rows else ("", "")
    return _chart(counts, said, rows, ends)


def _chart(
    counts: Sequence[int],
    said: str,
    rows: tuple[tuple[str, int], ...],
    ends: tuple[str, str],
) -> Chart:
    most = max(counts, default=0)
    bars = "".join(
        _bar(place, count, most) for place, count in enumerate(counts) if count
    )
    return Chart(bars, max(1, len(counts)) * STEP - GAP, said, rows, most, *ends)


def _bar(place: int, count: int, most: int) -> str:
    """One bar from the ground up; what is there at all can be seen."""
    high = max(2, round(HEIGHT * count / most))
    across = STEP - GAP
    return f"M{place * STEP} {HEIGHT}v-{high}h{across}v{high}z"
