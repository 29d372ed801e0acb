"""No room, in the middle of any write: on a real small disk, and by RLIMIT_FSIZE.

A life of reports is begun with so much room and then with a little more, until it
needs no more: so each write is once the one for which there is none.
"""

from __future__ import annotations

import os
import resource
import subprocess
from contextlib import ExitStack, contextmanager

import pytest

from reports.errors import ReportNotFoundError, ReportStateError, StorageError
from reports.home import open_home
from reports.lifecycle import STORED, Event, State
from reports.spool import reserve
from reports.spool.directory import Spool
from reports.spool.fates import Fate, take_fates
from reports.spool.sweep import Swept, sweep
from tests.doubles.small_disk import small_disk
from tests.doubles.spool_life import (
    GONE,
    KEPT,
    LIFE_STEPS,
    NOW,
    REFUSED,
    payload_of,
)

PAGE = 4096
LINE = 400
"""More than two lines of the ledger, one of them cut short."""


def live(spool):
    """Take all steps; which of them were refused, and said so."""
    refused = []
    for name, step in LIFE_STEPS:
        try:
            step(spool)
        except (StorageError, ReportNotFoundError, ReportStateError):
            refused.append(name)
    return refused


def check_whole(spool):
    """Nothing half, nothing twice, nothing foreign; every report has its one fate."""
    assert sweep(spool) == Swept()
    seen = [found.id for found in spool.walk()]
    assert len(seen) == len(set(seen))
    for state in STORED:
        folder = spool.home.in_state(state)
        names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
        assert names <= {KEPT, GONE, REFUSED}
    for found in spool.walk():
        assert found.state is not State.QUARANTINE
        stored = spool.read(found.id)
        if found.state is not State.WITHHELD:
            assert stored.envelope == payload_of(found.id).envelope
        assert (stored.receipt is not None) == (found.state is State.SENT)


@contextmanager
def no_file_beyond(limit):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def mounted(tmp_path):
    """Mounts a disk of a size, for one test."""
    with ExitStack() as stack:
        yield lambda size: stack.enter_context(small_disk(tmp_path / "disk", size))


def test_no_file_may_grow_beyond_any_size(mounted):
    folder, ends = mounted("16m"), {}
    for limit in range(0, 1000, 17):
        spool = Spool(open_home(folder / str(limit)), now=lambda: NOW)
        with no_file_beyond(limit):
            refused = live(spool)
        check_whole(spool)
        fates = take_fates(spool)
        if limit > LINE:
            # Stored or dropped: none of the three left no trace at all.
            assert fates.captured == len({KEPT, GONE, REFUSED})
        ends[limit] = tuple(refused)
    assert ends[0] == tuple(name for name, _ in LIFE_STEPS)
    assert ends[max(ends)] == ()
    assert len(set(ends.values())) > 3
    print(f"{len(ends)} limits, {len(set(ends.values()))} different ends; none is half")


def leave(disk, pages):
    """Fill the disk but for so many pages."""
    found = os.statvfs(disk)
    free = found.f_bavail * found.f_frsize - pages * PAGE
    (disk / "others").write_bytes(bytes(max(free, 0)))


def test_so_many_pages_are_left_on_a_real_disk(mounted):
    disk, ends = mounted("400k"), {}
    for pages in range(34):
        home = disk / f"home{pages}"
        spool = Spool(open_home(home), now=lambda: NOW)
        spool.home.make_folder(spool.home.reports)
        leave(disk, pages)
        ends[pages] = tuple(live(spool))
        check_whole(spool)
        fates = take_fates(spool)
        if pages:
            assert fates.captured == len({KEPT, GONE, REFUSED}), (pages, fates)
        lost = fates.counts[Fate.DROPPED]
        told = sum(line.event is Event.DROP for line in spool.ledger())
        assert lost <= told
        (disk / "others").unlink()
        subprocess.run(["rm", "-rf", home], check=True)
    assert "add" in ends[0]
    assert ends[max(ends)] == ()
    print(f"{len(ends)} disks, {len(set(ends.values()))} different ends; none is half")


def test_a_discard_makes_the_room_for_its_own_line(mounted):
    """In a home whose reserve is gone: no version before kept a page for lines."""
    spool = Spool(open_home(mounted("400k") / "home"), now=lambda: NOW)
    spool.add(payload_of(KEPT))
    for name in reserve.NAMES:
        (spool.home.reports / name).unlink()
    leave(spool.home.root.parent, 0)
    spool.discard(KEPT)
    assert [line.event for line in spool.ledger()] == [Event.DISCARD]
    assert list(spool.home.in_state(State.PENDING).iterdir()) == []
    assert sweep(spool) == Swept()
