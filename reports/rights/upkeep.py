"""Keep to the time limits: at every start, by age, count and bytes.

What has no owner that keeps to them by itself is here; each part fails alone.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from reports.consent.log_retention import forget_replaced
from reports.errors import ReportsError
from reports.spool import durable, seen_clock
from reports.spool.sweep import sweep
from reports.spool.trim import forget_gone, trim
from reports.upload.requests import forget_receipts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta
    from pathlib import Path

    from reports.home import Home
    from reports.spool.directory import Spool
    from reports.spool.retention import Limits


@dataclass(frozen=True, slots=True)
class Tidied:
    """What was removed: reports, choices, ledger lines, counted days."""

    reports: int = 0
    choices: int = 0
    lines: int = 0
    days: int = 0


def tidy(
    spool: Spool, limits: Limits, *, counters: timedelta, log: timedelta
) -> Tidied:
    """Remove what is beyond the limits.

    Args:
        spool: Its clock is the one that counts.
        limits: For reports.
        counters: How long counted days are kept.
        log: How long choices are kept after they were replaced, and the ledger's lines.
    """
    home = spool.home
    clock = seen_clock.known(home, spool.now())
    now = clock.believed
    with contextlib.suppress(ReportsError):
        sweep(spool)
    reports = choices = lines = 0
    with contextlib.suppress(ReportsError):
        reports = len(trim(spool, limits))
    with contextlib.suppress(OSError):
        choices = forget_replaced(home.consent_log, clock.seen - log)
    with contextlib.suppress(ReportsError):
        lines = forget_gone(spool, clock.seen - log)
    forget_receipts(home, now)
    days = sum(1 for path in _old_counters(home, now, counters) if _removed(path))
    # Without the mark it is done again, which costs time only.
    with contextlib.suppress(OSError, ReportsError):
        seen_clock.remember(home, clock)
    return Tidied(reports, choices, lines, days)


def _old_counters(home: Home, now: datetime, kept: timedelta) -> Iterator[Path]:
    """Files of counted days that are too old by their name, else by their time."""
    try:
        found = sorted(home.usage.rglob("*"))
    except OSError:
        return
    for path in found:
        with contextlib.suppress(OSError):
            if path.is_file() and now - _time_of(path) > kept:
                yield path


def _time_of(path: Path) -> datetime:
    try:
        day = date.fromisoformat(path.name[:10])
    except ValueError:
        return datetime.fromtimestamp(path.lstat().st_mtime, UTC)
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _removed(path: Path) -> bool:
    try:
        with durable.opened_folder(path.parent) as folder:
            durable.shred(folder, path.name)
    except OSError:
        return False
    return True
