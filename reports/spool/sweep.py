"""Put in order what deaths and strangers left in the spool, and lose nothing."""

from __future__ import annotations

import os
from dataclasses import dataclass
from uuid import uuid4

from reports.errors import ReportStateError, StorageError
from reports.lifecycle import STORED, Event, State, move
from reports.spool.amended import is_replaced, remove_replaced
from reports.spool.damage import DamagedEntryError
from reports.spool.directory import GONE_PREFIX, Spool
from reports.spool.entry import read_entry
from reports.spool.listing import REPORT_ID, Found, names_in
from reports.spool.new_entry import NEW_PREFIX, remove_abandoned, remove_tree
from reports.spool.records import RECEIPT
from reports.spool.summary import read_summary


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did.

    Attributes:
        quarantined: Names of the entries set aside.
        stuck: Names that should have been set aside and could not be moved.
        settled: Ids whose receipt was there and whose move to sent was not.
        removed: How many entries went that were unfinished, of dead writers and
            discarders, or replaced by a queued one.
    """

    quarantined: tuple[str, ...] = ()
    stuck: tuple[str, ...] = ()
    settled: tuple[str, ...] = ()
    removed: int = 0


def sweep(spool: Spool) -> Swept:
    """Finish what was begun, remove what was abandoned, set aside what is not ours.

    Raises:
        StorageError: The spool cannot be locked or a folder of it not be read.
    """
    if not spool.home.reports.is_dir():
        return Swept()
    quarantined: list[str] = []
    stuck: list[str] = []
    settled: list[str] = []
    removed = 0
    with spool.moving("put the reports in order"):
        for state in STORED:
            for name in names_in(spool.home.in_state(state)):
                found = Found(name, state)
                if name.startswith("."):
                    removed += _clear_hidden(spool, found)
                elif is_replaced(spool, found):
                    remove_replaced(spool, found)
                    removed += 1
                elif _is_settled(spool, found):
                    settled.append(name)
                elif why := _fault(spool, found):
                    moved = _set_aside(spool, found, why)
                    (quarantined if moved else stuck).append(name)
    return Swept(tuple(quarantined), tuple(stuck), tuple(settled), removed)


def _clear_hidden(spool: Spool, found: Found) -> int:
    path = spool.folder(found)
    if found.id.startswith(NEW_PREFIX):
        return int(remove_abandoned(path))
    if found.id.startswith(GONE_PREFIX):
        return _finish_discard(spool, found)
    return 0


def _finish_discard(spool: Spool, found: Found) -> int:
    word, _, name = found.id.removeprefix(GONE_PREFIX).partition("-")
    try:
        event = Event(word)
        after = move(found.state, event)
    except (ValueError, ReportStateError):
        return 0
    if after is not State.DISCARDED or not REPORT_ID.fullmatch(name):
        return 0
    written = any(
        (line.id, line.before, line.event) == (name, found.state, event)
        for line in spool.ledger()
    )
    hidden = spool.folder(found)
    if written:
        remove_tree(hidden)
    else:
        gone = Found(name, found.state)
        spool.finish_discard(hidden, gone, event, "finished by a later sweep")
    return 1


def _is_settled(spool: Spool, found: Found) -> bool:
    """Whether the entry was delivered and only its move was missing; moves it."""
    if found.state is not State.QUEUED or not REPORT_ID.fullmatch(found.id):
        return False
    if not os.path.lexists(spool.folder(found) / RECEIPT):
        return False
    try:
        stored = read_entry(spool.folder(found), found.state)
    except (FileNotFoundError, StorageError):
        return False
    if stored.receipt is None or stored.receipt.id != found.id:
        return False
    spool.transfer(found, Event.DELIVER)
    return True


def _fault(spool: Spool, found: Found) -> str:
    """Why an entry must be set aside, or the empty string."""
    if found.state is State.QUARANTINE:
        return ""
    if not REPORT_ID.fullmatch(found.id):
        return "its name is not a report id"
    try:
        read_summary(spool.folder(found), found.state)
    except DamagedEntryError as error:
        return str(error)
    except (FileNotFoundError, StorageError):
        return ""
    return ""


def _set_aside(spool: Spool, found: Found, why: str) -> bool:
    # A foreign name may hold anything, control characters among it: it gets an id.
    taken = os.path.lexists(spool.home.in_state(State.QUARANTINE) / found.id)
    fits = REPORT_ID.fullmatch(found.id) and not taken
    name = found.id if fits else uuid4().hex
    try:
        spool.transfer(found, Event.SUSPECT, name=name)
    except (OSError, StorageError):
        return False
    spool.note(name, found.state, Event.SUSPECT, why)
    return True
