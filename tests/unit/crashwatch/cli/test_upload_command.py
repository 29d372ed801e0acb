"""A grant reaches no report that was queued before it, whatever the clock did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crashwatch.cli.delivering import recorded_of
from reports.consent.decision import decide
from reports.consent.record import Category, Given, Occasion, Terms
from reports.consent.record_file import grant, load_consent, revoke
from reports.consent.switches import Switches
from reports.upload.gate import Question

TERMS = Terms(1, "0" * 64)
NOW = datetime(2026, 3, 5, tzinfo=UTC)


@pytest.mark.parametrize("how", ["always", "headless"])
def test_a_clock_set_back_does_not_make_a_later_grant_an_earlier_one(tmp_path, how):
    record, log = tmp_path / "consent.json", tmp_path / "consent.log"

    def occasion(when):
        return Occasion(Given.CLI, when, TERMS, "0.1.0")

    queued = grant(record, log, [Category.CRASH], occasion(NOW)).sequence
    question = Question("1" * 32, "crash", NOW + timedelta(hours=1), how, queued)
    revoke(record, log, [Category.CRASH], occasion(NOW + timedelta(hours=2)))
    before = NOW - timedelta(days=1)
    grant(record, log, [Category.CRASH], occasion(before))
    consent = load_consent(record, log, terms=TERMS, now=before)
    recorded = recorded_of(question)
    answer = decide(Category.CRASH, consent, Switches(), recorded=recorded)
    assert not answer.allowed


def test_the_grant_it_was_queued_by_still_holds(tmp_path):
    record, log = tmp_path / "consent.json", tmp_path / "consent.log"
    occasion = Occasion(Given.CLI, NOW, TERMS, "0.1.0")
    queued = grant(record, log, [Category.CRASH], occasion).sequence
    question = Question("1" * 32, "crash", NOW, "always", queued)
    consent = load_consent(record, log, terms=TERMS, now=NOW)
    recorded = recorded_of(question)
    assert decide(Category.CRASH, consent, Switches(), recorded=recorded).allowed
