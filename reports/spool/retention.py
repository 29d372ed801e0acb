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

    from reports.spool.summary import Summary

_VALUE = ("plugins", "features", "performance", "usage", "crash")
"""Categories, the least valuable first; an unknown one is below them all."""

_DONE = frozenset({State.SENT, State.WITHHELD, State.QUARANTINE})
"""States from which nothing will be sent any more: they go before what waits."""

_DAYS = MappingProxyType(
    {
        State.PENDING: 30,
        State.QUEUED: 21,
        State.SENT: 30,
        State.WITHHELD: 30,
        State.QUARANTINE: 30,
    }
)

MOST_BYTES = 64 * 1024 * 1024
MOST_REPORTS = 2000


def ages(days: Mapping[State, int]) -> Mapping[State, timedelta]:
    """Days for some states; the others keep their default."""
    merged = {**_DAYS, **days}
    return MappingProxyType({s: timedelta(days=n) for s, n in merged.items()})


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is kept: bytes of files and reports in all, and how long in each state.

    What a deletion request names outlives the copies: the ledger keeps the ids of
    reports that were sent.
    """

    bytes: int = MOST_BYTES
    count: int = MOST_REPORTS
    ages: Mapping[State, timedelta] = field(default_factory=lambda: ages({}))


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

    Its age is counted from when it came into its state: what waited three weeks for an
    answer gets its three weeks for the server all the same. A report from the future,
    by a clock that was set back, is not old.
    """
    old = [
        row for row in rows if now - (row.since or row.created) > limits.ages[row.state]
    ]
    gone = {row.id for row in old}
    rest = [row for row in rows if row.id not in gone]
    drops = [Drop(row.id, "too old") for row in old]
    return (*drops, *_beyond_caps(rest, limits))


def _beyond_caps(rows: Sequence[Summary], limits: Limits) -> Iterator[Drop]:
    """What is dropped for number or size; the few words of a withheld one free none."""
    size = sum(row.stored_bytes for row in rows)
    count = len(rows)
    for row in least_valuable_first(rows):
        if count > limits.count:
            yield Drop(row.id, "too many reports")
        elif size > limits.bytes and row.state is not State.WITHHELD:
            yield Drop(row.id, "too many bytes")
        else:
            continue
        count -= 1
        size -= row.stored_bytes
