"""The reading half of the spool: reports found and listed; nothing is changed.

A list of a thousand loads this and not the other half.
"""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING, NamedTuple

from reports.errors import ReportNotFoundError, StorageError
from reports.lifecycle import STORED, State
from reports.spool.damage import DamagedEntryError
from reports.spool.summary import damaged_summary, read_summary

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reports.home import Home
    from reports.spool.summary import Summary

REPORT_ID = re.compile(r"[0-9a-f]{32}")
_PREFIX = re.compile(r"[0-9a-f]{4,32}")


class Found(NamedTuple):
    """Where a report is."""

    id: str
    state: State


class Listing:
    """The reports of one home, to be looked at. Making one touches nothing.

    Attributes:
        home: As ``open_home`` or ``read_home`` gives it.
    """

    def __init__(self, home: Home) -> None:
        self.home = home
        self._folders = {state: str(home.in_state(state)) for state in STORED}

    def list_reports(self, *states: State, dated: bool = True) -> tuple[Summary, ...]:
        """What is stored in these states (all, if none is named), oldest first.

        Without ``dated`` no ``since`` is looked for, which halves the work. Damaged
        entries are left out; ``sweep`` puts them into quarantine.
        """
        rows: dict[str, Summary] = {}
        for found in self.walk(*states):
            with contextlib.suppress(FileNotFoundError, StorageError):
                rows[found.id] = self.summary(found, dated=dated)
        return tuple(sorted(rows.values(), key=lambda row: (row.created, row.id)))

    def walk(self, *states: State) -> Iterator[Found]:
        """Name what is stored, in no order, without opening it."""
        for state in states or STORED:
            for name in names_in(self.home.in_state(state)):
                if REPORT_ID.fullmatch(name):
                    yield Found(name, state)

    def find(self, prefix: str) -> Found:
        """Find the one report whose id begins with ``prefix``, at least 4 digits.

        Raises:
            ReportNotFoundError: None does, or several do.
        """
        hint = "`crashwatch reports list` shows the ids."
        if not _PREFIX.fullmatch(prefix):
            raise ReportNotFoundError(
                "a report id is 32 hexadecimal digits, or at least the first 4",
                hint=hint,
            )
        matches = {f.id: f for f in self._candidates(prefix)}
        if not matches:
            raise ReportNotFoundError(f"no report begins with {prefix}", hint=hint)
        if len(matches) > 1:
            raise ReportNotFoundError(
                f"{len(matches)} reports begin with {prefix}: give more digits",
                hint=hint,
            )
        return matches.popitem()[1]

    def folder(self, found: Found) -> Path:
        """The entry's folder."""
        return self.home.in_state(found.state) / found.id

    def _candidates(self, prefix: str) -> Iterator[Found]:
        if len(prefix) < 32:
            yield from (f for f in self.walk() if f.id.startswith(prefix))
            return
        # Ten thousand reports are sent by their full ids: no listing for each.
        for found in (Found(prefix, state) for state in STORED):
            if os.path.lexists(self.folder(found)):
                yield found

    def summary(self, found: Found, *, dated: bool = True) -> Summary:
        """One row of the list; of one that is set aside, at least that it is there.

        Raises:
            FileNotFoundError, DamagedEntryError, StorageError: As ``read_summary``.
        """
        folder = f"{self._folders[found.state]}/{found.id}"
        try:
            return read_summary(folder, found.state, dated=dated)
        except DamagedEntryError:
            if found.state is not State.QUARANTINE:
                raise
            return damaged_summary(folder)


def names_in(folder: Path) -> tuple[str, ...]:
    """Names in a folder; none when there is no folder."""
    try:
        return tuple(os.listdir(folder))  # noqa: PTH208 -- no Path for each
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise StorageError(f"{folder} cannot be read: {error.strerror}") from error
