"""By which time ages are counted: the clock's, but for what it leapt over just now.

A clock that is two years ahead for an hour makes everything old; a computer that was
off for two years, too, and there it is true. Nobody can tell them apart at once. So a
leap of more than a year since the last upkeep counts once the clock has stood by it for
a week. A shorter one is believed at once: computers are off for months, and what is
promised to be deleted goes at the next start. Until it is believed what is kept ages as
if the leap had not been. A clock that goes back takes that much of the doubt along.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from reports.errors import StorageError
from reports.spool import durable

if TYPE_CHECKING:
    from reports.home import Home
    from reports.spool.directory import Spool

MARK: Final = ".tidied"
"""Below ``reports/``; its time is that of the last upkeep, and
``crashwatch.cli.detached`` looks at it before a terminal starts. First line: what the
clock told then. Each further one is time in doubt: its seconds, and since when."""

LEAP: Final = timedelta(days=366)
"""Longer than a computer is off, as a rule."""
SETTLED: Final = timedelta(days=7)
_MOST_DOUBTS: Final = 8
_MOST_BYTES: Final = 1024


@dataclass(frozen=True, slots=True)
class Doubt:
    """Time that the clock leapt over, and what it told after that."""

    leapt: timedelta
    since: datetime


@dataclass(frozen=True, slots=True)
class SeenClock:
    """What is known of the clock.

    Attributes:
        seen: What it told at the last upkeep.
        doubts: Leaps that are not believed yet, the oldest first; none, as a rule.
    """

    seen: datetime
    doubts: tuple[Doubt, ...] = ()

    @property
    def believed(self) -> datetime:
        """The time by which ages are counted; never later than the clock's."""
        return self.seen - sum((doubt.leapt for doubt in self.doubts), timedelta())

    def look(self, now: datetime) -> SeenClock:
        """What is known once the clock tells ``now``."""
        passed = now - self.seen
        if passed < timedelta():
            return SeenClock(now, _less(self.doubts, -passed, now))
        doubts = [doubt for doubt in self.doubts if now - doubt.since < SETTLED]
        if passed > LEAP:
            doubts.append(Doubt(passed, now))
        return SeenClock(now, tuple(doubts[-_MOST_DOUBTS:]))


def _less(
    doubts: tuple[Doubt, ...], back: timedelta, now: datetime
) -> tuple[Doubt, ...]:
    """What is left of some doubts after the clock went back; the youngest go first."""
    left: list[Doubt] = []
    for doubt in reversed(doubts):
        taken = min(back, doubt.leapt)
        back -= taken
        if doubt.leapt > taken:
            left.insert(0, Doubt(doubt.leapt - taken, min(doubt.since, now)))
    return tuple(left)


def believed(spool: Spool) -> datetime:
    """The time by which ages are counted now; never later than the clock's."""
    return known(spool.home, spool.now()).believed


def known(home: Home, now: datetime) -> SeenClock:
    """What is known of the clock that tells ``now``; a first look believes it."""
    try:
        with durable.opened_folder(home.reports) as folder:
            told = durable.read(folder, MARK, _MOST_BYTES).decode("ascii")
        return _read(told).look(now)
    except (OSError, StorageError, ValueError, TypeError, OverflowError):
        return SeenClock(now)


def remember(home: Home, clock: SeenClock) -> None:
    """Write down what is known.

    Raises:
        OSError, StorageError: It cannot be written.
    """
    folder = home.make_folder(home.reports)
    lines = [
        clock.seen.isoformat(),
        *(
            f"{doubt.leapt.total_seconds():.0f} {doubt.since.isoformat()}"
            for doubt in clock.doubts
        ),
    ]
    data = "".join(f"{line}\n" for line in lines).encode()
    with durable.opened_folder(folder) as handle:
        durable.replace(handle, MARK, data)


def _read(told: str) -> SeenClock:
    """Raises ValueError, TypeError or OverflowError: ``remember`` did not write it."""
    seen, *doubts = told.splitlines()
    return SeenClock(_moment(seen), tuple(_doubt(*line.split(" ")) for line in doubts))


def _doubt(seconds: str, since: str) -> Doubt:
    return Doubt(timedelta(seconds=int(seconds)), _moment(since))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
