"""For any history, what a server received was allowed at the moment it was sent.

Grants, refusals, crashes, approvals, discards, uploads, clock jumps and kills, and
choices made in the middle of an upload: before any of the questions it asks. The model
knows the true order of events and the bytes that were agreed to, and nothing of files,
sequences or the gate. CRASHWATCH_TEST_HISTORIES=10000 sets how many are tried.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
)

from crashwatch.cli.delivering import recorded_of
from reports.consent.decision import Approval, Recorded, decide
from reports.consent.record import (
    Category,
    Given,
    Occasion,
    Terms,
    granted_state,
    refused_state,
)
from reports.consent.record_file import choose, load_consent
from reports.consent.switches import Switches
from reports.errors import ReportsError
from reports.home import open_home
from reports.spool.amended import approve_amended
from reports.spool.directory import Spool
from reports.upload.clock import Clock
from reports.upload.drain import Manners, drain
from reports.upload.dsn import parse_dsn
from tests.doubles.local_receiver import Receiver
from tests.doubles.sample_payload import digests, sample_payload
from tests.doubles.upload_bench import FAST

TERMS = Terms(1, "0" * 64)
HISTORIES = int(os.environ.get("CRASHWATCH_TEST_HISTORIES", "15"))
CATEGORIES = st.sampled_from([Category.CRASH, Category.USAGE])
HOWS = {"prompt": Given.PROMPT}


DUMP = b"MDMP\n\x00\xff\n"

TALLY: Counter[str] = Counter()


class KilledError(BaseException):
    """The uploader's death, at a question: nothing of ours catches it."""


@dataclass
class Report:
    """A report, as the model knows it."""

    payload: object
    category: Category
    order: int
    created: str
    agreed: tuple[object, ...]
    approved_at: int = -1
    by_standing: bool = False
    gone: bool = False


def items_in(envelope):
    """The data of each item, by the lengths that the items' heads tell."""
    rest = envelope.partition(b"\n")[2]
    while rest:
        head, _, rest = rest.partition(b"\n")
        size = json.loads(head)["length"]
        yield rest[:size]
        rest = rest[size + 1 :]


class UploadHistories(RuleBasedStateMachine):
    """One home, one server, one person."""

    receiver: Receiver

    @initialize()
    def begin(self):
        self.folder = tempfile.TemporaryDirectory()
        self.home = open_home(Path(self.folder.name) / "home")
        self.clock = datetime(2026, 3, 1, tzinfo=UTC)
        self.spool = Spool(self.home, now=lambda: self.clock, patience=0)
        self.order = 0
        self.last: dict[Category, tuple[int, str]] = {}
        self.reports: dict[str, Report] = {}
        self.receiver.requests.clear()
        self.receiver.stored.clear()

    def teardown(self):
        if hasattr(self, "folder"):
            self.folder.cleanup()

    def tick(self):
        self.order += 1
        self.clock += timedelta(seconds=1)

    def consent(self):
        record, log = self.home.consent_record, self.home.consent_log
        return load_consent(record, log, terms=TERMS, now=self.clock)

    def choose_now(self, category, word):
        self.tick()
        state = granted_state if word == "grant" else refused_state
        occasion = Occasion(Given.CLI, self.clock, TERMS, "0.1.0")
        record, log = self.home.consent_record, self.home.consent_log
        choose(record, log, {category: state(category)}, occasion)
        self.last[category] = self.order, word

    @rule(category=CATEGORIES, word=st.sampled_from(["grant", "refuse"]))
    def choose(self, category, word):
        self.choose_now(category, word)

    @rule(category=CATEGORIES, yes=st.booleans())
    def crash(self, category, yes):
        self.tick()
        payload = sample_payload(
            category=category.value, created=self.clock.isoformat()
        )
        self.spool.add(payload)
        created = self.clock.isoformat()
        report = Report(payload, category, self.order, created, payload.items)
        self.reports[payload.id] = report
        answer = decide(
            category, self.consent(), Switches(), recorded=Recorded(self.clock)
        )
        if answer.allowed:
            self.agree(report, "always")
        elif yes:
            self.agree(report, "prompt")

    def agree(self, report, how):
        self.tick()
        sequence = self.consent().sequence
        with contextlib.suppress(ReportsError):
            payload = report.payload
            self.spool.approve(payload.id, digests(payload), how=how, sequence=sequence)
            report.by_standing = how == "always"
            report.approved_at = self.order

    def some_report(self, data):
        return data.draw(st.sampled_from(list(self.reports.values())))

    @precondition(lambda self: self.reports)
    @rule(data=st.data())
    def approve(self, data):
        self.agree(self.some_report(data), "prompt")

    @precondition(lambda self: self.reports)
    @rule(data=st.data(), left_out=st.booleans())
    def approve_with_comment(self, data, left_out):
        """Agreed to in other bytes than it waited in, perhaps without its minidump:
        only those may go then."""
        report = self.some_report(data)
        self.tick()
        commented = sample_payload(
            report.payload.id,
            category=report.category.value,
            created=report.created,
            padding=" and a comment",
            minidump=DUMP,
        )
        agreed = commented.items[:1] if left_out else commented.items
        sequence = self.consent().sequence
        with contextlib.suppress(ReportsError):
            shown = [item.sha256 for item in agreed]
            approve_amended(
                self.spool, commented, shown, how="prompt", sequence=sequence
            )
            TALLY["commented, dump left out" if left_out else "commented"] += 1
            report.agreed = agreed
            report.by_standing = False
            report.approved_at = self.order

    @precondition(lambda self: self.reports)
    @rule(data=st.data())
    def discard(self, data):
        report = self.some_report(data)
        with contextlib.suppress(ReportsError):
            self.spool.discard(report.payload.id)
            report.gone = True

    @rule(days=st.integers(-400, 400))
    def jump(self, days):
        self.clock += timedelta(days=days)

    @precondition(lambda self: any(r.approved_at >= 0 for r in self.reports.values()))
    @rule(
        at=st.integers(0, 7),
        event=st.sampled_from(["refuse", "kill", "discard", "grant", "nothing"]),
        category=CATEGORIES,
        answer=st.sampled_from(["takes it", "breaks"]),
    )
    def upload(self, at, event, category, answer):
        """Something happens before question ``at`` of this upload."""
        self.receiver.usual = (
            type(self.receiver.usual)()
            if answer == "takes it"
            else type(self.receiver.usual)(status=503)
        )
        asked = [0]
        TALLY["uploads"] += 1
        self.wrong: list[object] = []
        self.seen = len(self.receiver.requests)

        def may_send(question):
            if threading.current_thread() is threading.main_thread():
                # The watchdog asks too; what happens in this history happens in order.
                self.check_new()
                asked[0] += 1
                if asked[0] == at + 1:
                    self.meanwhile(event, category, question.id)
            how = HOWS.get(question.how)
            approval = Approval(how, question.sequence) if how else None
            return decide(
                Category(question.category),
                self.consent(),
                Switches(),
                recorded=recorded_of(question),
                approval=approval,
            )

        clock = Clock(lambda: self.clock, lambda: 0.0, lambda _seconds: None)
        manners = Manners(daily_bytes=None, at_once=True, try_zstd=False)
        endpoint = parse_dsn(self.receiver.dsn)
        with contextlib.suppress(KilledError):
            drain(
                self.spool,
                endpoint,
                may_send,
                network=FAST,
                clock=clock,
                manners=manners,
            )
        self.check_new()
        # Not before: an error within a question only makes its answer a no.
        assert self.wrong == []

    def check_new(self):
        """Whoever asks the next question has the answer to what was sent before it."""
        for request in self.receiver.requests[self.seen :]:
            self.seen += 1
            TALLY["sent"] += 1
            report = self.reports.get(request.event_id)
            if report is None or not self.was_allowed(report, request):
                self.wrong.append((request, report, dict(self.last)))

    def meanwhile(self, event, category, report_id):
        TALLY[event] += 1
        if event == "kill":
            raise KilledError
        if event == "discard":
            with contextlib.suppress(ReportsError):
                self.spool.discard(report_id)
                self.reports[report_id].gone = True
        elif event != "nothing":
            self.choose_now(category, event)

    def was_allowed(self, report, request):
        """What the person allowed by the true order, at this moment."""
        sent = list(items_in(request.envelope))
        return (
            sent == [item.data for item in report.agreed]
            and not report.gone
            and self.may(report)
        )

    def may(self, report):
        last = self.last.get(report.category)
        if report.approved_at < 0:
            return False
        if last is None:
            return not report.by_standing
        order, word = last
        if word == "refuse":
            return not report.by_standing and order < report.approved_at
        return True if not report.by_standing else order < report.order


@pytest.fixture(scope="module", autouse=True)
def _receiver():
    with Receiver() as receiver:
        UploadHistories.receiver = receiver
        yield
    print(f"{HISTORIES} histories: {dict(TALLY)}")


TestUploadHistories = UploadHistories.TestCase
TestUploadHistories.settings = hypothesis.settings(
    max_examples=HISTORIES,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
