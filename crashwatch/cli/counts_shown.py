"""Today's counts, as ``crashwatch status`` shows them; and their removal."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from crashwatch.cli.declared import load_registry
from crashwatch.cli.flags import grants_under
from crashwatch.cli.show import say
from reports.errors import RegistryError, StorageError
from reports.spool.lock import exclusive
from reports.usage.counter_file import COUNTERS, ENDING, erase
from reports.usage.days import DAMAGED, Days
from reports.usage.merge import read_runs, run_names
from reports.usage.summary import (
    FOUR_WEEKS,
    WEEK,
    add_section,
    day_of,
    last_days,
    used_on,
)
from reports.usage.telling import least_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from crashwatch.cli.session import Session
    from reports.consent.record import Category
    from reports.usage.summary import Counted, DayCounts

_LASTING = frozenset({"feature", "plugin"})


def counts_json(session: Session) -> dict[str, object]:
    """What was counted today by every terminal, merged or not, and where it comes from.

    Reads only; counts under a grant that is not in force are not shown.
    """
    today = datetime.now(UTC).date()
    days = counted_days(session, today)
    shown: dict[str, dict[str, object]] = {}
    for category in days[-1].categories:
        held = category.category, category.grant
        weeks = used_on(last_days(days, today, FOUR_WEEKS), *held)
        week = used_on(last_days(days, today, WEEK), *held)
        shown[category.category] = {
            metric.name: _value(metric, week, weeks) for metric in category.metrics
        }
    return {
        "day": today.isoformat(),
        "today": shown,
        "registry": session.configuration.registry or "Pachyterm's own",
        "registry_problem": registry_problem(session) or None,
        "damaged": damaged(session),
    }


def say_counts(session: Session) -> None:
    """The same for a person."""
    counted = counts_json(session)
    today = counted["today"]
    if problem := counted["registry_problem"]:
        say(f"Counters: {problem}; nothing is counted.")
    if isinstance(today, dict) and today:
        say(f"  Counted today, {counted['day']} (UTC):")
        for category, metrics in today.items():
            for name, value in metrics.items():
                say(f"    {category:<12} {name:<24} {_told(value)}")
    if number := counted["damaged"]:
        say(f"  {number} damaged counter files were set aside.")


def forget(session: Session, categories: Collection[Category]) -> None:
    """Remove what was counted of categories that were refused, wherever it is.

    Raises:
        StorageError: The days are in use by another process for long.
    """
    home = session.home
    if not home.usage.is_dir() and not home.runs.is_dir():
        return
    home.make_folder(home.usage)
    with exclusive(home.usage / ".lock", patience=10.0):
        Days(home).withdraw(categories)
        for run in run_names(home):
            for name in (COUNTERS, ENDING):
                # One that is damaged tells nothing to anybody.
                with contextlib.suppress(FileNotFoundError, StorageError):
                    erase(home.runs / run / name, categories)


def counted_days(session: Session, today: date) -> list[DayCounts]:
    """Every day that is kept, today last, with what is not merged yet."""
    grants = grants_under(session.consent(), session.switches, datetime.now(UTC))
    store = Days(session.home)
    days = {day: store.read(day) for day in store.listed()}
    days.setdefault(today, store.read(today))
    for run in read_runs(session.home):
        for source, section, places in run.sections:
            day = day_of(section.day)
            before = days.get(day) or store.read(day)
            days[day] = add_section(before, source, section, places, grants)
    return [days[day] for day in sorted(days) if day <= today]


def _value(
    metric: Counted, week: dict[str, int], weeks: dict[str, int]
) -> int | dict[str, int]:
    if metric.kind in _LASTING:
        return {"days_7": week[metric.name], "days_28": weeks[metric.name]}
    if metric.kind == "counter":
        return metric.total
    return {str(least_of(bucket)): count for bucket, count in metric.buckets}


def _told(value: int | dict[str, int]) -> str:
    if isinstance(value, int):
        return str(value)
    if "days_7" in value:
        return f"used; {value['days_7']} of 7 days, {value['days_28']} of 28"
    return ", ".join(f"{count} from {least}" for least, count in value.items())


def registry_problem(session: Session) -> str:
    """Why nothing can be counted; empty: it can."""
    try:
        load_registry(session.configuration)
    except RegistryError as error:
        return str(error)
    return ""


def damaged(session: Session) -> int:
    """How many counter files were set aside."""
    try:
        return len(list((session.home.usage / DAMAGED).iterdir()))
    except OSError:
        return 0
