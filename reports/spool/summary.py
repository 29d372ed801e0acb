"""One row of a list: what a report's folder tells without opening its envelope.

A list of a thousand waits for this module and what it loads: nothing that reads,
writes or sends a whole report is among it.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import msgspec

from reports.errors import StorageError
from reports.lifecycle import State
from reports.report_form import MAX_ENVELOPE_BYTES, ReportId, Schema
from reports.spool import at_rest, durable
from reports.spool.damage import NewerEntryError, check_id, damage_named
from reports.spool.records import (
    APPROVAL,
    ENVELOPE,
    MAX_REPORT_BYTES,
    ORIGIN,
    RECEIPT,
    REPORT,
    WITHHELD,
    Moment,
    Withheld,
    Word,
    decoded,
    read_record,
)

if TYPE_CHECKING:
    from pathlib import Path

_Program = Annotated[str, msgspec.Meta(max_length=64, pattern=r"\A[\w.+<>-]*\Z")]
_Signal = Annotated[str, msgspec.Meta(pattern=r"\ASIG[A-Z0-9+-]{2,10}\Z")]


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
        stored_bytes: What its files take on this disk, compressed; 0 where that was
            not looked for.
    """

    id: str
    state: State
    category: str
    created: Moment
    program: str
    reason: SummaryReason | None
    bytes: int
    since: Moment | None = None
    stored_bytes: int = 0


class _Head(msgspec.Struct, frozen=True):
    """The fields that every kind of report has, or may have."""

    schema: Schema
    id: ReportId
    category: Word
    created: Moment
    program: _Program = ""
    reason: SummaryReason | None = None


class _Dated(msgspec.Struct, frozen=True):
    """What an origin, an approval and a receipt have in common."""

    when: Moment


def read_summary(folder: str | Path, state: State, *, dated: bool = True) -> Summary:
    """Read what a list shows; ``since`` and its room only if it shall be ``dated``.

    Of an entry of a newer version this is only that it is there.

    A ``Path`` for each of a thousand folders would take a third of the time.

    Raises:
        FileNotFoundError: There is no such entry, or not any more.
        DamagedEntryError: It is damaged, oversized or not ours.
        StorageError: It cannot be read just now.
    """
    try:
        return read_known_summary(folder, state, dated=dated)
    except NewerEntryError:
        reason = SummaryReason("newer_version")
        return msgspec.structs.replace(
            damaged_summary(folder), state=state, reason=reason
        )


def read_known_summary(
    folder: str | Path, state: State, *, dated: bool = True
) -> Summary:
    """The same, of an entry of this version.

    Raises:
        NewerEntryError: It is a newer one's.
        FileNotFoundError, DamagedEntryError, StorageError: As ``read_summary``.
    """
    name = os.path.basename(folder)
    with damage_named(folder), durable.opened_folder(folder) as handle:
        if state is State.WITHHELD:
            return _withheld_summary(handle, name)
        return _summary(handle, name, state, dated=dated)


def damaged_summary(folder: str | Path) -> Summary:
    """What can be said of an entry that cannot be read: that it is there."""
    since = datetime.fromtimestamp(os.lstat(folder).st_mtime, UTC)
    return Summary(
        id=os.path.basename(folder),
        state=State.QUARANTINE,
        category="unknown",
        created=since,
        program="",
        reason=None,
        bytes=0,
        stored_bytes=durable.bytes_at(folder),
    )


def _summary(handle: int, name: str, state: State, *, dated: bool) -> Summary:
    head = decoded(at_rest.read(handle, REPORT, MAX_REPORT_BYTES), _Head)
    check_id(head.id, name)
    return Summary(
        id=head.id,
        state=state,
        category=head.category,
        created=head.created,
        program=head.program,
        reason=head.reason,
        bytes=at_rest.size_of(handle, ENVELOPE, MAX_ENVELOPE_BYTES),
        since=_since(handle, state) if dated else None,
        stored_bytes=durable.bytes_below(handle) if dated else 0,
    )


def _withheld_summary(handle: int, name: str) -> Summary:
    record = read_record(handle, WITHHELD, Withheld)
    check_id(record.id, name)
    return Summary(
        id=record.id,
        state=State.WITHHELD,
        category=record.category,
        created=record.created,
        program="",
        reason=None,
        bytes=0,
        stored_bytes=durable.bytes_below(handle),
    )


def _since(handle: int, state: State) -> datetime | None:
    """When it came into its state, where a record beside it tells."""
    name = {State.QUEUED: APPROVAL, State.SENT: RECEIPT}.get(state, ORIGIN)
    try:
        return read_record(handle, name, _Dated).when
    except (FileNotFoundError, StorageError):
        return None  # what is wrong with it, reading the whole entry tells
