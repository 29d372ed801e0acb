"""The sweep: what deaths and strangers left is put in order, and blocks nobody."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import msgspec
import pytest

from reports.home import open_home
from reports.lifecycle import Event, State
from reports.spool import durable
from reports.spool.directory import Spool
from reports.spool.lock import try_lock
from reports.spool.sweep import Swept, sweep
from tests.doubles.requirement import IN_CI
from tests.doubles.sample_payload import digests, sample_payload
from tests.doubles.sample_receipt import sample_receipt
from tests.doubles.stored_bytes import FORMS, change, put, put_in_form, stored_file

NOW = datetime(2026, 3, 5, tzinfo=UTC)
ID = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def spool(tmp_path):
    return Spool(open_home(tmp_path / "home"), now=lambda: NOW, patience=0.2)


@pytest.fixture
def pending(spool):
    """The folder of one good pending report."""
    spool.add(sample_payload(ID))
    return spool.home.in_state(State.PENDING) / ID


def test_there_is_nothing_to_do_in_an_absent_or_a_good_spool(spool):
    assert sweep(spool) == Swept()
    assert not spool.home.reports.exists()
    spool.add(sample_payload())
    assert sweep(spool) == Swept()


def test_a_dead_writers_folder_goes(spool, pending):
    left = pending.with_name(".new-" + "1" * 32 + "-abcd")
    left.mkdir()
    (left / "report.json").write_text("{")
    assert sweep(spool).removed == 1
    assert [path.name for path in pending.parent.iterdir()] == [ID]


def test_a_living_writers_folder_stays(spool, pending):
    live = pending.with_name(".new-" + "1" * 32 + "-abcd")
    live.mkdir()
    with durable.opened_folder(live) as handle:
        assert try_lock(handle)
        assert sweep(spool).removed == 0
    assert live.exists()


def test_an_unfinished_discard_is_finished_and_counted_once(spool, pending):
    hidden = pending.with_name(f".gone-withdraw-{ID}")
    pending.rename(hidden)
    assert sweep(spool).removed == 1
    assert not hidden.exists()
    (line,) = spool.ledger()
    assert (line.id, line.before, line.event) == (ID, State.PENDING, Event.WITHDRAW)
    hidden.mkdir()
    sweep(spool)
    assert len(spool.ledger()) == 1


@pytest.mark.parametrize("name", [f".gone-approve-{ID}", ".gone-x", ".gone-discard-.."])
def test_a_hidden_name_that_is_no_discard_is_left_alone(spool, pending, name):
    pending.rename(pending.with_name(name))
    assert sweep(spool) == Swept()
    assert pending.with_name(name).exists()
    assert spool.ledger() == ()


def test_a_delivery_whose_move_was_missing_is_settled(spool, pending):
    payload = sample_payload(ID)
    spool.approve(ID, digests(payload), how="prompt")
    receipt = sample_receipt(payload)
    file = spool.home.in_state(State.QUEUED) / ID / "receipt.json"
    file.write_bytes(msgspec.json.encode(receipt))
    assert sweep(spool).settled == (ID,)
    assert spool.read(ID).receipt == receipt
    assert spool.find(ID).state is State.SENT


def test_another_reports_receipt_settles_nothing(spool, pending):
    payload = sample_payload(ID)
    spool.approve(ID, digests(payload), how="prompt")
    file = spool.home.in_state(State.QUEUED) / ID / "receipt.json"
    file.write_text('{"id": "' + "1" * 32 + '"}')
    assert sweep(spool).settled == ()
    assert spool.find(ID).state is State.QUEUED


def cut(folder):
    os.truncate(stored_file(folder, "report.json"), 20)


def empty(folder):
    os.truncate(stored_file(folder, "report.json"), 0)


def lacking_envelope(folder):
    stored_file(folder, "envelope").unlink()


def lacking_report(folder):
    stored_file(folder, "report.json").unlink()


def oversized_report(folder):
    os.truncate(stored_file(folder, "report.json"), 5 * 1024 * 1024)


def oversized_envelope(folder):
    os.truncate(stored_file(folder, "envelope"), 21 * 1024 * 1024)


def linked_envelope(folder):
    file = stored_file(folder, "envelope")
    file.rename(folder / "real")
    file.symlink_to("real")


def fifo_report(folder):
    file = stored_file(folder, "report.json")
    file.unlink()
    os.mkfifo(file)


def folder_report(folder):
    file = stored_file(folder, "report.json")
    file.unlink()
    file.mkdir()


def foreign_report(folder):
    os.chown(stored_file(folder, "report.json"), 12345, 12345)


def another_reports_name(folder):
    folder.rename(folder.with_name("1" * 32))


def control_characters(folder):
    change(folder, "report.json", lambda d: d.replace(b"pachyterm", b"\\u001b[31m"))


def illegible_text(folder):
    change(folder, "report.json", lambda d: d.replace(b"SIGSEGV", b"SI\x99SEGV"))


def nested_without_end(folder):
    put(folder, "report.json", b'{"x":' + b"[" * 200_000)


FAULTS = [
    illegible_text,
    nested_without_end,
    cut,
    empty,
    lacking_envelope,
    lacking_report,
    oversized_report,
    oversized_envelope,
    linked_envelope,
    fifo_report,
    folder_report,
    pytest.param(
        foreign_report,
        marks=pytest.mark.skipif(
            os.geteuid() != 0 and not IN_CI,
            reason="giving a file away needs root: run the tests in a container",
        ),
    ),
    another_reports_name,
    control_characters,
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_damaged_entry_is_set_aside_and_the_rest_stays(spool, pending, fault, form):
    good = sample_payload()
    spool.add(good)
    put_in_form(pending, form)
    fault(pending)
    assert [row.id for row in spool.list_reports()] == [good.id]
    swept = sweep(spool)
    assert len(swept.quarantined) == 1
    assert swept.stuck == ()
    assert [found.id for found in spool.walk(State.PENDING)] == [good.id]
    assert len(list(spool.walk(State.QUARANTINE))) == 1
    assert spool.ledger()[-1].event is Event.SUSPECT
    assert sweep(spool) == Swept()
    assert len(spool.list_reports(State.QUARANTINE)) == 1


@pytest.mark.parametrize("name", ["notes.txt", "\x1b[31m", "x" * 200, ID.upper()])
@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_a_foreign_name_is_set_aside_under_an_id(spool, pending, name, kind):
    stranger = pending.with_name(name)
    if kind == "file":
        stranger.write_text("x")
    elif kind == "folder":
        stranger.mkdir()
    else:
        stranger.symlink_to("/")
    assert sweep(spool).quarantined == (name,)
    (row,) = spool.list_reports(State.QUARANTINE)
    assert (len(row.id), row.category) == (32, "unknown")
    spool.discard(row.id)
    assert spool.list_reports(State.QUARANTINE) == ()


def test_an_id_quarantined_twice_keeps_both(spool, pending):
    for _ in range(2):
        spool.add(sample_payload(ID))
        cut(pending)
        sweep(spool)
    assert len(list(spool.walk(State.QUARANTINE))) == 2


def test_an_entry_that_cannot_be_moved_is_named_and_blocks_nobody(spool, pending):
    cut(pending)
    spool.home.in_state(State.QUARANTINE).symlink_to("nowhere")
    good = sample_payload()
    spool.add(good)
    assert sweep(spool).stuck == (ID,)
    assert good.id in [row.id for row in spool.list_reports(State.PENDING)]
