"""All reports together, in lines for a person. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crashwatch.cli.screen import Span, Tint, line
from crashwatch.prompts.size_text import counted, size_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from crashwatch.cli.report_stats import DayCount, ReportStats, SameCrash
    from crashwatch.cli.screen import Line

BLOCKS = "▁▂▃▄▅▆▇█"
_ASCII = "_.:-=+*#"
_BAR = 24
_BESIDE = 11
"""Columns that a bar's number takes, with the blanks around it."""


def stats_lines(
    stats: ReportStats, *, blocks: bool = True, columns: int = 80
) -> Iterator[Line]:
    """Everything counted.

    Args:
        stats: The counts.
        blocks: Whether the screen's encoding has the characters of ``BLOCKS``.
        columns: Of the screen: bars are no longer than it has room for.
    """
    yield line(
        f"{counted(stats.reports, 'report')}, {size_text(stats.bytes)}", Tint.TITLE
    )
    states = {state: count for state, count in stats.states.items() if count}
    yield from _bars(states, columns, blocks=blocks)
    if len(stats.categories) > 1:
        yield ()
        yield line("Categories", Tint.TITLE)
        yield from _bars(stats.categories, columns, blocks=blocks)
    yield ()
    yield from _by_day(stats.days, blocks=blocks)
    if stats.reasons:
        yield ()
        yield line("Reasons", Tint.TITLE)
        named = {why.signal or why.kind: why.reports for why in stats.reasons}
        yield from _bars(named, columns, blocks=blocks)
    if stats.top:
        yield ()
        yield line(_again(stats), Tint.TITLE)
        for same in stats.top:
            yield from _crash(same)
    if stats.unread:
        yield ()
        yield line(f"Withheld or damaged, and not compared: {stats.unread}.")


def sparkline(counts: Sequence[int], *, blocks: bool = True) -> str:
    """One character for each count: a blank for none, else as high as it is large."""
    marks = BLOCKS if blocks else _ASCII
    most = max(counts, default=0)
    return "".join(
        marks[(count * len(marks) - 1) // most] if count else " " for count in counts
    )


def _bars(counts: Mapping[str, int], columns: int, *, blocks: bool) -> Iterator[Line]:
    most = max(counts.values(), default=0) or 1
    wide = max(map(len, counts), default=0)
    longest = max(1, min(_BAR, columns - wide - _BESIDE))
    for name, count in counts.items():
        # What is there at all is seen: a bar has one character at least.
        bar = ("█" if blocks else "#") * -(-count * longest // most)
        yield Span(f"  {name:<{wide}} {count:>6}  "), Span(bar, Tint.PLACE)


def _by_day(days: Sequence[DayCount], *, blocks: bool) -> Iterator[Line]:
    counts = [day.reports for day in days]
    yield line("By day (UTC)", Tint.TITLE)
    yield Span("  |"), Span(sparkline(counts, blocks=blocks), Tint.PLACE), Span("|")
    first, last = days[0].day, days[-1].day
    yield line(f"  {first} to {last}, {max(counts)} a day at most")


def _again(stats: ReportStats) -> str:
    if stats.crashes <= len(stats.top):
        return (
            f"{stats.crashes} different crashes" if stats.crashes > 1 else "One crash"
        )
    return f"The most frequent of {stats.crashes} different crashes"


def _crash(same: SameCrash) -> Iterator[Line]:
    told = f" {same.program} {same.signal or same.kind}"
    yield Span(f"  {same.reports:>5}x"), Span(told, Tint.OWN)
    if same.function:
        place = Span(same.where, Tint.PLACE)
        yield Span(f"         {same.function} "), place
    days = f"{same.first:%Y-%m-%d}"
    if same.last.date() != same.first.date():
        days += f" to {same.last:%Y-%m-%d}"
    told = f"         {days}, newest {same.latest[:8]}, fingerprint "
    yield line(told + same.fingerprint[:12], Tint.FAINT)
