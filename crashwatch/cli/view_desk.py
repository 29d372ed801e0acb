"""The page's desk: each look and each change by a session of its own.

Settings, policy and record are read anew for each, so that the page shows what is in
force now, and a change is decided by that.
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from crashwatch import __version__
from crashwatch.cli.consent_commands import allow, consent_rows, forbid, since_of
from crashwatch.cli.counts_shown import counted_days, damaged, registry_problem
from crashwatch.cli.declared import load_registry
from crashwatch.cli.drafted import commented
from crashwatch.cli.rights_commands import documents_of, erase_everything
from crashwatch.cli.sending import start_uploader
from crashwatch.cli.session import Session, open_session
from crashwatch.errors import RefusedError, UsageError
from crashwatch.personal_data import collect_identity
from crashwatch.transparency.desk import (
    CategoryRow,
    Commented,
    Counters,
    Gone,
    Metric,
    Requests,
    Standing,
)
from reports.consent.record import Category, Given
from reports.errors import RegistryError, StorageError
from reports.lifecycle import STORED, State
from reports.rights.export import export
from reports.spool.amended import approve_amended
from reports.spool.fates import Fates, take_fates
from reports.spool.listing import Found
from reports.upload.requests import taken_requests, waiting_requests
from reports.usage.telling import least_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from reports.spool.entry import StoredReport
    from reports.spool.ledger import LedgerLine
    from reports.spool.records import Withheld
    from reports.spool.summary import Summary
    from reports.usage.registry import DeclaredMetric
    from reports.usage.summary import Counted, DayCounts

_COVERS = {
    Category.CRASH: "how the terminal crashed: stacks, versions, a sanitized minidump",
    Category.USAGE: "how often things are done, such as tabs opened",
    Category.PERFORMANCE: "how long things take",
    Category.FEATURES: "which features are used, by day",
    Category.PLUGINS: "which of the publicly known plugins are used, by day",
}


class SessionDesk:
    """See ``crashwatch.transparency.desk.Desk``."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[tuple[str, State], Summary] = {}

    @property
    def root(self) -> Path:
        """The home."""
        return self._root

    def moment(self) -> datetime:
        """Now."""
        return datetime.now(UTC)

    def standing(self) -> Standing:
        """What is on and why."""
        session = open_session()
        return Standing(
            version=__version__,
            home=str(session.home.root),
            endpoint=session.recipient(),
            region=session.switches.region.name,
            problem=session.consent().problem,
            terms=session.terms().disclosure_sha256,
            categories=tuple(_category_row(row) for row in consent_rows(session)),
            notes=tuple(session.switches.notes),
        )

    def summaries(self) -> tuple[Summary, ...]:
        """Every report; of those in the same state as before nothing is read again."""
        spool = open_session().spool
        known: dict[tuple[str, State], Summary] = {}
        for found in spool.walk(*STORED):
            key = (found.id, found.state)
            row = self._known.get(key)
            if row is None:
                with contextlib.suppress(FileNotFoundError, StorageError):
                    row = spool.summary(Found(*key))
            if row is not None:
                known[key] = row
        self._known = known
        # A report that moved meanwhile was seen twice; the later state is the truth.
        rows = {row.id: row for row in known.values()}
        return tuple(
            sorted(rows.values(), key=lambda r: (r.created, r.id), reverse=True)
        )

    def read(self, report_id: str) -> StoredReport:
        """One report."""
        return open_session().spool.read(report_id)

    def withheld(self, report_id: str) -> Withheld:
        """Why one was withheld."""
        return open_session().spool.read_withheld(report_id)

    def counters(self) -> Counters:
        """What was counted."""
        session, today = open_session(), datetime.now(UTC).date()
        return Counters(
            last=today,
            metrics=_metrics(counted_days(session, today), _declared(session, today)),
            problem=registry_problem(session),
            damaged=damaged(session),
        )

    def account(self) -> Fates:
        """The loss account."""
        return take_fates(open_session().spool)

    def ledger(self) -> tuple[LedgerLine, ...]:
        """What left the folders."""
        return tuple(reversed(open_session().spool.ledger()))

    def requests(self) -> Requests:
        """Deletion requests."""
        home = open_session().home
        return Requests(waiting_requests(home), taken_requests(home))

    def disclosure(self) -> str:
        """The words."""
        return open_session().disclosure()

    def grant(self, category: str, terms: str) -> str:
        """Allow a category, if these are the words the person was shown."""
        session, wanted = open_session(), _category(category)
        if session.terms().disclosure_sha256 != terms:
            raise RefusedError(
                "nothing was allowed: what it covers has changed since the page was "
                "loaded",
                "Read it again, then decide.",
            )
        session = session.for_writing()
        allow(session, [wanted], Given.WINDOW)
        decision = session.decide(wanted)
        if not decision.allowed:
            raise RefusedError(f"{category} stays off: {decision.reason}")
        age = session.switches.region.minimum_age
        told = f" It is yours to allow from {age} years of age." if age else ""
        return f"Allowed from now on: {category}.{told}"

    def refuse(self, category: str) -> str:
        """Refuse a category; what was not sent of it is deleted."""
        session = open_session().for_writing()
        gone = forbid(session, [_category(category)], Given.WINDOW)
        told = f" Reports deleted that were not sent: {gone}." if gone else ""
        return f"Refused: {category}.{told}"

    def comment(self, report_id: str, text: str) -> Commented:
        """What a report would be with this comment."""
        stored = open_session().spool.read(report_id)
        payload, shown = commented(stored, text, collect_identity(os.environ))
        return Commented(shown, payload.items)

    def approve(
        self, report_id: str, digests: Collection[str], comment: str = ""
    ) -> str:
        """Agree to these very items."""
        session = open_session().for_writing()
        spool, sequence = session.spool, session.consent().sequence
        if comment:
            stored = spool.read(report_id)
            payload, _ = commented(stored, comment, collect_identity(os.environ))
            approve_amended(spool, payload, digests, how="window", sequence=sequence)
        else:
            spool.approve(report_id, digests, how="window", sequence=sequence)
        if not start_uploader(session):
            return "Agreed. No endpoint is set, so it waits here."
        return f"Agreed. It is being sent to {session.recipient()}."

    def discard(self, report_id: str) -> str:
        """Delete a report."""
        open_session().for_writing().spool.discard(report_id)
        return f"Report {report_id[:8]} is gone from this machine."

    def export(self, output: Path) -> None:
        """Write everything into a ZIP file."""
        session = open_session()
        export(session.spool, output, documents_of(session))

    def erase(self) -> Gone:
        """Erase everything."""
        session = open_session()
        if not session.home.root.is_dir():
            return Gone(0, 0, {}, 0, 0)
        session = session.for_writing()
        requests, delivery, erased = erase_everything(session, Given.WINDOW)
        return Gone(
            files=erased.files,
            bytes=erased.bytes,
            left=erased.left,
            requests=len(requests),
            taken=len(delivery.taken),
        )


def _category(name: str) -> Category:
    try:
        return Category(name)
    except ValueError:
        raise UsageError("there is no such category") from None


def _category_row(row: dict[str, object]) -> CategoryRow:
    state = "on" if row["allowed"] else "ask" if row["asked"] else "off"
    return CategoryRow(
        name=str(row["category"]),
        state=state,
        chosen=str(row["state"]),
        since=since_of(row).replace("T", " "),
        reason=str(row["reason"]),
        decided_by=str(row["decided_by"]),
        covers=_COVERS[Category(row["category"])],
    )


def _declared(session: Session, today: date) -> dict[str, DeclaredMetric]:
    try:
        return load_registry(session.configuration).names(today)
    except RegistryError:
        return {}


def _metrics(
    days: Iterable[DayCounts], declared: dict[str, DeclaredMetric]
) -> tuple[Metric, ...]:
    """Each name with its days; by category, then by name."""
    found: dict[tuple[str, str], list[tuple[date, Counted]]] = {}
    for day in days:
        for held in day.categories:
            for metric in held.metrics:
                key = (held.category, metric.name)
                found.setdefault(key, []).append((day.day, metric))
    return tuple(
        _metric(*key, counted, declared.get(key[1]))
        for key, counted in sorted(found.items())
    )


def _metric(
    category: str,
    name: str,
    counted: list[tuple[date, Counted]],
    declared: DeclaredMetric | None,
) -> Metric:
    sums: Counter[int] = Counter()
    for _, metric in counted:
        sums.update(dict(metric.buckets))
    return Metric(
        name=name,
        category=category,
        kind=counted[-1][1].kind,
        unit=declared.unit if declared else "",
        description=declared.description if declared else "",
        days={day: metric.total for day, metric in counted},
        buckets=tuple(
            (least_of(bucket), count) for bucket, count in sorted(sums.items())
        ),
    )
