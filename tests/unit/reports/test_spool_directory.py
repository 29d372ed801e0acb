"""The spool: what is stored, found, agreed to, moved and gone."""

from __future__ import annotations

import errno
import json
import os
import resource
import stat
from datetime import UTC, datetime

import msgspec
import pytest

from reports.consent.switches import NO_REGION_RULE
from reports.crash_report import CrashReport
from reports.envelope import build_envelope
from reports.errors import (
    ConsentError,
    ReportNotFoundError,
    ReportStateError,
    StorageError,
)
from reports.home import open_home, read_home
from reports.lifecycle import STORED, Event, State
from reports.payload import Item
from reports.spool.agreement import origin_of
from reports.spool.damage import NewerEntryError
from reports.spool.directory import Spool
from reports.spool.listing import Found
from reports.spool.records import Withheld, digest_of, encoded
from tests.doubles.sample_payload import digests, sample_payload
from tests.doubles.sample_receipt import sample_receipt
from tests.doubles.stored_bytes import (
    FORMS,
    contents,
    plain,
    put,
    put_in_form,
    report_in,
)

NOW = datetime(2026, 3, 5, tzinfo=UTC)
ID = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def spool(tmp_path):
    return Spool(open_home(tmp_path / "home"), now=lambda: NOW, patience=0.2)


def files_below(folder):
    return sorted(p for p in folder.rglob("*") if p.is_file())


class TestAdd:
    def test_the_entry_holds_exactly_the_payload(self, spool):
        payload = sample_payload(minidump=b"MDMP")
        assert spool.add(payload) == Found(payload.id, State.PENDING)
        folder = spool.home.in_state(State.PENDING) / payload.id
        assert {p.name: plain(p) for p in folder.iterdir()} == {
            "report.json.zst": payload.report_json,
            "envelope.zst": payload.envelope,
            "origin.json": encoded(origin_of(payload.id, NOW, NO_REGION_RULE)),
        }

    def test_everything_is_private_whatever_the_umask(self, spool):
        previous = os.umask(0)
        try:
            spool.add(sample_payload())
        finally:
            os.umask(previous)
        for path in spool.home.root.rglob("*"):
            wanted = 0o700 if path.is_dir() else 0o600
            assert stat.S_IMODE(path.stat().st_mode) == wanted, path

    def test_the_same_payload_again_stays_one(self, spool):
        payload = sample_payload()
        spool.add(payload)
        spool.approve(payload.id, digests(payload), how="prompt")
        assert spool.add(payload) == Found(payload.id, State.QUEUED)
        assert len(spool.list_reports()) == 1

    def test_no_room_leaves_nothing_and_says_so(self, spool):
        spool.add(sample_payload())
        before = files_below(spool.home.root)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (512, hard))
        try:
            with pytest.raises(StorageError, match="could not store the report") as it:
                spool.add(sample_payload(padding=os.urandom(2048).hex()))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert it.value.__cause__.errno == errno.EFBIG
        left = {path.name for path in {*files_below(spool.home.root)} - {*before}}
        assert left == {".lock", "ledger"}
        assert len(spool.list_reports()) == 1
        (line,) = spool.ledger()
        assert (line.before, line.event) == (State.NEW, Event.DROP)
        assert line.why == "File too large"

    def test_an_oversized_envelope_is_not_stored_and_counted(self, spool):
        with pytest.raises(StorageError, match="larger than"):
            spool.add(sample_payload(minidump=bytes(20 * 1024 * 1024)))
        assert spool.list_reports() == ()
        assert [line.event for line in spool.ledger()] == [Event.DROP]


class TestReading:
    def test_an_absent_home_has_no_reports_and_stays_absent(self, tmp_path):
        spool = Spool(read_home(tmp_path / "none"))
        assert spool.list_reports() == ()
        assert spool.ledger() == ()
        with pytest.raises(ReportNotFoundError):
            spool.find("abcd")
        assert not (tmp_path / "none").exists()

    def test_a_row_has_the_keys_of_the_contract(self, spool):
        payload = sample_payload(ID)
        spool.add(payload)
        folder = spool.home.in_state(State.PENDING) / ID
        (row,) = spool.list_reports()
        assert msgspec.to_builtins(row) == {
            "id": ID,
            "state": "pending",
            "category": "crash",
            "created": "2026-03-04T05:06:07Z",
            "program": "pachyterm",
            "reason": {"kind": "signal", "signal": "SIGSEGV"},
            "bytes": len(payload.envelope),
            "since": "2026-03-05T00:00:00Z",
            "stored_bytes": sum(p.stat().st_size for p in files_below(folder)),
        }

    def test_rows_are_oldest_first_and_by_state(self, spool):
        for day in (3, 1, 2):
            spool.add(sample_payload(created=f"2026-01-0{day}T00:00:00Z"))
        assert [row.created.day for row in spool.list_reports()] == [1, 2, 3]
        assert spool.list_reports(State.QUEUED, State.SENT) == ()

    def test_the_report_decodes_as_a_crash_report(self, spool):
        payload = sample_payload(ID)
        spool.add(payload)
        stored = spool.read("0123")
        report = msgspec.json.decode(stored.report_json, type=CrashReport)
        assert report.id == ID
        assert stored.items == payload.items
        assert stored.approval is None

    @pytest.mark.parametrize("prefix", ["", "012", "g123", "0123456789ABCDEF", "../.."])
    def test_a_prefix_is_four_hexadecimal_digits_or_more(self, spool, prefix):
        with pytest.raises(ReportNotFoundError, match="at least the first 4"):
            spool.find(prefix)

    def test_a_prefix_must_be_of_one_report(self, spool):
        spool.add(sample_payload("0123" + "0" * 28))
        spool.add(sample_payload("0123" + "1" * 28))
        with pytest.raises(ReportNotFoundError, match="2 reports begin with 0123"):
            spool.find("0123")
        assert spool.find("01231").id == "0123" + "1" * 28

    def test_an_unknown_id_is_said(self, spool):
        with pytest.raises(ReportNotFoundError, match="no report begins with beef"):
            spool.read("beef")


class TestApprove:
    def test_the_approval_is_bound_to_each_item(self, spool):
        payload = sample_payload(minidump=b"MDMP")
        spool.add(payload)
        spool.approve(payload.id[:8], digests(payload), how="prompt")
        stored = spool.read(payload.id)
        assert stored.summary.state is State.QUEUED
        assert stored.approval.digests == digests(payload)
        assert (stored.approval.when, stored.approval.how) == (NOW, "prompt")
        assert stored.approved_items == payload.items

    def test_the_event_alone_may_be_agreed_to(self, spool):
        payload = sample_payload(minidump=b"MDMP")
        spool.add(payload)
        spool.approve(payload.id, {payload.items[0].sha256}, how="prompt")
        assert spool.read(payload.id).approved_items == payload.items[:1]

    def test_other_digests_queue_nothing(self, spool):
        payload = sample_payload(minidump=b"MDMP")
        spool.add(payload)
        for wrong in ({"0" * 64}, set(), digests(payload) | {"0" * 64}):
            with pytest.raises(ConsentError, match="not the one that was agreed to"):
                spool.approve(payload.id, wrong, how="prompt")
        with pytest.raises(ConsentError):
            spool.approve(payload.id, {payload.items[1].sha256}, how="prompt")
        assert spool.find(payload.id).state is State.PENDING

    def test_a_record_that_would_not_decode_again_is_not_written(self, spool):
        payload = sample_payload()
        spool.add(payload)
        with pytest.raises(ValueError, match="how"):
            spool.approve(payload.id, digests(payload), how="Send once!")
        assert spool.find(payload.id).state is State.PENDING
        record = Withheld(id=ID, category="crash", created=NOW, rules=("Not A Word",))
        with pytest.raises(ValueError, match="rules"):
            spool.withhold(record)
        assert len(spool.list_reports()) == 1

    def test_twice_is_not_a_legal_move(self, spool):
        payload = sample_payload()
        spool.add(payload)
        spool.approve(payload.id, digests(payload), how="prompt")
        with pytest.raises(ReportStateError, match="queued cannot be approved"):
            spool.approve(payload.id, digests(payload), how="prompt")

    @pytest.mark.parametrize("form", FORMS)
    def test_a_change_after_the_approval_is_noticed(self, spool, form):
        payload, other = sample_payload(ID), sample_payload(ID, padding="!")
        spool.add(payload)
        spool.approve(ID, digests(payload), how="prompt")
        folder = spool.home.in_state(State.QUEUED) / ID
        put_in_form(folder, form)
        put(folder, "envelope", other.envelope)
        with pytest.raises(StorageError, match="not what was agreed to"):
            spool.read(ID)

    @pytest.mark.parametrize("form", FORMS)
    def test_a_lost_minidump_after_the_approval_is_noticed(self, spool, form):
        payload = sample_payload(ID, minidump=b"MDMP")
        spool.add(payload)
        spool.approve(ID, digests(payload), how="prompt")
        folder = spool.home.in_state(State.QUEUED) / ID
        put_in_form(folder, form)
        put(folder, "envelope", build_envelope(ID, payload.items[:1]))
        with pytest.raises(StorageError, match="not what was agreed to"):
            spool.read(ID)

    def test_a_report_moved_by_hand_was_not_agreed_to(self, spool):
        payload = sample_payload(ID)
        spool.add(payload)
        queued = spool.home.make_folder(spool.home.in_state(State.QUEUED))
        (spool.home.in_state(State.PENDING) / ID).rename(queued / ID)
        with pytest.raises(StorageError, match="nobody agreed"):
            spool.read(ID)

    def test_an_approval_of_a_newer_version_is_none(self, spool):
        payload = sample_payload(ID)
        spool.add(payload)
        spool.approve(ID, digests(payload), how="prompt")
        file = spool.home.in_state(State.QUEUED) / ID / "approval.json"
        record = json.loads(file.read_bytes())
        file.write_text(json.dumps(record | {"schema": 2}))
        with pytest.raises(NewerEntryError, match="form is number 2"):
            spool.read(ID)

    def test_a_report_of_a_newer_version_is_not_agreed_to(self, spool):
        spool.add(sample_payload(ID))
        folder = spool.home.in_state(State.PENDING) / ID
        report = report_in(folder) | {"schema": 2}
        put(folder, "report.json", json.dumps(report).encode())
        with pytest.raises(NewerEntryError, match="form is number 2"):
            spool.approve(ID, digests(sample_payload(ID)), how="cli")
        assert spool.find(ID).state is State.PENDING

    def test_an_approval_in_a_pending_entry_is_not_in_force(self, spool):
        payload = sample_payload(ID)
        spool.add(payload)
        spool.approve(ID, digests(payload), how="prompt")
        (spool.home.in_state(State.QUEUED) / ID).rename(
            spool.home.in_state(State.PENDING) / ID
        )
        assert spool.read(ID).approval is None


class TestLeaving:
    def test_a_delivered_report_keeps_its_bytes_and_its_receipt(self, spool):
        payload = sample_payload(minidump=b"MDMP")
        spool.add(payload)
        spool.approve(payload.id, digests(payload), how="prompt")
        receipt = sample_receipt(payload)
        spool.deliver(receipt)
        stored = spool.read(payload.id)
        assert stored.summary.state is State.SENT
        assert stored.receipt == receipt
        assert stored.envelope == payload.envelope

    def test_a_pending_report_cannot_be_delivered(self, spool):
        payload = sample_payload()
        spool.add(payload)
        with pytest.raises(ReportStateError, match="pending cannot be delivered"):
            spool.deliver(sample_receipt(payload))
        assert len(files_below(spool.home.in_state(State.PENDING))) == 3

    def test_a_discarded_report_leaves_one_line_without_content(self, spool):
        payload = sample_payload(padding="SECRET")
        spool.add(payload)
        spool.discard(payload.id)
        assert spool.list_reports() == ()
        (line,) = spool.ledger()
        assert (line.id, line.before, line.event) == (
            payload.id,
            State.PENDING,
            Event.DISCARD,
        )
        for path in files_below(spool.home.root):
            assert b"SECRET" not in contents(path)
        assert not any(payload.id in p.name for p in spool.home.root.rglob("*"))

    def test_a_rejected_report_is_kept_aside(self, spool):
        payload = sample_payload()
        spool.add(payload)
        spool.approve(payload.id, digests(payload), how="prompt")
        spool.set_aside(payload.id, Event.REJECT, "HTTP 400")
        assert spool.find(payload.id).state is State.QUARANTINE
        assert spool.ledger()[-1].why == "HTTP 400"
        (row,) = spool.list_reports(State.QUARANTINE)
        assert row.program == "pachyterm"

    def test_withheld_keeps_the_rules_and_nothing_else(self, spool):
        record = Withheld(id=ID, category="crash", created=NOW, rules=("login", "home"))
        assert spool.withhold(record) == Found(ID, State.WITHHELD)
        (row,) = spool.list_reports()
        assert (row.state, row.program, row.bytes) == (State.WITHHELD, "", 0)
        assert spool.read_withheld(ID[:4]) == record
        assert spool.read(ID).envelope == b""

    def test_a_report_that_was_not_withheld_has_no_reason(self, spool):
        payload = sample_payload()
        spool.add(payload)
        with pytest.raises(StorageError, match=r"withheld\.json is missing"):
            spool.read_withheld(payload.id)


def test_a_busy_spool_is_said_and_nothing_moves(spool):
    payload = sample_payload()
    spool.add(payload)
    with spool.moving("test"), pytest.raises(StorageError, match="another crashwatch"):
        spool.discard(payload.id)
    assert spool.find(payload.id).state is State.PENDING


def test_adding_waits_for_nobody(spool):
    with spool.moving("test"):
        spool.add(sample_payload())
    assert len(spool.list_reports()) == 1


@pytest.mark.parametrize("state", STORED)
def test_a_link_in_place_of_a_state_is_refused(spool, tmp_path, state):
    spool.home.make_folder(spool.home.reports)
    (tmp_path / "elsewhere").mkdir()
    spool.home.in_state(state).symlink_to(tmp_path / "elsewhere")
    payload = sample_payload(ID)
    record = Withheld(id=ID, category="crash", created=NOW, rules=())
    if state is State.PENDING:
        with pytest.raises(StorageError, match="symbolic link"):
            spool.add(payload)
    elif state is State.WITHHELD:
        with pytest.raises(StorageError, match="symbolic link"):
            spool.withhold(record)
    elif state is State.QUEUED:
        spool.add(payload)
        with pytest.raises(StorageError, match="symbolic link"):
            spool.approve(ID, digests(payload), how="cli")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_an_item_is_described_by_its_digest():
    item = digest_of(Item("event", "", b"{}"))
    assert (item.bytes, item.sha256[:8]) == (2, "44136fa3")
