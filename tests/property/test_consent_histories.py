"""Whatever happens to consent, nothing is allowed that the person did not allow.

The model knows the true order of events and nothing of files, clocks or sequences.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from reports.consent.decision import Approval, Recorded, decide
from reports.consent.record import (
    Category,
    Given,
    Occasion,
    Terms,
    granted_state,
    refused_state,
    unanswered_state,
)
from reports.consent.record_file import choose, load_consent
from reports.consent.switches import Switches

CATEGORIES = st.sampled_from(Category)
WORDS = ["grant", "refuse", "forget"]
STATES = {
    "grant": granted_state,
    "refuse": refused_state,
    "forget": unanswered_state,
}


@dataclass
class Event:
    """Something the person chose: its place in the true order."""

    order: int
    word: str
    terms: Terms


@dataclass
class Thing:
    """Something recorded, and what was approved about it."""

    category: Category
    order: int
    recorded: Recorded
    approval: Approval | None = None
    approved_at: int = -1


class Histories(RuleBasedStateMachine):
    """Choices, recordings, approvals, clock jumps, new terms, spoiled files."""

    @initialize()
    def begin(self):
        self.folder = tempfile.TemporaryDirectory()
        self.record = Path(self.folder.name) / "consent.json"
        self.log = Path(self.folder.name) / "consent.log"
        self.clock = datetime(2026, 3, 1, tzinfo=UTC)
        self.terms = Terms(1, "0" * 64)
        self.order = 0
        self.last: dict[Category, Event] = {}
        self.things: list[Thing] = []
        self.spoiled = False
        self.ever_spoiled = False
        self.clock_went_back = False

    def teardown(self):
        if hasattr(self, "folder"):
            self.folder.cleanup()

    def tick(self):
        self.order += 1
        self.clock += timedelta(seconds=1)

    def load(self):
        return load_consent(self.record, self.log, terms=self.terms, now=self.clock)

    @rule(categories=st.sets(CATEGORIES, min_size=1), word=st.sampled_from(WORDS))
    def choose(self, categories, word):
        self.tick()
        occasion = Occasion(Given.CLI, self.clock, self.terms, "0.1.0")
        wishes = {category: STATES[word](category) for category in categories}
        choose(self.record, self.log, wishes, occasion)
        for category in categories:
            self.last[category] = Event(self.order, word, self.terms)
        self.spoiled = False

    @rule(category=CATEGORIES)
    def record_something(self, category):
        self.tick()
        recorded = Recorded(self.clock, self.load().sequence)
        self.things.append(Thing(category, self.order, recorded))

    @precondition(lambda self: self.things)
    @rule(data=st.data())
    def approve(self, data):
        self.tick()
        thing = data.draw(st.sampled_from(self.things))
        thing.approval = Approval(Given.PROMPT, self.load().sequence)
        thing.approved_at = self.order

    @rule(seconds=st.integers(-100_000_000, 100_000_000))
    def jump(self, seconds):
        self.clock += timedelta(seconds=seconds)
        self.clock_went_back |= seconds < 0

    @rule(digit=st.sampled_from("01"), version=st.integers(1, 2))
    def new_terms(self, digit, version):
        self.terms = Terms(version, digit * 64)

    @precondition(lambda self: not self.spoiled and self.record.exists())
    @rule(how=st.sampled_from(["remove", "cut", "binary"]), keep=st.floats(0, 0.99))
    def spoil_the_record(self, how, keep):
        data = self.record.read_bytes()
        if how == "remove":
            self.record.unlink()
        elif how == "cut":
            self.record.write_bytes(data[: int(len(data) * keep) - 2])
        else:
            self.record.write_bytes(b"\x7f\x00" + data)
        self.spoiled = self.ever_spoiled = True

    @precondition(lambda self: not self.spoiled and self.log.exists())
    @rule(how=st.sampled_from(["remove", "cut"]))
    def spoil_the_log(self, how):
        if how == "remove":
            self.log.unlink()
        else:
            self.log.write_bytes(self.log.read_bytes()[:-7])
        self.spoiled = self.ever_spoiled = True

    def may(self, thing):
        """What the person allowed, by the true order alone."""
        last = self.last.get(thing.category)
        if thing.approval is not None and not (
            last and last.word == "refuse" and last.order > thing.approved_at
        ):
            return True
        return bool(
            last
            and last.word == "grant"
            and last.terms == self.terms
            and last.order < thing.order
        )

    @invariant()
    def nothing_is_allowed_that_was_not(self):
        if not hasattr(self, "things"):
            return
        consent = self.load()
        for thing in self.things:
            answer = decide(
                thing.category,
                consent,
                Switches(),
                recorded=thing.recorded,
                approval=thing.approval,
            )
            if answer.allowed:
                assert self.may(thing), (thing, self.last)
            elif not self.ever_spoiled and not self.clock_went_back:
                assert not self.may(thing), (thing, self.last, answer)

    @invariant()
    def a_refusal_beats_an_operator(self):
        if not hasattr(self, "last"):
            return
        consent = self.load()
        switches = Switches(
            headless_since=datetime(2020, 1, 1, tzinfo=UTC),
            operator=frozenset(Category),
        )
        for category, event in self.last.items():
            if event.word == "refuse":
                recorded = Recorded(self.clock)
                answer = decide(category, consent, switches, recorded=recorded)
                assert not answer.allowed or self.ever_spoiled
                assert not answer.collect or self.ever_spoiled


TestHistories = Histories.TestCase
TestHistories.settings = hypothesis.settings(
    max_examples=150, stateful_step_count=30, deadline=None
)
