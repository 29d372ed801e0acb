"""The spool: every way a report is stored, found, read and moved."""

from __future__ import annotations

import contextlib
import errno
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reports.consent.switches import NO_REGION_RULE, RegionRule
from reports.envelope import MAX_ENVELOPE_BYTES
from reports.errors import (
    ReportNotFoundError,
    ReportStateError,
    StorageError,
)
from reports.lifecycle import STORED, Event, State, move
from reports.spool import durable, entry, ledger, reserve
from reports.spool.agreement import agreed_items, origin_of
from reports.spool.lock import exclusive
from reports.spool.new_entry import remove_tree, store_whole
from reports.spool.records import Approval, Receipt, Withheld, encoded
from reports.spool.retention import least_valuable_first

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

    from reports.home import Home
    from reports.payload import Payload
    from reports.spool.entry import StoredReport, Summary

REPORT_ID = re.compile(r"[0-9a-f]{32}")
_PREFIX = re.compile(r"[0-9a-f]{4,32}")
GONE_PREFIX = ".gone-"

_PATIENCE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Found:
    """Where a report is."""

    id: str
    state: State


def _system_now() -> datetime:
    return datetime.now(UTC)


class Spool:
    """The reports of one home; see the package for what may happen at once.

    Making one touches nothing; reading creates nothing.
    """

    def __init__(
        self,
        home: Home,
        *,
        now: Callable[[], datetime] = _system_now,
        patience: float = _PATIENCE_SECONDS,
        region: RegionRule = NO_REGION_RULE,
        after_write: Callable[[Spool], object] | None = None,
    ) -> None:
        """Touch nothing.

        Args:
            home: As ``open_home`` or ``read_home`` gives it.
            now: The clock.
            patience: Seconds to wait for another process's move.
            region: The rules in force; recorded beside each report that is stored.
            after_write: Called after a report was stored, to keep the limits.
        """
        self.home = home
        self.now = now
        self._patience = patience
        self._region = region
        self._after_write = after_write

    @property
    def ledger_path(self) -> Path:
        """The file of lines for reports that are gone."""
        return self.home.reports / "ledger"

    def add(self, payload: Payload) -> Found:
        """Store a payload in pending; a payload that is stored already stays one.

        On a full disk the least valuable report that is stored goes for it.

        Raises:
            StorageError: There is no room even so (the ledger says that there was a
                crash), or a folder cannot be trusted.
        """
        if len(payload.envelope) > MAX_ENVELOPE_BYTES:
            raise StorageError(
                f"the envelope is larger than {MAX_ENVELOPE_BYTES} bytes"
            )
        origin = origin_of(payload.id, self.now(), self._region)
        files = {
            entry.REPORT: payload.report_json,
            entry.ENVELOPE: payload.envelope,
            entry.ORIGIN: encoded(origin),
        }
        return self._store(payload.id, Event.STORE, files)

    def withhold(self, record: Withheld) -> Found:
        """Store that a report was withheld, and by which rules.

        Raises:
            StorageError: As for ``add``.
            ValueError: A rule is not one lower-case word.
        """
        files = {entry.WITHHELD: encoded(record)}
        return self._store(record.id, Event.WITHHOLD, files)

    def list_reports(self, *states: State, dated: bool = True) -> tuple[Summary, ...]:
        """What is stored in these states (all, if none is named), oldest first.

        Without ``dated`` no ``since`` is looked for, which halves the work. Damaged
        entries are left out; ``sweep`` puts them into quarantine.
        """
        rows: dict[str, Summary] = {}
        for found in self.walk(*states):
            with contextlib.suppress(FileNotFoundError, StorageError):
                rows[found.id] = self._summary(found, dated=dated)
        return tuple(sorted(rows.values(), key=lambda row: (row.created, row.id)))

    def walk(self, *states: State) -> Iterator[Found]:
        """Name what is stored, in no order, without opening it."""
        for state in states or STORED:
            for name in names_in(self.home.in_state(state)):
                if REPORT_ID.fullmatch(name):
                    yield Found(name, state)

    def find(self, prefix: str) -> Found:
        """Find the one report whose id begins with ``prefix``, at least 4 digits.

        Raises:
            ReportNotFoundError: None does, or several do.
        """
        hint = "`crashwatch reports list` shows the ids."
        if not _PREFIX.fullmatch(prefix):
            raise ReportNotFoundError(
                "a report id is 32 hexadecimal digits, or at least the first 4",
                hint=hint,
            )
        matches = {f.id: f for f in self._candidates(prefix)}
        if not matches:
            raise ReportNotFoundError(f"no report begins with {prefix}", hint=hint)
        if len(matches) > 1:
            raise ReportNotFoundError(
                f"{len(matches)} reports begin with {prefix}: give more digits",
                hint=hint,
            )
        return matches.popitem()[1]

    def read(self, prefix: str) -> StoredReport:
        """Read a report with its content.

        Raises:
            ReportNotFoundError: As for ``find``.
            StorageError: It is damaged or cannot be read.
        """
        while True:  # It may move between the two steps; each move brings it nearer.
            found = self.find(prefix)
            with contextlib.suppress(FileNotFoundError):
                return entry.read_entry(self.folder(found), found.state)

    def read_withheld(self, prefix: str) -> Withheld:
        """Read why a report was withheld. Raises as ``read``."""
        found = self.find(prefix)
        try:
            return entry.read_withheld(self.folder(found))
        except FileNotFoundError:
            raise ReportNotFoundError(f"report {found.id} was not withheld") from None

    def approve(
        self, prefix: str, digests: Collection[str], *, how: str, sequence: int = 0
    ) -> Approval:
        """Queue a pending report: these items of it, by SHA-256, were agreed to.

        Args:
            prefix: As for ``find``.
            digests: SHA-256 of each item shown and agreed to. The event is one of them;
                a minidump left out is not sent.
            how: One lower-case word; ``prompt``, ``window`` and ``cli`` say that a
                person looked at this very report.
            sequence: The consent record's last entry at this moment.

        Raises:
            ReportNotFoundError: As for ``find``.
            ReportStateError: It is not pending.
            ConsentError: The digests are not those of this report.
            ValueError: ``how`` is not one lower-case word.
            StorageError: It is damaged, or the disk is full.
        """
        with self.moving("queue the report"):
            found = self.find(prefix)
            move(found.state, Event.APPROVE)
            stored = entry.read_entry(self.folder(found), found.state)
            items = agreed_items(stored, digests)
            approval = Approval(
                id=found.id, when=self.now(), how=how, sequence=sequence, items=items
            )
            self._attach(found, entry.APPROVAL, encoded(approval))
            self.transfer(found, Event.APPROVE)
            return approval

    def deliver(self, receipt: Receipt) -> None:
        """Move a queued report to sent, with its receipt.

        Raises:
            ReportNotFoundError, ReportStateError, StorageError: As for ``approve``.
        """
        with self.moving("keep the receipt"):
            found = self.find(receipt.id)
            move(found.state, Event.DELIVER)
            self._attach(found, entry.RECEIPT, encoded(receipt))
            self.transfer(found, Event.DELIVER)

    def set_aside(self, prefix: str, event: Event, why: str) -> None:
        """Quarantine a report, for ``Event.REJECT`` or ``Event.SUSPECT``.

        Raises:
            ReportNotFoundError, ReportStateError, StorageError: As for ``approve``.
        """
        with self.moving("set the report aside"):
            found = self.find(prefix)
            self.transfer(found, event)
            self.note(found.id, found.state, event, why)

    def discard(
        self, prefix: str, *, event: Event = Event.DISCARD, why: str = ""
    ) -> Found:
        """Remove a report; a ledger line without content remains.

        Raises:
            ReportNotFoundError, ReportStateError, StorageError: As for ``approve``.
        """
        with self.moving("discard the report"):
            found = self.find(prefix)
            move(found.state, event)
            folder = self.folder(found)
            hidden = folder.with_name(f"{GONE_PREFIX}{event.value}-{found.id}")
            folder.rename(hidden)
            durable.sync_folder(folder.parent)
            self.note(found.id, found.state, event, why)
            remove_tree(hidden)
            return found

    def remember(self, report_id: str, before: State, event: Event, why: str) -> None:
        """Add a ledger line about a report that is not there any more.

        Raises:
            StorageError: The ledger cannot be written.
        """
        with self.moving("write the ledger"):
            self.note(report_id, before, event, why)

    def ledger(self) -> tuple[ledger.LedgerLine, ...]:
        """What left the folders, oldest first."""
        return ledger.read_all(self.ledger_path)

    # What follows serves the sweep as well.

    def folder(self, found: Found) -> Path:
        """The entry's folder."""
        return self.home.in_state(found.state) / found.id

    @contextlib.contextmanager
    def moving(self, what: str) -> Iterator[None]:
        """Hold the lock that every move needs; say what failed in words."""
        with _said(what):
            self.home.make_folder(self.home.reports)
            with exclusive(self.home.reports / ".lock", patience=self._patience):
                yield

    def transfer(self, found: Found, event: Event, *, name: str = "") -> None:
        """Rename an entry into its next state's folder; the caller holds the lock."""
        after = move(found.state, event)
        source = self.folder(found)
        target = self.home.make_folder(self.home.in_state(after))
        source.rename(target / (name or found.id))
        durable.sync_folder(target)
        durable.sync_folder(source.parent)

    def note(self, name: str, before: State, event: Event, why: str) -> None:
        """Add a ledger line; the caller holds the lock."""
        line = ledger.LedgerLine(self.now(), name, before, event, why)
        try:
            ledger.append(self.ledger_path, line)
        except OSError as error:
            if not reserve.is_full(error):
                raise
            reserve.release(self.home.reports)
            ledger.append(self.ledger_path, line)

    def _candidates(self, prefix: str) -> Iterator[Found]:
        if len(prefix) < 32:
            yield from (f for f in self.walk() if f.id.startswith(prefix))
            return
        # Ten thousand reports are sent by their full ids: no listing for each.
        for found in (Found(prefix, state) for state in STORED):
            if os.path.lexists(self.folder(found)):
                yield found

    def _attach(self, found: Found, name: str, data: bytes) -> None:
        with durable.opened_folder(self.folder(found)) as handle:
            durable.replace(handle, name, data)

    def _summary(self, found: Found, *, dated: bool) -> Summary:
        folder = self.folder(found)
        try:
            return entry.read_summary(folder, found.state, dated=dated)
        except entry.DamagedEntryError:
            if found.state is not State.QUARANTINE:
                raise
            return entry.damaged_summary(folder)

    def _store(self, name: str, event: Event, files: Mapping[str, bytes]) -> Found:
        if not REPORT_ID.fullmatch(name):
            raise StorageError("a report id is 32 hexadecimal digits")
        # A damaged copy in quarantine is no reason to refuse a good one.
        for known in (Found(name, state) for state in STORED):
            if known.state is not State.QUARANTINE and self.folder(known).is_dir():
                return known
        state = move(State.NEW, event)
        with _said("store the report"):
            folder = self.home.make_folder(self.home.in_state(state))
            try:
                store_whole(folder, name, files)
            except OSError as error:
                if not reserve.is_full(error):
                    raise
                self._store_in_the_place_of_others(folder, name, files)
            reserve.keep(self.home.reports)
        if self._after_write is not None:
            self._after_write(self)
        return Found(name, state)

    def _store_in_the_place_of_others(
        self, folder: Path, name: str, files: Mapping[str, bytes]
    ) -> None:
        reserve.release(self.home.reports)
        # What somebody agreed to is not given up for what nobody has seen yet.
        rows = [r for r in self.list_reports() if r.state is not State.QUEUED]
        for row in least_valuable_first(rows):
            with contextlib.suppress(ReportNotFoundError, ReportStateError):
                self.discard(row.id, event=Event.DROP, why="the disk is full")
            try:
                store_whole(folder, name, files)
            except OSError as error:
                if not reserve.is_full(error):
                    raise
            else:
                return
        with self.moving("note that a report was lost"):
            self.note(name, State.NEW, Event.DROP, "the disk is full")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def names_in(folder: Path) -> tuple[str, ...]:
    """Names in a folder; none when there is no folder."""
    try:
        return tuple(os.listdir(folder))  # noqa: PTH208 -- no Path for each
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise StorageError(f"{folder} cannot be read: {error.strerror}") from error


@contextlib.contextmanager
def _said(what: str) -> Iterator[None]:
    """Let an operating system's error speak to the person."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"could not {what}: {error.strerror}",
            hint="`crashwatch doctor` checks the folder and the room on its disk.",
        ) from error
