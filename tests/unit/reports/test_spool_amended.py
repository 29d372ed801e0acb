"""A pending report is queued in another form, or waits as before."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime

import pytest

from reports.errors import (
    ConsentError,
    ReportNotFoundError,
    ReportStateError,
    StorageError,
)
from reports.home import open_home
from reports.lifecycle import State
from reports.spool.amended import approve_amended
from reports.spool.directory import Spool
from reports.spool.sweep import Swept, sweep
from tests.doubles.sample_payload import digests, sample_payload

ID = "a" * 32
NOW = datetime(2026, 3, 5, tzinfo=UTC)
DUMP = b"MDMP" * 100


@pytest.fixture
def spool(tmp_path):
    spool = Spool(open_home(tmp_path / "home"), now=lambda: NOW)
    spool.add(sample_payload(ID, minidump=DUMP))
    return spool


def amended():
    return sample_payload(ID, minidump=DUMP, padding=" and a comment")


def files_of(spool, state):
    folder = spool.home.in_state(state) / ID
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_what_is_queued_is_what_was_agreed_to(spool):
    origin = files_of(spool, State.PENDING)["origin.json"]
    approval = approve_amended(
        spool, amended(), digests(amended()), how="prompt", sequence=7
    )
    stored = spool.read(ID)
    assert stored.summary.state is State.QUEUED
    assert stored.envelope == amended().envelope
    assert stored.approval == approval
    assert (approval.how, approval.sequence, approval.when) == ("prompt", 7, NOW)
    assert approval.digests == digests(amended())
    assert files_of(spool, State.QUEUED)["origin.json"] == origin
    assert list(spool.home.in_state(State.PENDING).iterdir()) == []
    assert spool.ledger() == ()


def test_the_minidump_may_be_left_out(spool):
    event, _ = amended().items
    approve_amended(spool, amended(), {event.sha256}, how="window")
    stored = spool.read(ID)
    assert stored.approved_items == (event,)
    assert stored.items == amended().items


@pytest.mark.parametrize("agreed", ["nothing", "the dump", "the event as it waited"])
def test_what_was_not_shown_is_not_agreed_to(spool, agreed):
    before, (_, dump) = files_of(spool, State.PENDING), amended().items
    waited = sample_payload(ID, minidump=DUMP)
    wrong = {"nothing": (), "the dump": {dump.sha256}}.get(agreed, digests(waited))
    with pytest.raises(ConsentError, match="not the one that was agreed to"):
        approve_amended(spool, amended(), wrong, how="window")
    assert files_of(spool, State.PENDING) == before
    assert not spool.home.in_state(State.QUEUED).is_dir()


def test_only_a_pending_report_can_be_queued_so(spool):
    approve_amended(spool, amended(), digests(amended()), how="prompt")
    with pytest.raises(ReportStateError):
        approve_amended(spool, amended(), digests(amended()), how="prompt")
    other = sample_payload("b" * 32)
    with pytest.raises(ReportNotFoundError):
        approve_amended(spool, other, digests(other), how="prompt")


def test_a_disk_without_room_leaves_it_waiting_as_it_was(spool, monkeypatch):
    before = files_of(spool, State.PENDING)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("reports.spool.amended.store_whole", full)
    with pytest.raises(StorageError, match="could not queue the report: No space"):
        approve_amended(spool, amended(), digests(amended()), how="prompt")
    assert spool.find(ID).state is State.PENDING
    assert files_of(spool, State.PENDING) == before


def leave_both(spool):
    """As a death between the two steps does."""
    pending = spool.home.in_state(State.PENDING) / ID
    shutil.copytree(pending, pending.parent / "copy")
    approve_amended(spool, amended(), digests(amended()), how="prompt")
    (pending.parent / "copy").rename(pending)


def test_of_both_that_a_death_left_every_reader_takes_the_agreed_one(spool):
    leave_both(spool)
    assert spool.find(ID[:8]).state is State.QUEUED
    assert spool.read(ID).envelope == amended().envelope
    assert [row.state for row in spool.list_reports()] == [State.QUEUED]
    assert sweep(spool) == Swept(removed=1)
    assert list(spool.home.in_state(State.PENDING).iterdir()) == []
    assert spool.read(ID).envelope == amended().envelope
    assert spool.ledger() == ()


def test_a_sweep_keeps_the_pending_one_where_the_other_is_damaged(spool):
    leave_both(spool)
    (spool.home.in_state(State.QUEUED) / ID / "approval.json").write_bytes(b"{}")
    sweep(spool)
    assert (spool.home.in_state(State.PENDING) / ID / "envelope.zst").is_file()
