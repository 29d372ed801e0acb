"""One stored report, read from its folder: everything checked, nothing trusted."""

from __future__ import annotations

import contextlib
import errno
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

import msgspec

from reports.crash_report import ReportId
from reports.envelope import MAX_ENVELOPE_BYTES, build_envelope, parse_envelope
from reports.errors import StorageError
from reports.lifecycle import State
from reports.spool import durable
from reports.spool.records import (
    Approval,
    Moment,
    Origin,
    Receipt,
    Withheld,
    Word,
    decoded,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reports.payload import Item

REPORT, ENVELOPE, ORIGIN = "report.json", "envelope", "origin.json"
APPROVAL, RECEIPT, WITHHELD = "approval.json", "receipt.json", "withheld.json"

MAX_REPORT_BYTES = 4 * 1024 * 1024
_MAX_RECORD_BYTES = 64 * 1024

_NOT_OURS = frozenset(
    {errno.ENOTDIR, errno.ELOOP, errno.EACCES, errno.EPERM, errno.ENXIO, errno.EISDIR}
)
"""What a symbolic link, a file in a folder's place, a fifo, a foreign owner give."""

T = TypeVar("T")

_Program = Annotated[str, msgspec.Meta(max_length=64, pattern=r"\A[\w.+<>-]*\Z")]
_Signal = Annotated[str, msgspec.Meta(pattern=r"\ASIG[A-Z0-9+-]{2,10}\Z")]


class DamagedEntryError(StorageError):
    """An entry is not what we wrote; it belongs in quarantine."""


class SummaryReason(msgspec.Struct, frozen=True):
    """Why there is a report: the kind of its end, and the signal if one."""

    kind: Word
    signal: _Signal | None = None


class Summary(msgspec.Struct, frozen=True):
    """One row of a list.

    Attributes:
        bytes: Size of the envelope that would be sent.
        since: When it came into this state: was stored, agreed to, taken by the
            server; None where no record beside it tells.
    """

    id: str
    state: State
    category: str
    created: Moment
    program: str
    reason: SummaryReason | None
    bytes: int
    since: Moment | None = None


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


class _Head(msgspec.Struct, frozen=True):
    """The fields that every kind of report has, or may have."""

    id: ReportId
    category: Word
    created: Moment
    program: _Program = ""
    reason: SummaryReason | None = None


class _Dated(msgspec.Struct, frozen=True):
    """What an origin, an approval and a receipt have in common."""

    when: Moment


def read_summary(folder: Path, state: State, *, dated: bool = True) -> Summary:
    """Read what a list shows; ``since`` only if it shall be ``dated``.

    Raises:
        FileNotFoundError: There is no such entry, or not any more.
        DamagedEntryError: It is damaged, oversized or not ours.
        StorageError: It cannot be read just now.
    """
    with _damage_named(folder), durable.opened_folder(folder) as handle:
        if state is State.WITHHELD:
            return _withheld_summary(handle, folder.name)
        head = _decode(handle, REPORT, MAX_REPORT_BYTES, _Head)
        _check_id(head.id, folder.name)
        size = durable.size_of(handle, ENVELOPE, MAX_ENVELOPE_BYTES)
        return Summary(
            id=head.id,
            state=state,
            category=head.category,
            created=head.created,
            program=head.program,
            reason=head.reason,
            bytes=size,
            since=_since(handle, state) if dated else None,
        )


def read_entry(folder: Path, state: State) -> StoredReport:
    """Read everything and check that its parts belong together.

    Raises:
        FileNotFoundError: There is no such entry, or not any more.
        DamagedEntryError: It is damaged, oversized or not ours; or it waits to be
            sent without an approval of these very items.
        StorageError: It cannot be read just now.
    """
    summary = read_summary(folder, state)
    if state is State.WITHHELD:
        return StoredReport(summary, b"", b"", (), None, None)
    with _damage_named(folder), durable.opened_folder(folder) as handle:
        report = durable.read(handle, REPORT, MAX_REPORT_BYTES)
        data = durable.read(handle, ENVELOPE, MAX_ENVELOPE_BYTES)
        envelope = parse_envelope(data)
        _check_id(envelope.event_id, folder.name)
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
    with _damage_named(folder), durable.opened_folder(folder) as handle:
        record = _decode(handle, WITHHELD, _MAX_RECORD_BYTES, Withheld)
        _check_id(record.id, folder.name)
        return record


def damaged_summary(folder: Path) -> Summary:
    """What can be said of an entry that cannot be read: that it is there."""
    since = datetime.fromtimestamp(folder.lstat().st_mtime, UTC)
    return Summary(folder.name, State.QUARANTINE, "unknown", since, "", None, 0)


def _withheld_summary(handle: int, name: str) -> Summary:
    record = _decode(handle, WITHHELD, _MAX_RECORD_BYTES, Withheld)
    _check_id(record.id, name)
    state = State.WITHHELD
    return Summary(record.id, state, record.category, record.created, "", None, 0)


def _since(handle: int, state: State) -> datetime | None:
    """When it came into its state, where a record beside it tells."""
    name = {State.QUEUED: APPROVAL, State.SENT: RECEIPT}.get(state, ORIGIN)
    try:
        return _decode(handle, name, _MAX_RECORD_BYTES, _Dated).when
    except (FileNotFoundError, StorageError):
        return None  # what is wrong with it, reading the whole entry tells


def _check_id(found: str, name: str) -> None:
    if found != name:
        raise StorageError("the report carries the id of another one")


def _check_approval(stored: StoredReport) -> None:
    approval = stored.approval
    if approval is None or approval.id != stored.summary.id:
        raise StorageError("it waits to be sent, but nobody agreed to it")
    if len(stored.approved_items) != len(approval.items) or not stored.approved_items:
        raise StorageError("it is not what was agreed to any more")


def _decode(handle: int, name: str, limit: int, kind: type[T]) -> T:
    return decoded(durable.read(handle, name, limit), kind)


def _optional(handle: int, name: str, kind: type[T]) -> T | None:
    try:
        return _decode(handle, name, _MAX_RECORD_BYTES, kind)
    except FileNotFoundError:
        return None


@contextlib.contextmanager
def _damage_named(folder: Path) -> Iterator[None]:
    """Tell damage, which goes to quarantine, from trouble that may pass."""
    try:
        yield
    except FileNotFoundError as error:
        # A part is missing: either the whole entry just moved away, or it is half.
        if not os.path.lexists(folder):
            raise
        raise _damaged(folder, f"{error.filename} is missing") from error
    except StorageError as error:
        raise _damaged(folder, str(error)) from error
    except OSError as error:
        if error.errno in _NOT_OURS:
            raise _damaged(folder, error.strerror or "it cannot be read") from error
        raise StorageError(f"{folder.name}: {error.strerror}") from error


def _damaged(folder: Path, why: str) -> DamagedEntryError:
    return DamagedEntryError(f"report {folder.name} is damaged: {why}")
