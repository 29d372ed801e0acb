"""Drop what is beyond the limits; the ledger counts each."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reports.errors import ReportNotFoundError, ReportStateError, StorageError
from reports.lifecycle import Event
from reports.spool import durable, ledger
from reports.spool.retention import Limits, to_drop
from reports.spool.seen_clock import believed

if TYPE_CHECKING:
    from reports.spool.directory import Spool
    from reports.spool.retention import Drop


def trim(spool: Spool, limits: Limits | None = None) -> tuple[Drop, ...]:
    """Drop what is beyond the limits; returns what was dropped.

    A report that cannot be dropped just now (it moved, the spool is busy) stays.
    """
    rows = spool.list_reports()
    dropped: list[Drop] = []
    for drop in to_drop(rows, believed(spool), limits or Limits()):
        with contextlib.suppress(StorageError, ReportNotFoundError, ReportStateError):
            spool.discard(drop.id, event=Event.DROP, why=drop.why)
            dropped.append(drop)
    return tuple(dropped)


def trim_if_needed(spool: Spool, limits: Limits) -> tuple[Drop, ...]:
    """As ``trim``, but look into the reports only where something may be beyond.

    For after each write: the sizes of each report's files. Every record beside a
    report changes its folder's time, so that is when it came into its state; what has
    another time (restored, copied) is dropped at the next start, by its records.
    """
    count = size = 0
    now = believed(spool)
    for found in spool.walk():
        folder = spool.folder(found)
        try:
            since = datetime.fromtimestamp(folder.lstat().st_mtime, UTC)
        except OSError:
            continue
        if now - since > limits.ages[found.state]:
            return trim(spool, limits)
        size += durable.bytes_at(folder)
        count += 1
    if count > limits.count or size > limits.bytes:
        return trim(spool, limits)
    return ()


def forget_gone(spool: Spool, before: datetime) -> int:
    """Drop the ledger's lines from before that moment; answers how many.

    Raises:
        StorageError: The ledger cannot be written.
    """
    if not any(line.when < before for line in spool.ledger()):
        return 0
    with spool.moving("shorten the ledger"):
        return ledger.forget(spool.ledger_path, before)
