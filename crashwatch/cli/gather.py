"""From dead terminals' counter files to reports that wait to be sent.

Done by the uploader, before it looks at the queue: merge what nobody fills any more,
then make one report for each granted category of each finished day, once. Its id is
written into the day before the report is stored, so that a death between the two makes
the same report again and not another one.
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import msgspec

from crashwatch.cli.declared import load_registry
from crashwatch.cli.flags import refreshed
from crashwatch.cli.sending import approve
from crashwatch.personal_data import collect_identity
from reports.compose import compose_usage, new_report_id
from reports.consent.record import Category
from reports.errors import (
    ConsentError,
    RegistryError,
    ReportNotFoundError,
    ReportStateError,
    WithheldError,
)
from reports.identity import id_for
from reports.lifecycle import State
from reports.spool.lock import exclusive
from reports.spool.records import Withheld
from reports.upload.dsn import parse_dsn
from reports.usage.days import Days
from reports.usage.merge import merge, read_runs
from reports.usage.summary import DayCounts, OfCategory, day_of, expired_days
from reports.usage.telling import usage_report_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crashwatch.cli.session import Session
    from reports.usage.registry import Registry
    from reports.usage_report import UsageReport

OLDEST_TOLD = 21
"""Days after which a day is not told any more."""

WAIT_FOR_OPEN = 2
"""Days for which a day waits for a terminal that has not begun the next one."""


def gather(session: Session) -> int:
    """Merge, then make and queue the reports of finished days.

    Returns:
        How many reports were made.

    Raises:
        ReportsError, OSError: Something could not be written; the next time goes on.
    """
    home = session.home
    if not home.runs.is_dir() and not home.usage.is_dir():
        return 0
    grants = refreshed(session)
    merge(home, grants)
    with exclusive(home.usage / ".lock", patience=10.0):
        days = Days(home)
        today = datetime.now(UTC).date()
        for old in expired_days(days.listed(), today):
            days.remove(old)
        if not session.configuration.dsn or not grants:
            return 0
        try:
            registry = load_registry(session.configuration)
        except RegistryError:
            return 0
        return _Teller(session, days, registry, grants).tell(today)


class _Teller:
    """Makes the reports of one pass; the days' lock is held."""

    def __init__(
        self,
        session: Session,
        days: Days,
        registry: Registry,
        grants: Mapping[Category, int],
    ) -> None:
        self._session = session
        self._days = days
        self._registry = registry
        self._grants = grants
        self._identity = collect_identity(dict(os.environ), ())

    def tell(self, today: date) -> int:
        """Tell every finished day; returns the number of reports made."""
        open_days = {
            day_of(run.open_day) for run in read_runs(self._session.home) if run.alive
        }
        made = 0
        read = [self._days.read(day) for day in self._days.listed()]
        for counts in read:
            age = (today - counts.day).days
            if not 0 < age <= OLDEST_TOLD:
                continue
            if age < WAIT_FOR_OPEN and counts.day in open_days:
                continue
            for category in counts.categories:
                if self._grants.get(Category(category.category)) == category.grant:
                    made += self._tell(counts.day, category, read)
        return made

    def _tell(self, day: date, category: OfCategory, read: list[DayCounts]) -> bool:
        choice = self._session.consent().choice(Category(category.category))
        if choice is None or choice.sequence != category.grant:
            return False
        if category.report:
            if self._is_known(category.report):
                return False
        else:
            category = msgspec.structs.replace(category, report=new_report_id())
            self._note(day, category)
        report = usage_report_of(
            category,
            read,
            self._days.read(day),
            self._registry,
            # To the last digit: cut to the second it may be before the grant.
            created=datetime.now(UTC),
            release=self._session.configuration.release,
            anonymous_id=self._anonymous_id(category),
        )
        return report is not None and self._queue(report, choice.sequence)

    def _anonymous_id(self, category: OfCategory) -> str:
        """That of today, not of the day told: the secret may be younger than it."""
        return id_for(
            self._session.home.identity,
            Category(category.category),
            self._session.decide(Category.USAGE),
            day=datetime.now(UTC),
            scope=parse_dsn(self._session.configuration.dsn).scope,
        )

    def _note(self, day: date, category: OfCategory) -> None:
        counts = self._days.read(day)
        kept = [c for c in counts.categories if c.category != category.category]
        ordered = tuple(sorted([*kept, category], key=lambda c: c.category))
        self._days.write(msgspec.structs.replace(counts, categories=ordered))

    def _is_known(self, report_id: str) -> bool:
        """Whether a report was stored, whatever became of it since."""
        spool = self._session.spool
        try:
            found = spool.find(report_id)
        except ReportNotFoundError:
            return any(line.id == report_id for line in spool.ledger())
        return found.state is not State.PENDING

    def _queue(self, report: UsageReport, sequence: int) -> bool:
        spool = self._session.spool
        told = [
            f"{name} {m.unit}" for name, m in self._registry.names(report.day).items()
        ]
        try:
            payload = compose_usage(
                report,
                [*told, self._session.configuration.release],
                identity=self._identity,
            )
        except WithheldError as refusal:
            spool.withhold(
                Withheld(
                    id=report.id,
                    category=report.category,
                    created=report.created,
                    rules=refusal.rules,
                )
            )
            return False
        spool.add(payload)
        try:
            stored = spool.read(payload.id)
            approve(self._session, stored, how="always", sequence=sequence)
        except (ReportStateError, ConsentError):
            return False
        return True
