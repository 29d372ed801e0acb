"""One stored report, read from its folder: everything checked, nothing trusted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from reports.envelope import build_envelope, parse_envelope
from reports.errors import StorageError
from reports.lifecycle import State
from reports.report_form import MAX_ENVELOPE_BYTES
from reports.spool import at_rest, durable
from reports.spool.damage import check_id, damage_named
from reports.spool.records import (
    APPROVAL,
    ENVELOPE,
    MAX_REPORT_BYTES,
    ORIGIN,
    RECEIPT,
    REPORT,
    WITHHELD,
    Approval,
    Origin,
    Receipt,
    Withheld,
    read_record,
)
from reports.spool.summary import read_known_summary

if TYPE_CHECKING:
    from pathlib import Path

    from reports.payload import Item
    from reports.spool.summary import Summary

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A stored report with its content.

    Attributes:
        report_json: ``reports.crash_report.CrashReport`` as msgspec JSON.
        envelope: The bytes agreed to or to be agreed to.
        items: The envelope's items.
        approval: To what was agreed, when queued or sent.
        receipt: What the server confirmed, when sent.
        origin: When it was stored and under which rules, where that was kept.
    """

    summary: Summary
    report_json: bytes = field(repr=False)
    envelope: bytes = field(repr=False)
    items: tuple[Item, ...]
    approval: Approval | None
    receipt: Receipt | None
    origin: Origin | None = None

    @property
    def approved_items(self) -> tuple[Item, ...]:
        """The items whose very bytes were agreed to; empty without an approval."""
        if self.approval is None:
            return ()
        agreed = self.approval.digests
        return tuple(item for item in self.items if item.sha256 in agreed)

    @property
    def sent_envelope(self) -> bytes:
        """The exact bytes that were sent, before compression; empty without receipt."""
        if self.receipt is None:
            return b""
        sent = {item.sha256 for item in self.receipt.items}
        items = [item for item in self.items if item.sha256 in sent]
        return build_envelope(self.summary.id, items, sent_at=self.receipt.sent_at)


def read_entry(folder: Path, state: State) -> StoredReport:
    """Read everything and check that its parts belong together.

    Raises:
        FileNotFoundError: There is no such entry, or not any more.
        DamagedEntryError: It is damaged, oversized or not ours; or it waits to be
            sent without an approval of these very items.
        NewerEntryError: A newer version stored it.
        StorageError: It cannot be read just now.
    """
    summary = read_known_summary(folder, state)
    if state is State.WITHHELD:
        return StoredReport(summary, b"", b"", (), None, None)
    with damage_named(folder), durable.opened_folder(folder) as handle:
        report = at_rest.read(handle, REPORT, MAX_REPORT_BYTES)
        data = at_rest.read(handle, ENVELOPE, MAX_ENVELOPE_BYTES)
        envelope = parse_envelope(data)
        check_id(envelope.event_id, folder.name)
        # In a pending entry an approval is what a death before the move left behind:
        # it was never in force.
        agreed = state in (State.QUEUED, State.SENT)
        approval = _optional(handle, APPROVAL, Approval) if agreed else None
        receipt = _optional(handle, RECEIPT, Receipt) if agreed else None
        origin = _optional(handle, ORIGIN, Origin)
        stored = StoredReport(
            summary, report, data, envelope.items, approval, receipt, origin
        )
        if agreed:
            _check_approval(stored)
        return stored


def read_withheld(folder: Path) -> Withheld:
    """Read why a report was withheld; raises as ``read_summary``."""
    with damage_named(folder), durable.opened_folder(folder) as handle:
        record = read_record(handle, WITHHELD, Withheld)
        check_id(record.id, folder.name)
        return record


def _check_approval(stored: StoredReport) -> None:
    approval = stored.approval
    if approval is None or approval.id != stored.summary.id:
        raise StorageError("it waits to be sent, but nobody agreed to it")
    if len(stored.approved_items) != len(approval.items) or not stored.approved_items:
        raise StorageError("it is not what was agreed to any more")


def _optional(handle: int, name: str, kind: type[T]) -> T | None:
    try:
        return read_record(handle, name, kind)
    except FileNotFoundError:
        return None
