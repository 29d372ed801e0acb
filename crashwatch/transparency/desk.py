"""What the page needs of everything else: values to show, and the person's changes.

``crashwatch.cli`` implements it, so that nothing here opens the settings, the record or
the home by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date, datetime
    from pathlib import Path

    from reports.payload import Item
    from reports.spool.entry import StoredReport
    from reports.spool.fates import Fates
    from reports.spool.ledger import LedgerLine
    from reports.spool.records import Withheld
    from reports.spool.summary import Summary
    from reports.upload.requests import Taken, Waiting


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """One category of consent.

    Attributes:
        name: The category.
        state: ``on``, ``ask`` or ``off``: what is in force.
        chosen: What the person chose, in the record's word.
        since: When they chose it.
        reason: Why it is in force, in words.
        decided_by: Which rule spoke first.
        covers: What is collected under it, in a few words.
    """

    name: str
    state: str
    chosen: str
    since: str
    reason: str
    decided_by: str
    covers: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What is on and why.

    Attributes:
        terms: SHA-256 of the disclosure that a grant would be bound to.
        endpoint: Host that reports go to; empty: nowhere.
        problem: What is wrong with the record; empty: nothing.
        notes: What else overrides the record.
    """

    version: str
    home: str
    endpoint: str
    region: str
    problem: str
    terms: str
    categories: tuple[CategoryRow, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric over the days.

    Attributes:
        kind: ``counter``, ``histogram``, ``feature`` or ``plugin``.
        days: Its count on each day it was counted; 1 for a feature or plugin in use.
        buckets: Least value of a bucket to how often, over all days.
    """

    name: str
    category: str
    kind: str
    unit: str
    description: str
    days: Mapping[date, int]
    buckets: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Counters:
    """Every metric that was counted, and the days they are of."""

    last: date
    metrics: tuple[Metric, ...]
    problem: str = ""
    damaged: int = 0


@dataclass(frozen=True, slots=True)
class Requests:
    """Deletion requests: those on their way, and receipts."""

    waiting: tuple[Waiting, ...] = ()
    taken: tuple[Taken, ...] = ()


@dataclass(frozen=True, slots=True)
class Commented:
    """A report with a comment, as it would be sent; nothing of it is stored yet.

    Attributes:
        text: The comment, scrubbed.
        items: What would be agreed to.
    """

    text: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Gone:
    """What an erasure did."""

    files: int
    bytes: int
    left: Mapping[str, str]
    requests: int
    taken: int


class Desk(Protocol):
    """Everything the page reads and does. Errors are ``ReportsError`` or our own."""

    @property
    def root(self) -> Path:
        """The home, for whoever watches it; it may not exist."""

    def standing(self) -> Standing:
        """What is on and why, at this moment."""

    def summaries(self) -> tuple[Summary, ...]:
        """Every stored report, newest first."""

    def read(self, report_id: str) -> StoredReport:
        """One report with its content."""

    def withheld(self, report_id: str) -> Withheld:
        """Why one was withheld."""

    def counters(self) -> Counters:
        """What was counted, up to and with today."""

    def account(self) -> Fates:
        """The loss account, as ``crashwatch status`` tells it."""

    def ledger(self) -> tuple[LedgerLine, ...]:
        """What left the folders, newest first."""

    def requests(self) -> Requests:
        """Deletion requests."""

    def disclosure(self) -> str:
        """The words that a grant is bound to."""

    def grant(self, category: str, terms: str) -> str:
        """Allow a category on the words of this hash; answers what is in force.

        Raises:
            RefusedError: The words are not today's, or something else keeps it off.
        """

    def refuse(self, category: str) -> str:
        """Refuse a category; answers what was deleted."""

    def comment(self, report_id: str, text: str) -> Commented:
        """What a report would be with this comment.

        Raises:
            CrashwatchError: The walls refuse it, or such a report takes none.
        """

    def approve(
        self, report_id: str, digests: Collection[str], comment: str = ""
    ) -> str:
        """Agree to these very items of a report; answers what happens next.

        Args:
            report_id: Its id.
            digests: Of what was shown and not left out; the event is among them.
            comment: As it was shown; what the report is with it must be just that.
        """

    def discard(self, report_id: str) -> str:
        """Delete a report from this machine."""

    def export(self, output: Path) -> None:
        """Write everything into a ZIP file that does not exist yet."""

    def erase(self) -> Gone:
        """Erase everything, and ask servers to."""

    def moment(self) -> datetime:
        """Now, with its zone."""
