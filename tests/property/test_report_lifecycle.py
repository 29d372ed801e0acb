"""Any history of the spool agrees with the table of moves, and the sums add up."""

from __future__ import annotations

import os
import resource
import shutil
import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from reports.errors import ReportNotFoundError, ReportStateError, StorageError
from reports.home import open_home
from reports.lifecycle import MOVES, Event, State
from reports.spool.directory import Spool
from reports.spool.fates import Fate, take_fates
from reports.spool.records import Withheld
from reports.spool.retention import Limits
from reports.spool.sweep import Swept, sweep
from reports.spool.trim import trim
from tests.doubles.sample_payload import digests, sample_payload
from tests.doubles.sample_receipt import sample_receipt

NOW = datetime(2026, 3, 5, tzinfo=UTC)
LINE = 250
"""More than a line of the ledger takes, and half a line that was there before."""

DECIDES = {
    Event.DELIVER: Fate.SENT,
    Event.REJECT: Fate.SET_ASIDE,
    Event.SUSPECT: Fate.SET_ASIDE,
    Event.DISCARD: Fate.REFUSED,
    Event.WITHDRAW: Fate.REFUSED,
    Event.DROP: Fate.DROPPED,
}


class Life(RuleBasedStateMachine):
    """A spool and, beside it, a dictionary of what must be in it."""

    reports = Bundle("reports")

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="crashwatch-life-"))
        self.spool = Spool(open_home(self.folder / "home"), now=lambda: NOW)
        self.model: dict[str, State] = {}
        self.payloads = {}
        self.fates: dict[str, Fate] = {}

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)

    def expect(self, report_id: str, event: Event, act) -> bool:
        """Do what the table says is legal, and be refused what it says is not."""
        before = self.model[report_id]
        after = MOVES.get((before, event))
        try:
            act()
        except ReportStateError:
            assert after is None, f"{before} cannot {event}, though the table says so"
            return False
        except ReportNotFoundError:
            assert before is State.DISCARDED
            return False
        assert after is not None, f"{before} could {event}, though the table forbids it"
        self.model[report_id] = after
        if self.fates[report_id] is Fate.WAITING:
            self.fates[report_id] = DECIDES.get(event, Fate.WAITING)
        return True

    @rule(target=reports, minidump=st.booleans())
    def add(self, minidump):
        payload = sample_payload(minidump=b"MDMP" if minidump else None)
        self.spool.add(payload)
        self.payloads[payload.id] = payload
        self.model[payload.id] = State.PENDING
        self.fates[payload.id] = Fate.WAITING
        return payload.id

    @rule(limit=st.integers(0, 1200))
    def add_without_room(self, limit):
        """No file may grow beyond ``limit``: all is stored, or one line remains."""
        payload = sample_payload(padding=os.urandom(300).hex())
        ledger = self.spool.ledger_path
        held = ledger.stat().st_size if ledger.exists() else 0
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (held + limit, hard))
        try:
            self.spool.add(payload)
        except StorageError:
            noted = {line.id for line in self.spool.ledger()}
            if payload.id not in noted:
                assert limit < LINE
                return
            self.model[payload.id] = State.DISCARDED
            self.fates[payload.id] = Fate.DROPPED
        else:
            self.model[payload.id] = State.PENDING
            self.fates[payload.id] = Fate.WAITING
            self.payloads[payload.id] = payload
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    @rule(count=st.integers(0, 6))
    def trim(self, count):
        for drop in trim(self.spool, Limits(count=count)):
            before = self.model[drop.id]
            self.model[drop.id] = MOVES[before, Event.DROP]
            if self.fates[drop.id] is Fate.WAITING:
                self.fates[drop.id] = Fate.DROPPED

    @rule(target=reports)
    def withhold(self):
        payload = sample_payload()
        record = Withheld(id=payload.id, category="crash", created=NOW, rules=("home",))
        self.spool.withhold(record)
        self.payloads[payload.id] = payload
        self.model[payload.id] = State.WITHHELD
        self.fates[payload.id] = Fate.WITHHELD
        return payload.id

    @rule(report=reports)
    def add_again(self, report):
        if self.model[report] in (State.PENDING, State.QUEUED, State.SENT):
            found = self.spool.add(self.payloads[report])
            assert found.state is self.model[report]

    @rule(report=reports, prefix=st.integers(16, 32))
    def approve(self, report, prefix):
        agreed = digests(self.payloads[report])
        self.expect(
            report,
            Event.APPROVE,
            lambda: self.spool.approve(report[:prefix], agreed, how="prompt"),
        )

    @rule(report=reports)
    def deliver(self, report):
        receipt = sample_receipt(self.payloads[report])
        self.expect(report, Event.DELIVER, lambda: self.spool.deliver(receipt))

    @rule(
        report=reports,
        event=st.sampled_from([Event.DISCARD, Event.WITHDRAW, Event.DROP]),
    )
    def discard(self, report, event):
        self.expect(
            report, event, lambda: self.spool.discard(report, event=event, why="test")
        )

    @rule(report=reports, event=st.sampled_from([Event.REJECT, Event.SUSPECT]))
    def set_aside(self, report, event):
        self.expect(report, event, lambda: self.spool.set_aside(report, event, "test"))

    @rule()
    def sweep(self):
        assert sweep(self.spool) == Swept()

    @rule()
    def restart(self):
        self.spool = Spool(open_home(self.folder / "home"), now=lambda: NOW)

    @invariant()
    def the_folders_agree_with_the_model(self):
        if not hasattr(self, "spool"):
            return
        there = {row.id: row.state for row in self.spool.list_reports()}
        expected = {i: s for i, s in self.model.items() if s is not State.DISCARDED}
        assert there == expected

    @invariant()
    def what_was_captured_is_what_became_of_it(self):
        """Captured = waiting + sent + withheld + refused + dropped + set aside."""
        if not hasattr(self, "spool"):
            return
        fates = take_fates(self.spool)
        assert fates.captured == len(self.fates)
        counted = Counter(self.fates.values())
        assert fates.counts == {fate: counted[fate] for fate in Fate}
        told = Counter()
        for (fate, _why), count in fates.reasons.items():
            told[fate] += count
        for fate in (Fate.REFUSED, Fate.DROPPED, Fate.SET_ASIDE):
            assert told[fate] == counted[fate]

    @invariant()
    def only_what_was_agreed_to_is_queued(self):
        if not hasattr(self, "spool"):
            return
        for found in self.spool.walk(State.QUEUED, State.SENT):
            stored = self.spool.read(found.id)
            assert stored.approved_items == self.payloads[found.id].items


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=50, stateful_step_count=30, deadline=None)
