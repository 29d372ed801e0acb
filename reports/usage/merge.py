"""Counter files of dead terminals become days, each count exactly once.

Under one lock, a batch of runs at a time:

1. read every section that nobody fills any more: all of a dead terminal, the closed
   ones of a living one;
2. for each day, one new file with these sections added and their names among
   ``merged``, put in the old one's place at once and on the disk;
3. remove the folders of the dead; then, on the disk too, forget their names.

Who dies after 2 finds the names when he begins again, and adds nothing twice; who dies
before it finds the files as they were. A file that cannot be read is moved to
``usage/damaged`` whole and never looked at again: one that was opened anew in every
process has made programs hang (golang/go#68311).
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from typing import TYPE_CHECKING, NamedTuple

from reports.errors import StorageError
from reports.spool import durable
from reports.spool.lock import exclusive
from reports.usage.counter_file import (
    COUNTERS,
    ENDING,
    is_alive,
    read_counter_file,
    remove_unfinished,
    this_boot,
)
from reports.usage.days import Days, keep_damaged
from reports.usage.summary import add_section, day_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from reports.consent.record import Category
    from reports.home import Home
    from reports.usage.counter_layout import Place, Section

BATCH = 256
"""Runs merged with one write of each day."""

_RUN = re.compile(r"[0-9a-f]{16}")
_PATIENCE_SECONDS = 10.0


class Merged(NamedTuple):
    """What a merge did.

    Attributes:
        runs: Dead terminals whose counts are in the days now.
        damaged: Those set aside.
    """

    runs: int = 0
    damaged: int = 0


class Found(NamedTuple):
    """One run's folder as it was read."""

    name: str
    alive: bool
    damaged: bool
    sections: tuple[tuple[str, Section, tuple[Place, ...]], ...]
    open_day: int


def merge(
    home: Home,
    allowed: Mapping[Category, int],
    *,
    patience: float = _PATIENCE_SECONDS,
) -> Merged:
    """Merge what nobody fills any more.

    Args:
        home: One that ``open_home`` checked.
        allowed: The grants in force, by their sequence numbers.
        patience: Seconds to wait for another process that merges.

    Raises:
        StorageError: Another process keeps the lock, or a folder cannot be used.
        OSError: The disk is full; nothing is lost, the next merge takes it up.
    """
    if not home.runs.is_dir():
        return Merged()
    days = Days(home)
    home.make_folder(home.usage)
    total = Merged()
    with exclusive(home.usage / ".lock", patience=patience):
        names = run_names(home)
        for start in range(0, len(names), BATCH):
            done = _merge_batch(home, allowed, names[start : start + BATCH])
            total = Merged(total.runs + done.runs, total.damaged + done.damaged)
        days.forget(set(run_names(home)))
        remove_unfinished(home)
    return total


def run_names(home: Home) -> list[str]:
    """The runs there are, in no order that means anything."""
    try:
        return sorted(n for n in os.listdir(home.runs) if _RUN.fullmatch(n))  # noqa: PTH208
    except FileNotFoundError:
        return []


def read_runs(home: Home) -> Iterator[Found]:
    """Everything that is counted and not merged, the living ones' open days too."""
    boot = this_boot()
    for name in run_names(home):
        with contextlib.suppress(FileNotFoundError):
            yield read_run(home.runs / name, boot, with_open=True)


def read_run(folder: Path, boot: bytes, *, with_open: bool = False) -> Found:
    """One run.

    Args:
        folder: ``runs/<id>``.
        boot: ``this_boot()``.
        with_open: Also the section that a living terminal still fills.

    Raises:
        FileNotFoundError: It is gone meanwhile.
    """
    sections: list[tuple[str, Section, tuple[Place, ...]]] = []
    alive = damaged = False
    open_day = 0
    for name in (COUNTERS, ENDING):
        path = folder / name
        try:
            file = read_counter_file(path)
        except FileNotFoundError:
            if not folder.is_dir():
                raise
            continue
        except (StorageError, OSError):
            damaged = True
            continue
        closed = list(enumerate(file.sections))
        if name == COUNTERS and is_alive(path, file, boot):
            alive = True
            open_day = closed[-1][1].day if closed else 0
            closed = closed if with_open else closed[:-1]
        sections += [
            (f"{folder.name}/{name}/{number}", section, file.places)
            for number, section in closed
        ]
    return Found(folder.name, alive, damaged, tuple(sections), open_day)


def _merge_batch(
    home: Home, allowed: Mapping[Category, int], names: list[str]
) -> Merged:
    days, boot = Days(home), this_boot()
    found = [read_run(home.runs / name, boot) for name in names]
    fresh: dict[date, list[tuple[str, Section, tuple[Place, ...]]]] = {}
    for run in found:
        for entry in run.sections:
            fresh.setdefault(day_of(entry[1].day), []).append(entry)
    for day, entries in fresh.items():
        before = counts = days.read(day)
        for source, section, places in entries:
            counts = add_section(counts, source, section, places, allowed)
        if counts != before:
            days.write(counts)
    dead = [run for run in found if not run.alive]
    for run in dead:
        _remove(home, run)
    if dead:
        durable.sync_folder(home.runs)
    return Merged(len(dead), sum(run.damaged for run in dead))


def _remove(home: Home, run: Found) -> None:
    folder = home.runs / run.name
    if run.damaged:
        keep_damaged(home, folder)
    else:
        shutil.rmtree(folder, ignore_errors=True)
