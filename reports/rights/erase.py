"""Erase everything that is held, and look afterwards whether it is gone.

Kept on purpose: ``config.toml``, which holds settings and nothing that was collected;
``deletion/``, until a server took each request; and that the person refused something,
written anew, since forgetting a no would turn it into a question.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reports.consent.record import Category, unanswered_state
from reports.consent.record import State as Chosen
from reports.deletion_request import make_requests
from reports.errors import ReportsError, StorageError
from reports.home import PRIVATE_FOLDER
from reports.identity import ids_until_now
from reports.lifecycle import Event, State
from reports.rights.held import held_files, ids_that_left
from reports.spool import durable
from reports.spool.lock import held
from reports.upload.requests import keep_request

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from datetime import datetime
    from pathlib import Path

    from reports.deletion_request import DeletionRequest
    from reports.home import Home
    from reports.spool.directory import Spool

_KEPT = frozenset({"config.toml", "deletion"})
_PATIENCE = 10.0
_SEARCHED_BYTES = 64 * 1024 * 1024


@dataclass(slots=True)
class Erased:
    """What was done.

    Attributes:
        files: How many were overwritten and removed.
        bytes: Their sizes together.
        left: Names that are still there, and why; empty when all is gone.
    """

    files: int = 0
    bytes: int = 0
    left: dict[str, str] = field(default_factory=dict)


def request_deletion(
    spool: Spool, *, place: str, scope: str, now: datetime
) -> tuple[DeletionRequest, ...]:
    """Write down what servers shall erase, for each server that has something.

    Args:
        spool: With the receipts.
        place: ``host:port`` of the endpoint in use; empty: none is.
        scope: Its ``Endpoint.scope``.
        now: The time; of it only the day goes into a request.

    Raises:
        StorageError: It could not be written; nothing was erased.
    """
    by_place: dict[str, set[str]] = {}
    for report_id, host in ids_that_left(spool).items():
        by_place.setdefault(host or place, set()).add(report_id)
    people = ids_until_now(spool.home.identity, now, scope) if place else {}
    by_place.setdefault(place, set())
    made: list[DeletionRequest] = []
    for where, events in sorted(by_place.items()):
        ids = people.values() if where == place else ()
        for request in make_requests(events, ids, now.date()):
            _keep(spool.home, request, where, now)
            made.append(request)
    return tuple(made)


def _keep(home: Home, request: DeletionRequest, place: str, now: datetime) -> None:
    try:
        keep_request(home, request, place, now)
    except OSError as error:
        raise StorageError(
            f"the request for deletion could not be written: {error.strerror}",
            hint="Nothing was erased. Make room on the disk, then try again.",
        ) from error


def withdraw_everything(spool: Spool) -> None:
    """Discard what waits to be sent: an upload in flight breaks off."""
    for one in tuple(spool.walk(State.QUEUED)):
        with contextlib.suppress(ReportsError):
            spool.discard(one.id, event=Event.WITHDRAW)


def erase_files(
    home: Home, *, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> Erased:
    """Overwrite and remove every file but those that are kept; then the folders.

    Waits for an uploader that is at work; what it held is discarded already.
    """
    erased = Erased()
    if not home.root.is_dir():
        return erased
    with contextlib.ExitStack() as stack:
        if home.upload.is_dir():
            stack.enter_context(held(home.upload / "lock", patience=_PATIENCE))
        _open_folders(home.root)
        found = [one for one in held_files(home.root) if not _is_kept(one.name)]
        for number, one in enumerate(found):
            progress(number, len(found))
            try:
                with durable.opened_folder(one.path.parent) as folder:
                    durable.shred(folder, one.path.name)
            except FileNotFoundError:
                continue
            except OSError as error:
                erased.left[one.name] = error.strerror or "it could not be removed"
                continue
            erased.files += 1
            erased.bytes += one.size
        progress(len(found), len(found))
    _remove_folders(home.root)
    return erased


def verify(home: Home, erased: Erased, words: Iterable[bytes]) -> None:
    """Read back: name in ``erased.left`` what is still there, or still names something.

    Args:
        home: That was erased.
        erased: As ``erase_files`` gave it.
        words: Ids that no file may hold any more, but for the requests.
    """
    searched = tuple(words)
    for one in held_files(home.root):
        if not _is_kept(one.name):
            erased.left.setdefault(one.name, "it is still there")
        elif one.plain and not one.name.startswith("deletion/"):
            why = _names_any(one.path, searched)
            erased.left |= {one.name: why} if why else {}


def _names_any(path: Path, words: Iterable[bytes]) -> str:
    """Why a file that is kept is told: what is in it, or that nobody can know."""
    try:
        with path.open("rb") as file:
            data = file.read(_SEARCHED_BYTES)
    except OSError as error:
        return f"it is kept, and cannot be searched: {error.strerror}"
    found = any(word in data for word in words)
    return "it names something that was erased" if found else ""


def refusals_of(choices: Collection[tuple[Category, Chosen]]) -> dict[Category, Chosen]:
    """What is recorded anew after an erasure: each no."""
    return {
        category: chosen
        for category, chosen in choices
        if chosen in (Chosen.NEVER, Chosen.REFUSED)
    }


def without_grants(
    choices: Collection[tuple[Category, Chosen]],
) -> dict[Category, Chosen]:
    """The wishes that take every yes back, and leave each no."""
    return {
        category: unanswered_state(category)
        for category, chosen in choices
        if chosen in (Chosen.ALWAYS, Chosen.GRANTED)
    }


def _open_folders(root: Path) -> None:
    """Take back the right to look into our folders; each before what is in it."""
    for folder, folders, _ in os.walk(root):
        for name in folders:
            path = root.__class__(folder, name)
            with contextlib.suppress(OSError):
                if not path.is_symlink():
                    path.chmod(PRIVATE_FOLDER)


def _is_kept(name: str) -> bool:
    return name.partition("/")[0] in _KEPT


def _remove_folders(root: Path) -> None:
    """Innermost first; one that holds something, as what is kept, stays."""
    for folder, _, _ in os.walk(root, topdown=False):
        with contextlib.suppress(OSError):
            os.rmdir(folder)  # noqa: PTH106 -- names as os.walk gives them
    with contextlib.suppress(OSError):
        durable.sync_folder(root if root.is_dir() else root.parent)
