"""Which reports go when there are too many, too large, or too old ones. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from reports.lifecycle import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from reports.spool.entry import Summary

_VALUE = ("plugins", "features", "performance", "usage", "crash")
"""Categories, the least valuable first; an unknown one is below them all."""

_DONE = frozenset({State.SENT, State.WITHHELD, State.QUARANTINE})
"""States from which nothing will be sent any more: they go before what waits."""

_AGES = MappingProxyType(
    {
        State.PENDING: timedelta(days=90),
        State.QUEUED: timedelta(days=400),
        State.SENT: timedelta(days=400),
        State.WITHHELD: timedelta(days=90),
        State.QUARANTINE: timedelta(days=180),
    }
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is kept: envelope bytes and reports in all, and age by state.

    Sent reports are kept longest: their receipts are what a deletion request names.
    So are those that were agreed to: a clock set wrong by a year shall not drop them.
    """

    bytes: int = 64 * 1024 * 1024
    count: int = 2000
    ages: Mapping[State, timedelta] = field(default_factory=lambda: _AGES)


@dataclass(frozen=True, slots=True)
class Drop:
    """A report to drop, and why."""

    id: str
    why: str


def least_valuable_first(rows: Iterable[Summary]) -> list[Summary]:
    """In which order reports go: the done ones, then by category, oldest first.

    Within a category, what was agreed to goes last.
    """

    def value(row: Summary) -> tuple[bool, int, bool, datetime, str]:
        known = row.category in _VALUE
        rank = _VALUE.index(row.category) if known else -1
        agreed = row.state is State.QUEUED
        return row.state not in _DONE, rank, agreed, row.created, row.id

    return sorted(rows, key=value)


def to_drop(rows: Sequence[Summary], now: datetime, limits: Limits) -> tuple[Drop, ...]:
    """Choose the reports to drop.

    A report from the future, by a clock that was set back, is not old.
    """
    old = [row for row in rows if now - row.created > limits.ages[row.state]]
    gone = {row.id for row in old}
    rest = [row for row in rows if row.id not in gone]
    drops = [Drop(row.id, "too old") for row in old]
    return (*drops, *_beyond_caps(rest, limits))


def _beyond_caps(rows: Sequence[Summary], limits: Limits) -> Iterator[Drop]:
    size = sum(row.bytes for row in rows)
    count = len(rows)
    for row in least_valuable_first(rows):
        if count > limits.count:
            yield Drop(row.id, "too many reports")
        elif size > limits.bytes and row.bytes:
            yield Drop(row.id, "too many bytes")
        else:
            continue
        count -= 1
        size -= row.bytes
