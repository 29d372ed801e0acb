"""The spool: every way a report is stored, read whole and moved."""

from __future__ import annotations

import contextlib
import errno
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reports.consent.switches import NO_REGION_RULE, RegionRule
from reports.errors import (
    ReportNotFoundError,
    ReportStateError,
    StorageError,
)
from reports.lifecycle import STORED, Event, State, move
from reports.report_form import MAX_ENVELOPE_BYTES
from reports.spool import durable, ledger, reserve
from reports.spool.agreement import agreed_items, origin_of
from reports.spool.at_rest import packed_content
from reports.spool.entry import read_entry, read_withheld
from reports.spool.listing import REPORT_ID, Found, Listing
from reports.spool.lock import exclusive
from reports.spool.new_entry import remove_tree, shred_files, store_whole
from reports.spool.records import (
    APPROVAL,
    ORIGIN,
    RECEIPT,
    WITHHELD,
    Approval,
    Receipt,
    Withheld,
    encoded,
)
from reports.spool.retention import least_valuable_first

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

    from reports.home import Home
    from reports.payload import Payload
    from reports.spool.entry import StoredReport

GONE_PREFIX = ".gone-"

_PATIENCE_SECONDS = 10.0

_FULL, _LOST = "the disk is full", "it could not be stored"


def _system_now() -> datetime:
    return datetime.now(UTC)


class Spool(Listing):
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
        super().__init__(home)
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
            error = StorageError(
                f"the envelope is larger than {MAX_ENVELOPE_BYTES} bytes"
            )
            self._note_lost(Found(payload.id, State.PENDING), error)
            raise error
        origin = origin_of(payload.id, self.now(), self._region)
        files = packed_content(payload) | {ORIGIN: encoded(origin)}
        return self._store(payload.id, Event.STORE, files)

    def withhold(self, record: Withheld) -> Found:
        """Store that a report was withheld, and by which rules.

        Raises:
            StorageError: As for ``add``.
            ValueError: A rule is not one lower-case word.
        """
        files = {WITHHELD: encoded(record)}
        return self._store(record.id, Event.WITHHOLD, files)

    def read(self, prefix: str) -> StoredReport:
        """Read a report with its content.

        Raises:
            ReportNotFoundError: As for ``find``.
            StorageError: It is damaged or cannot be read.
        """
        while True:  # It may move between the two steps; each move brings it nearer.
            found = self.find(prefix)
            with contextlib.suppress(FileNotFoundError):
                return read_entry(self.folder(found), found.state)

    def read_withheld(self, prefix: str) -> Withheld:
        """Read why a report was withheld. Raises as ``read``."""
        found = self.find(prefix)
        try:
            return read_withheld(self.folder(found))
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
            stored = read_entry(self.folder(found), found.state)
            items = agreed_items(found.id, stored.items, digests)
            approval = Approval(
                id=found.id, when=self.now(), how=how, sequence=sequence, items=items
            )
            self._attach(found, APPROVAL, encoded(approval))
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
            self._attach(found, RECEIPT, encoded(receipt))
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
            self.finish_discard(hidden, found, event, why)
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

    def finish_discard(
        self, hidden: Path, found: Found, event: Event, why: str
    ) -> None:
        """Write the ledger line of a hidden entry, then remove it.

        On a disk that has no room even for a line the content goes first, and its room
        is the line's; the folder stays until then, so that a sweep can still tell.
        """
        try:
            self.note(found.id, found.state, event, why)
        except OSError as error:
            if not reserve.is_full(error):
                raise
            shred_files(hidden)
            self.note(found.id, found.state, event, why)
        remove_tree(hidden)

    def note(self, name: str, before: State, event: Event, why: str) -> None:
        """Add a ledger line; the caller holds the lock."""
        line = ledger.LedgerLine(self.now(), name, before, event, why)
        for make_room in (reserve.release, reserve.release_last):
            try:
                ledger.append(self.ledger_path, line)
            except OSError as error:
                if not reserve.is_full(error):
                    raise
                make_room(self.home.reports)
            else:
                return
        ledger.append(self.ledger_path, line)

    def _attach(self, found: Found, name: str, data: bytes) -> None:
        with durable.opened_folder(self.folder(found)) as handle:
            durable.replace(handle, name, data)

    def _store(self, name: str, event: Event, files: Mapping[str, bytes]) -> Found:
        if not REPORT_ID.fullmatch(name):
            raise StorageError("a report id is 32 hexadecimal digits")
        # A damaged copy in quarantine is no reason to refuse a good one.
        for known in (Found(name, state) for state in STORED):
            if known.state is not State.QUARANTINE and self.folder(known).is_dir():
                return known
        found = Found(name, move(State.NEW, event))
        with _said("store the report"):
            reserve.keep_last(self.home.make_folder(self.home.reports))
            try:
                self._store_somehow(found, files)
            except (OSError, StorageError) as error:
                self._note_lost(found, error)
                raise
            reserve.keep(self.home.reports)
        if self._after_write is not None:
            self._after_write(self)
        return found

    def _store_somehow(self, found: Found, files: Mapping[str, bytes]) -> None:
        """Store it; on a full disk in the place of others."""
        if self._has_stored(found, files):
            return
        reserve.release(self.home.reports)
        # What somebody agreed to is not given up for what nobody has seen yet.
        rows = [r for r in self.list_reports() if r.state is not State.QUEUED]
        for row in least_valuable_first(rows):
            with contextlib.suppress(ReportNotFoundError, ReportStateError):
                self.discard(row.id, event=Event.DROP, why=_FULL)
            if self._has_stored(found, files):
                return
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _has_stored(self, found: Found, files: Mapping[str, bytes]) -> bool:
        """Store it, if there is room."""
        try:
            store_whole(self._own_folder(found.state), found.id, files)
        except OSError as error:
            if reserve.is_full(error):
                return False
            raise
        return True

    def _own_folder(self, state: State) -> Path:
        return self.home.make_folder(self.home.in_state(state))

    def _note_lost(self, found: Found, error: OSError | StorageError) -> None:
        """Add the one line that remains of what cannot be stored, if even that can."""
        if isinstance(error, OSError):
            why = _FULL if reserve.is_full(error) else error.strerror or _LOST
        else:
            why = _LOST
        # Where only the last sync failed, it is there all the same.
        if self.folder(found).is_dir():
            return
        with contextlib.suppress(OSError, StorageError), self.moving("note a loss"):
            self.note(found.id, State.NEW, Event.DROP, why)


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
