"""Time limits outside the spool: choices, ledger lines, counted days, receipts."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from reports.consent.log_retention import forget_replaced
from reports.consent.record import (
    Category,
    Given,
    Occasion,
    Terms,
    granted_state,
    refused_state,
)
from reports.consent.record_file import choose, load_consent, note_operator_consent
from reports.deletion_request import DeletionRequest
from reports.home import open_home
from reports.identity import anonymous_id, ids_until_now, open_secret, reset_secret
from reports.rights.upkeep import tidy
from reports.spool.directory import Spool
from reports.spool.retention import Limits
from reports.upload.requests import (
    TAKEN,
    Taken,
    keep_request,
    taken_requests,
    waiting_requests,
)
from tests.doubles.sample_payload import sample_payload

YEAR = timedelta(days=365)
NOW = datetime(2026, 3, 5, tzinfo=UTC)
TERMS = Terms(1, "0" * 64)


@pytest.fixture
def home(tmp_path):
    return open_home(tmp_path / "home")


def chosen(home, word, when, category=Category.USAGE):
    state = granted_state if word == "grant" else refused_state
    occasion = Occasion(Given.CLI, when, TERMS, "0.1.0")
    wishes = {category: state(category)}
    choose(home.consent_record, home.consent_log, wishes, occasion)


def lines(home):
    return home.consent_log.read_text().splitlines()


def kept(home, *, now, **changes):
    spool = Spool(home, now=lambda: now)
    limits = {"counters": timedelta(days=90), "log": 3 * YEAR} | changes
    return tidy(spool, Limits(), **limits)


class TestChoices:
    def test_one_goes_three_years_after_it_was_replaced(self, home):
        chosen(home, "grant", NOW - 5 * YEAR)
        chosen(home, "refuse", NOW - 3 * YEAR)
        chosen(home, "grant", NOW - YEAR)
        before = lines(home)
        assert kept(home, now=NOW).choices == 0
        assert kept(home, now=NOW + timedelta(seconds=1)).choices == 1
        assert lines(home) == before[1:]

    def test_what_stands_is_never_forgotten(self, home):
        chosen(home, "refuse", NOW - 9 * YEAR)
        chosen(home, "grant", NOW - 9 * YEAR, Category.PLUGINS)
        assert kept(home, now=NOW).choices == 0
        state = load_consent(
            home.consent_record, home.consent_log, terms=TERMS, now=NOW
        )
        assert [choice.state.value for choice in state.choices] == [
            "refused",
            "granted",
        ]

    def test_an_operators_line_ends_by_its_own_age_and_hides_no_refusal(self, home):
        chosen(home, "refuse", NOW - 5 * YEAR)
        occasion = Occasion(Given.HEADLESS_OPERATOR, NOW - 4 * YEAR, TERMS, "0.1.0")
        note_operator_consent(home.consent_log, [Category.USAGE], occasion)
        refusal, _ = lines(home)
        assert kept(home, now=NOW).choices == 1
        assert lines(home) == [refusal]

    def test_a_clock_set_back_forgets_nothing(self, home):
        for number in range(4):
            chosen(home, "grant", NOW + timedelta(days=number))
        assert forget_replaced(home.consent_log, NOW - YEAR - 3 * YEAR) == 0
        assert len(lines(home)) == 4

    def test_a_line_that_cannot_be_read_stays(self, home):
        chosen(home, "grant", NOW - 9 * YEAR)
        with home.consent_log.open("a") as log:
            log.write("torn\n")
        chosen(home, "refuse", NOW - 8 * YEAR)
        assert kept(home, now=NOW).choices == 1
        assert lines(home)[0] == "torn"
        assert len(lines(home)) == 2

    def test_a_log_that_cannot_be_believed_is_left_alone(self, home, tmp_path):
        (tmp_path / "other").write_text("x\n")
        home.consent_log.symlink_to(tmp_path / "other")
        assert kept(home, now=NOW).choices == 0
        assert (tmp_path / "other").read_text() == "x\n"


def test_ledger_lines_go_after_the_same_time(home):
    spool = Spool(home, now=lambda: NOW - 4 * YEAR)
    old = sample_payload()
    spool.add(old)
    spool.discard(old.id)
    spool.now = lambda: NOW
    new = sample_payload()
    spool.add(new)
    spool.discard(new.id)
    assert kept(home, now=NOW).lines == 1
    assert [line.id for line in spool.ledger()] == [new.id]


def test_counted_days_go_by_their_name(home):
    usage = home.make_folder(home.usage)
    for name in ("2025-12-04.counts", "2025-12-06.counts", "other"):
        (usage / name).write_text("x")
        (usage / name).chmod(0o600)
    os.utime(usage / "other", (0, 0))
    assert kept(home, now=NOW).days == 2
    assert [p.name for p in usage.iterdir()] == ["2025-12-06.counts"]
    assert kept(home, now=NOW - YEAR).days == 0


def test_a_request_stays_until_it_is_taken_and_its_receipt_a_month(home):
    request = DeletionRequest("f" * 32, date(2020, 1, 1), ("1" * 32,))
    keep_request(home, request, "127.0.0.1:1", NOW - 5 * YEAR)
    taken = Taken("e" * 32, NOW, "127.0.0.1:1", 200, 1, 0)
    path = home.deletion / f"{taken.id}{TAKEN}"
    path.write_bytes(msgspec.json.encode(taken))
    path.chmod(0o600)
    kept(home, now=NOW + timedelta(days=30))
    assert taken_requests(home) == (taken,)
    kept(home, now=NOW + timedelta(days=31))
    assert taken_requests(home) == ()
    (waiting,) = waiting_requests(home)
    assert waiting.request == request


def test_a_damaged_request_is_not_sent(home):
    keep_request(home, DeletionRequest("f" * 32, NOW.date(), ("1" * 32,)), "", NOW)
    (path,) = home.deletion.iterdir()
    path.write_bytes(path.read_bytes().replace(b"1" * 32, b"*" * 32))
    assert waiting_requests(home) == ()


class TestIdentity:
    def test_every_quarter_since_the_secret_was_drawn(self, home):
        secret = open_secret(home.identity)
        os.utime(home.identity, (0, datetime(2025, 8, 1, tzinfo=UTC).timestamp()))
        found = ids_until_now(home.identity, NOW, "https://a:443/1")
        assert list(found) == ["2025-Q3", "2025-Q4", "2026-Q1"]
        assert found["2026-Q1"] == anonymous_id(secret, NOW, "https://a:443/1")
        assert len(set(found.values())) == 3

    def test_none_without_a_secret_and_none_of_an_older_one(self, home):
        assert ids_until_now(home.identity, NOW, "x") == {}
        open_secret(home.identity)
        before = ids_until_now(home.identity, NOW, "x")
        reset_secret(home.identity)
        after = ids_until_now(home.identity, NOW, "x")
        assert not set(before.values()) & set(after.values())

    def test_at_most_three_years(self, home):
        open_secret(home.identity)
        os.utime(home.identity, (0, 0))
        found = ids_until_now(home.identity, NOW, "x")
        assert len(found) == 13
        assert "2023-Q1" in found
