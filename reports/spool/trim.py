"""Drop what is beyond the limits; the ledger counts each."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from reports.errors import ReportNotFoundError, ReportStateError, StorageError
from reports.lifecycle import Event
from reports.spool.retention import Limits, to_drop

if TYPE_CHECKING:
    from reports.spool.directory import Spool
    from reports.spool.retention import Drop


def trim(spool: Spool, limits: Limits | None = None) -> tuple[Drop, ...]:
    """Drop what is beyond the limits; returns what was dropped.

    A report that cannot be dropped just now (it moved, the spool is busy) stays.
    """
    rows = spool.list_reports()
    dropped: list[Drop] = []
    for drop in to_drop(rows, spool.now(), limits or Limits()):
        with contextlib.suppress(StorageError, ReportNotFoundError, ReportStateError):
            spool.discard(drop.id, event=Event.DROP, why=drop.why)
            dropped.append(drop)
    return tuple(dropped)
