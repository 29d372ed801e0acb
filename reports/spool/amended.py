"""Queue a pending report in another form than it waited in: with a person's comment.

What somebody typed is stored when they agree to it and not before. The queued entry is
written whole, then the pending one goes; a death between the two leaves both, of which
every reader takes the later state, and the next sweep removes the pending one.
"""

from __future__ import annotations

import contextlib
import secrets
from typing import TYPE_CHECKING

from reports.errors import StorageError
from reports.lifecycle import Event, State, move
from reports.spool import durable
from reports.spool.agreement import agreed_items
from reports.spool.at_rest import packed_content
from reports.spool.entry import read_entry
from reports.spool.new_entry import NEW_PREFIX, remove_tree, store_whole
from reports.spool.records import (
    APPROVAL,
    ORIGIN,
    Approval,
    encoded,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from reports.payload import Payload
    from reports.spool.directory import Spool
    from reports.spool.listing import Found


def approve_amended(
    spool: Spool,
    payload: Payload,
    digests: Collection[str],
    *,
    how: str,
    sequence: int = 0,
) -> Approval:
    """Queue this payload in place of the pending one of the same id.

    Args:
        spool: Where it waits.
        payload: As it was shown.
        digests: Of its items that were agreed to, as for ``Spool.approve``.
        how: As for ``Spool.approve``.
        sequence: As for ``Spool.approve``.

    Raises:
        ReportNotFoundError, ReportStateError, ConsentError, ValueError, StorageError:
            As for ``Spool.approve``; the pending report then waits as before.
    """
    with spool.moving("queue the report"):
        found = spool.find(payload.id)
        after = move(found.state, Event.APPROVE)
        waiting = read_entry(spool.folder(found), found.state)
        approval = Approval(
            id=payload.id,
            when=spool.now(),
            how=how,
            sequence=sequence,
            items=agreed_items(payload.id, payload.items, digests),
        )
        files = packed_content(payload) | {APPROVAL: encoded(approval)}
        if waiting.origin is not None:
            files[ORIGIN] = encoded(waiting.origin)
        folder = spool.home.make_folder(spool.home.in_state(after))
        store_whole(folder, payload.id, files)
        remove_replaced(spool, found)
        return approval


def is_replaced(spool: Spool, found: Found) -> bool:
    """Whether a pending entry lives on, whole, as a queued or a sent one."""
    if found.state is not State.PENDING:
        return False
    for state in (State.QUEUED, State.SENT):
        with contextlib.suppress(FileNotFoundError, StorageError):
            read_entry(spool.home.in_state(state) / found.id, state)
            return True
    return False


def remove_replaced(spool: Spool, found: Found) -> None:
    """Remove it; hidden first, by a name that a sweep removes."""
    folder = spool.folder(found)
    hidden = folder.with_name(f"{NEW_PREFIX}{found.id}-{secrets.token_hex(4)}")
    folder.rename(hidden)
    durable.sync_folder(folder.parent)
    remove_tree(hidden)
