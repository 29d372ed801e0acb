"""Everything that is held on this machine: the files, and what was sent from them."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, NamedTuple

from reports.lifecycle import Event, State
from reports.spool.entry import read_entry
from reports.spool.records import RECEIPT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reports.spool.directory import Spool

_MAY_HAVE_LEFT = (State.SENT, State.QUEUED, State.QUARANTINE)
_LEFT_BY = frozenset({Event.DELIVER, Event.REJECT})


class HeldFile(NamedTuple):
    """One file below the home.

    Attributes:
        path: Where it is.
        name: The path below the home, with slashes.
        size: In bytes, when it was looked at.
        plain: Whether it is a regular file; anything else is told, never followed.
        seen: Whether it could be looked at; a folder that may not be holds nobody knows
            what.
    """

    path: Path
    name: str
    size: int
    plain: bool
    seen: bool = True


def held_files(root: Path) -> Iterator[HeldFile]:
    """Every file below ``root``, in the order of their names; no link is followed.

    Last, the folders that may not be looked into.
    """
    closed: list[OSError] = []
    for folder, folders, files in os.walk(root, onerror=closed.append):
        folders.sort()
        for name in sorted([*files, *_links(folder, folders)]):
            path = root.__class__(folder, name)
            try:
                found = path.lstat()
            except FileNotFoundError:
                continue  # it moved on meanwhile
            except OSError:
                yield _unseen(root, path)
                continue
            yield HeldFile(
                path,
                path.relative_to(root).as_posix(),
                found.st_size,
                stat.S_ISREG(found.st_mode),
            )
    for error in closed:
        path = root.__class__(error.filename)
        if os.path.lexists(path):
            yield _unseen(root, path)


def _unseen(root: Path, path: Path) -> HeldFile:
    return HeldFile(path, path.relative_to(root).as_posix(), 0, plain=False, seen=False)


def _links(folder: str, folders: list[str]) -> list[str]:
    """Links to folders: ``os.walk`` counts them among the folders."""
    links = [name for name in folders if os.path.islink(os.path.join(folder, name))]  # noqa: PTH114, PTH118 -- names as os.walk gives them
    for name in links:
        folders.remove(name)
    return links


def ids_that_left(spool: Spool) -> dict[str, str]:
    """Ids of all reports of which a server may have something, each with its place.

    Sent ones, with the host and port of their receipt; and those of which it is not
    known (an answer may have been lost, a server may have kept what it refused), with
    an empty place.
    """
    found = dict.fromkeys(_from_ledger(spool), "")
    for state in _MAY_HAVE_LEFT:
        for one in spool.walk(state):
            found[one.id] = _host(spool.folder(one), state)
    return found


def _from_ledger(spool: Spool) -> Iterator[str]:
    for line in spool.ledger():
        if line.before in _MAY_HAVE_LEFT or line.event in _LEFT_BY:
            yield line.id


def _host(folder: Path, state: State) -> str:
    if not os.path.lexists(folder / RECEIPT):
        return ""
    try:
        receipt = read_entry(folder, state).receipt
    except Exception:  # noqa: BLE001 -- a damaged one still has its id
        return ""
    return "" if receipt is None else receipt.host
