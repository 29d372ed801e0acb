"""The files ``usage/<day>.counts``: read, replaced whole, set aside when damaged."""

from __future__ import annotations

import contextlib
import os
import shutil
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from reports.errors import StorageError
from reports.spool import durable
from reports.usage.summary import DayCounts, decode_day, encode_day, without

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from reports.consent.record import Category
    from reports.home import Home

SUFFIX = ".counts"
DAMAGED = "damaged"

_LARGEST = 4 * 1024 * 1024
_MOST_DAMAGED = 20


class Days:
    """The days of one home. Reading creates nothing; who writes holds the lock."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def listed(self) -> tuple[date, ...]:
        """The days there are, oldest first."""
        try:
            names = os.listdir(self._home.usage)  # noqa: PTH208 -- no Path for each
        except FileNotFoundError:
            return ()
        found: list[date] = []
        for name in names:
            if name.endswith(SUFFIX):
                with contextlib.suppress(ValueError):
                    found.append(date.fromisoformat(name.removesuffix(SUFFIX)))
        return tuple(sorted(found))

    def read(self, day: date) -> DayCounts:
        """A day's counts; empty where there are none or they cannot be read."""
        try:
            with durable.opened_folder(self._home.usage) as folder:
                data = durable.read(folder, _name(day), _LARGEST)
            counts = decode_day(data)
        except FileNotFoundError:
            return DayCounts(day=day)
        except (OSError, StorageError):
            return DayCounts(day=day)
        return counts if counts.day == day else DayCounts(day=day)

    def write(self, counts: DayCounts) -> None:
        """Replace a day's file. What was there and is damaged is kept aside.

        Raises:
            OSError: The disk is full.
        """
        data = encode_day(counts)
        path = self._home.usage / _name(counts.day)
        if os.path.lexists(path) and not self._is_sound(counts.day):
            keep_damaged(self._home, path)
        with durable.opened_folder(self._home.usage) as folder:
            durable.replace(folder, _name(counts.day), data)

    def _is_sound(self, day: date) -> bool:
        try:
            with durable.opened_folder(self._home.usage) as folder:
                return decode_day(durable.read(folder, _name(day), _LARGEST)).day == day
        except (OSError, StorageError):
            return False

    def forget(self, runs: set[str]) -> None:
        """Drop the names of sections whose run is not there any more."""
        for day in self.listed():
            counts = self.read(day)
            kept = tuple(s for s in counts.merged if s.partition("/")[0] in runs)
            if kept != counts.merged:
                self.write(msgspec.structs.replace(counts, merged=kept))

    def withdraw(self, categories: Collection[Category]) -> None:
        """Remove what was counted of these categories."""
        for day in self.listed():
            counts = self.read(day)
            left = without(counts, categories)
            if left != counts:
                self.write(left)

    def remove(self, day: date) -> None:
        """Remove a day."""
        with contextlib.suppress(FileNotFoundError):
            (self._home.usage / _name(day)).unlink()


def keep_damaged(home: Home, path: Path) -> None:
    """Move a file or folder aside, where nothing opens it again; a few are kept."""
    folder = home.make_folder(home.usage / DAMAGED)
    names = sorted(os.listdir(folder), key=lambda n: (folder / n).lstat().st_mtime)  # noqa: PTH208
    for name in names[: max(0, len(names) - _MOST_DAMAGED + 1)]:
        _remove_any(folder / name)
    target = folder / path.name
    if os.path.lexists(target):
        _remove_any(target)
    path.rename(target)


def _remove_any(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _name(day: date) -> str:
    return f"{day.isoformat()}{SUFFIX}"
