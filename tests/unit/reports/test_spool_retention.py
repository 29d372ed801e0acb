"""What goes when there is too much of it, on a small disk and by the table."""

from __future__ import annotations

import contextlib
import os
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.errors import StorageError
from reports.home import open_home
from reports.lifecycle import STORED, Event, State
from reports.spool import reserve
from reports.spool.directory import Spool
from reports.spool.fates import Fate, take_fates
from reports.spool.records import Withheld
from reports.spool.retention import (
    Drop,
    Limits,
    ages,
    least_valuable_first,
    to_drop,
)
from reports.spool.summary import Summary
from reports.spool.sweep import Swept, sweep
from reports.spool.trim import trim, trim_if_needed
from tests.doubles.requirement import require
from tests.doubles.sample_payload import digests, sample_payload
from tests.doubles.sample_receipt import sample_receipt
from tests.doubles.upload_bench import Time

NOW = datetime(2026, 3, 5, tzinfo=UTC)


def row(name, state=State.PENDING, category="crash", days=1, size=10):
    created = NOW - timedelta(days=days)
    return Summary(name, state, category, created, "p", None, 9 * size, None, size)


rows = st.lists(
    st.builds(
        row,
        st.uuids().map(lambda u: u.hex),
        st.sampled_from(STORED),
        st.sampled_from(["crash", "usage", "plugins", "unknown"]),
        st.integers(-400, 400),
        st.integers(0, 100),
    ),
    max_size=12,
    unique_by=lambda row: row.id,
)


class TestChoice:
    def test_the_order_in_which_reports_go(self):
        order = [
            row("sent crash", State.SENT, days=9),
            row("unknown", category="unknown"),
            row("old usage", category="usage", days=8),
            row("new usage", category="usage", days=2),
            row("agreed usage", State.QUEUED, category="usage", days=9),
            row("old crash", days=8),
            row("new crash", days=2),
            row("agreed crash", State.QUEUED, days=9),
        ]
        chosen = least_valuable_first(reversed(order))
        assert [r.id for r in chosen] == [r.id for r in order]

    @given(rows, st.integers(0, 12), st.integers(0, 500))
    def test_what_stays_is_within_the_limits(self, rows, count, size):
        limits = Limits(bytes=size, count=count)
        drops = to_drop(rows, NOW, limits)
        dropped = {drop.id for drop in drops}
        assert len(dropped) == len(drops)
        left = [r for r in rows if r.id not in dropped]
        assert len(left) <= count
        only_reasons = all(r.state is State.WITHHELD for r in left)
        assert only_reasons or sum(r.stored_bytes for r in left) <= size
        for r in left:
            assert NOW - r.created <= limits.ages[r.state]

    @given(rows)
    def test_within_the_limits_only_age_counts(self, rows):
        assert {drop.why for drop in to_drop(rows, NOW, Limits())} <= {"too old"}

    def test_a_clock_set_back_makes_nothing_old(self):
        future = [row("x", days=-400)]
        assert to_drop(future, NOW, Limits()) == ()

    def test_a_withheld_record_frees_no_bytes_and_stays(self):
        rows = [row("w", State.WITHHELD, size=2), row("p", size=20)]
        assert to_drop(rows, NOW, Limits(bytes=5)) == (Drop("p", "too many bytes"),)
        assert to_drop(rows[:1], NOW, Limits(bytes=1)) == ()

    def test_what_counts_is_what_lies_on_the_disk(self):
        rows = [row(str(n), size=20) for n in range(3)]
        assert sum(one.bytes for one in rows) > 60
        assert to_drop(rows, NOW, Limits(bytes=60)) == ()

    def test_a_strangers_large_file_in_quarantine_goes_first(self):
        rows = [row("p", size=20), row("q", State.QUARANTINE, size=90)]
        assert to_drop(rows, NOW, Limits(bytes=50)) == (Drop("q", "too many bytes"),)


class TestTrim:
    @pytest.fixture
    def spool(self, tmp_path):
        return Spool(open_home(tmp_path / "home"), now=lambda: NOW)

    def test_each_drop_is_counted_with_its_reason(self, spool):
        for day in range(1, 6):
            spool.add(sample_payload(created=f"2026-03-0{day}T00:00:00Z"))
        dropped = trim(spool, Limits(count=3))
        assert [drop.why for drop in dropped] == ["too many reports"] * 2
        left = [r.created.day for r in spool.list_reports()]
        assert left == [3, 4, 5]
        account = take_fates(spool)
        assert account.captured == 5
        assert account.counts[Fate.DROPPED] == 2
        assert account.reasons == {(Fate.DROPPED, "too many reports"): 2}

    def test_a_sent_report_that_is_dropped_stays_sent_in_the_account(self, spool):
        spool.add(sample_payload(created="2020-01-01T00:00:00Z"))
        spool.now = lambda: NOW + timedelta(days=31)
        (kept,) = spool.list_reports()
        queued = spool.home.make_folder(spool.home.in_state(State.SENT))
        assert queued
        assert take_fates(spool).counts[Fate.SENT] == 0
        assert trim(spool) == (Drop(kept.id, "too old"),)
        assert take_fates(spool).captured == 1


DAYS = {
    State.PENDING: 30,
    State.QUEUED: 21,
    State.SENT: 30,
    State.WITHHELD: 30,
    State.QUARANTINE: 30,
}


class TestDays:
    """Each state's time, with a clock that is moved."""

    @pytest.fixture
    def clock(self):
        return Time(NOW)

    @pytest.fixture
    def spool(self, tmp_path, clock):
        return Spool(open_home(tmp_path / "home"), now=lambda: clock.now)

    def put(self, spool, state):
        """A report that comes into ``state`` now."""
        if state is State.WITHHELD:
            record = Withheld(
                id="1" * 32, category="crash", created=spool.now(), rules=("home",)
            )
            return spool.withhold(record).id
        payload = sample_payload(created=spool.now().isoformat())
        spool.add(payload)
        if state in (State.QUEUED, State.SENT):
            spool.approve(payload.id, digests(payload), how="prompt")
        if state is State.SENT:
            spool.deliver(sample_receipt(payload, when=spool.now()))
        if state is State.QUARANTINE:
            spool.set_aside(payload.id, Event.SUSPECT, "a test")
        return payload.id

    @pytest.mark.parametrize("state", STORED)
    def test_to_the_day(self, spool, clock, state):
        put = self.put(spool, state)
        clock.now = NOW + timedelta(days=DAYS[state])
        assert trim(spool) == ()
        clock.now += timedelta(seconds=1)
        assert trim(spool) == (Drop(put, "too old"),)
        assert spool.list_reports() == ()
        assert not any(spool.home.in_state(state).iterdir())

    @pytest.mark.parametrize("state", STORED)
    def test_a_clock_set_back_a_year_neither_deletes_nor_brings_back(
        self, spool, clock, state
    ):
        clock.now = NOW + timedelta(days=400)
        gone = self.put(spool, State.PENDING)
        clock.now += timedelta(days=31)
        assert trim(spool) == (Drop(gone, "too old"),)
        kept = self.put(spool, state)
        clock.now -= timedelta(days=365)
        assert trim(spool) == ()
        assert [row.id for row in spool.list_reports()] == [kept]
        clock.now += timedelta(days=365)
        assert trim(spool) == ()
        clock.now += timedelta(days=31)
        assert trim(spool) == (Drop(kept, "too old"),)

    def test_three_weeks_for_the_server_begin_with_the_yes(self, spool, clock):
        payload = sample_payload(created=NOW.isoformat())
        spool.add(payload)
        clock.now = NOW + timedelta(days=29)
        spool.approve(payload.id, digests(payload), how="prompt")
        clock.now = NOW + timedelta(days=49)
        assert trim(spool) == ()
        clock.now = NOW + timedelta(days=51)
        assert trim(spool) == (Drop(payload.id, "too old"),)

    def test_a_dump_from_long_ago_gets_its_month(self, spool, clock):
        payload = sample_payload(created="2020-01-01T00:00:00Z")
        spool.add(payload)
        assert trim(spool) == ()
        clock.now = NOW + timedelta(days=31)
        assert len(trim(spool)) == 1

    @pytest.mark.parametrize("state", STORED)
    def test_shortened(self, spool, clock, state):
        self.put(spool, state)
        clock.now = NOW + timedelta(days=3)
        assert len(trim(spool, Limits(ages=ages({state: 2})))) == 1


class TestAfterEachWrite:
    @pytest.fixture
    def spool(self, tmp_path):
        limits = Limits(count=3, bytes=1_000_000)
        return Spool(
            open_home(tmp_path / "home"),
            after_write=lambda spool: trim_if_needed(spool, limits),
        )

    def test_count(self, spool):
        for _ in range(5):
            spool.add(sample_payload())
            assert len(spool.list_reports()) <= 3
        assert [line.why for line in spool.ledger()] == ["too many reports"] * 2

    def test_bytes(self, spool):
        for _ in range(3):
            spool.add(sample_payload(minidump=os.urandom(400_000)))
        rows = spool.list_reports()
        assert len(rows) == 2
        assert sum(row.stored_bytes for row in rows) <= 1_000_000

    def test_age_by_the_clock_of_the_folders(self, spool):
        spool.add(sample_payload(created=datetime.now(UTC).isoformat()))
        spool.now = lambda: datetime.now(UTC) + timedelta(days=31)
        late = sample_payload(created=spool.now().isoformat())
        spool.add(late)
        assert [row.id for row in spool.list_reports()] == [late.id]

    def test_withheld_ones_count(self, spool):
        now = datetime.now(UTC)
        for number in range(5):
            spool.withhold(
                Withheld(
                    id=f"{number:032x}", category="crash", created=now, rules=("home",)
                )
            )
        assert len(spool.list_reports()) == 3

    def test_it_reads_no_report_while_nothing_is_beyond(self, spool, monkeypatch):
        spool.add(sample_payload())
        reads = []
        monkeypatch.setattr(spool, "list_reports", lambda *_: reads.append(1))
        spool.add(sample_payload())
        assert reads == []


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 512 KiB, really full when it is full."""
    disk = tmp_path / "disk"
    disk.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", disk],
        check=False,
        capture_output=True,
    )
    require(
        done.returncode == 0,
        "a small tmpfs cannot be mounted",
        "run the tests as root with CAP_SYS_ADMIN",
    )
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


class TestFullDisk:
    @pytest.fixture
    def spool(self, small_disk):
        return Spool(open_home(small_disk / "home"), now=lambda: NOW)

    @staticmethod
    def fill(spool):
        with (spool.home.root.parent / "others").open("ab", buffering=0) as file:
            for size in (65_536, 4096, 1):
                with contextlib.suppress(OSError):
                    while file.write(bytes(size)):
                        pass

    def test_the_oldest_goes_for_the_newest_and_is_counted(self, spool):
        added = [
            sample_payload(
                created=f"2026-01-{day:02}T00:00:00Z", minidump=os.urandom(50_000)
            )
            for day in range(1, 16)
        ]
        for payload in added:
            spool.add(payload)
        left = [r.id for r in spool.list_reports()]
        assert 3 <= len(left) < len(added)
        assert left == [payload.id for payload in added[-len(left) :]]
        account = take_fates(spool)
        assert account.captured == len(added)
        assert account.reasons == {
            (Fate.DROPPED, "the disk is full"): len(added) - len(left)
        }
        assert sweep(spool) == Swept()

    def test_what_was_agreed_to_is_not_given_up(self, spool):
        agreed = sample_payload(
            created="2020-01-01T00:00:00Z", minidump=os.urandom(50_000)
        )
        spool.add(agreed)
        spool.approve(agreed.id, digests(agreed), how="prompt")
        for _ in range(12):
            spool.add(sample_payload(minidump=os.urandom(50_000)))
        assert spool.read(agreed.id).summary.state is State.QUEUED

    def test_a_crash_on_a_full_disk_leaves_its_line(self, spool):
        spool.add(sample_payload())
        (first,) = spool.list_reports()
        spool.approve(first.id, digests(sample_payload(first.id)), how="cli")
        self.fill(spool)
        payload = sample_payload(minidump=os.urandom(100_000))
        with pytest.raises(StorageError, match="No space left"):
            spool.add(payload)
        (line,) = spool.ledger()
        assert (line.id, line.before, line.event) == (
            payload.id,
            State.NEW,
            Event.DROP,
        )
        assert take_fates(spool).captured == 2
        assert spool.read(first.id).summary.state is State.QUEUED
        assert sweep(spool) == Swept()

    def test_a_full_disk_can_be_emptied(self, spool):
        payload = sample_payload(minidump=os.urandom(100_000))
        spool.add(payload)
        self.fill(spool)
        spool.discard(payload.id)
        assert spool.list_reports() == ()
        assert len(spool.ledger()) == 1

    def test_a_withheld_record_gets_its_room(self, spool):
        spool.add(sample_payload(minidump=os.urandom(100_000)))
        self.fill(spool)
        record = Withheld(id="1" * 32, category="crash", created=NOW, rules=("home",))
        assert spool.withhold(record).state is State.WITHHELD


def test_the_reserve_is_real_room_and_taken_once(tmp_path):
    reserve.keep(tmp_path)
    found = (tmp_path / reserve.NAME).stat()
    assert found.st_size == reserve.RESERVE_BYTES
    assert found.st_blocks * 512 >= reserve.RESERVE_BYTES
    reserve.keep(tmp_path)
    reserve.release(tmp_path)
    assert list(tmp_path.iterdir()) == []
