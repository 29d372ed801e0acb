"""What a choice, a region and a start do to what is kept, seen from the shell."""

from __future__ import annotations

import functools
import json
import os
import re
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from crashwatch.distribution_file import load_distribution
from reports.home import open_home
from reports.identity import open_secret
from reports.lifecycle import STORED, Event, State
from reports.spool.directory import Spool
from reports.spool.records import Withheld
from tests.doubles.command_line import answer_here, crashwatch
from tests.doubles.local_receiver import Receiver
from tests.doubles.sample_payload import digests, sample_payload
from tests.doubles.sample_receipt import sample_receipt
from tests.doubles.upload_bench import queue

pytestmark = pytest.mark.process

REGIONS = """
[regions.eu]
dsn = "https://key@eu.example.invalid/1"
forbid = ["plugins"]
minimum_age = 16
sent_days = 7
[regions.us]
dsn = "https://key@us.example.invalid/1"
"""


@pytest.fixture
def home(crashwatch_home):
    return open_home(crashwatch_home)


@pytest.fixture
def spool(home):
    return Spool(home)


@pytest.fixture
def tell(capfd, monkeypatch):
    monkeypatch.setenv("TZ", "Etc/UTC")
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)

    def tell(*words, **variables):
        with monkeypatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            return answer_here(capfd, *words)

    return tell


def waiting(spool, *, queued=False, category="crash"):
    payload = sample_payload(
        category=category, created=datetime.now(UTC).isoformat(timespec="seconds")
    )
    spool.add(payload)
    if queued:
        spool.approve(payload.id, digests(payload), how="prompt")
    return payload.id


def set_up(home, text):
    home.config.write_text(text)
    home.config.chmod(0o600)


class TestRevoking:
    def test_deletes_what_was_not_sent_of_that_category_only(self, spool, tell):
        gone = [waiting(spool), waiting(spool, queued=True)]
        kept = waiting(spool, queued=True, category="usage")
        told = tell("consent", "revoke", "crash")
        assert "2 reports not sent yet: deleted." in told.out
        assert [row.id for row in spool.list_reports()] == [kept]
        assert {line.id for line in spool.ledger()} == set(gone)
        assert {line.event.value for line in spool.ledger()} == {"withdraw"}

    def test_keeps_here_what_one_wants_to_keep(self, spool, tell):
        pending, _ = waiting(spool), waiting(spool, queued=True)
        tell("consent", "revoke", "--keep")
        assert [row.id for row in spool.list_reports()] == [pending]

    def test_the_secret_goes_with_the_last_category_that_carries_an_id(
        self, home, tell
    ):
        tell("consent", "grant", "usage", "features")
        secret = open_secret(home.identity)
        tell("consent", "revoke", "usage")
        assert home.identity.read_bytes() == secret
        tell("consent", "revoke", "features")
        assert not home.identity.exists()

    def test_crash_reports_alone_make_no_secret(self, home, spool, tell):
        tell("consent", "grant", "crash")
        waiting(spool, queued=True)
        assert json.loads(tell("identity", "show", "--json").out) == {
            "anonymous_ids": {},
            "exists": False,
        }
        assert "nothing to reset" in tell("identity", "reset").out
        assert not home.identity.exists()


def test_resetting_draws_another_secret(home, tell):
    tell("consent", "grant", "usage")
    before = open_secret(home.identity)
    assert tell("identity", "reset").status == 0
    assert home.identity.read_bytes() != before


class TestWithSettingsThatCannotBeUsed:
    """Nobody has to mend a file first in order to refuse, leave or go."""

    @pytest.fixture(params=["file", "variable"])
    def broken(self, request, home, tell, monkeypatch, spool):
        tell("consent", "grant", "crash", "usage")
        waiting(spool, queued=True)
        if request.param == "file":
            set_up(home, "dsn = ")
        else:
            monkeypatch.setenv("CRASHWATCH_DSN", "nonsense")
        assert tell("consent", "grant", "features").status == 1
        return tell

    def done(self, answer):
        assert answer.status == 0, answer
        assert "; done without the settings" in answer.err
        assert "Traceback" not in answer.err

    def test_revoking(self, broken, home, spool):
        self.done(broken("consent", "revoke"))
        assert spool.list_reports() == ()
        states = {
            c["state"] for c in json.loads(home.consent_record.read_text())["choices"]
        }
        assert states == {"never", "refused"}
        assert not home.identity.exists()

    def test_exporting(self, broken, tmp_path):
        self.done(broken("export", "--output", str(tmp_path / "mine.zip")))
        assert (tmp_path / "mine.zip").exists()

    def test_erasing(self, broken, home, spool):
        self.done(broken("erase", "--yes"))
        assert spool.list_reports() == ()
        assert not home.identity.exists()


@pytest.mark.parametrize("state", STORED)
def test_a_report_of_each_kind_is_deleted_by_its_id(state, spool, home, tell):
    payload = sample_payload("ab" * 16)
    if state is State.WITHHELD:
        now = datetime.now(UTC)
        spool.withhold(
            Withheld(id=payload.id, category="crash", created=now, rules=("home",))
        )
    else:
        spool.add(payload)
    if state in (State.QUEUED, State.SENT):
        spool.approve(payload.id, digests(payload), how="prompt")
    if state is State.SENT:
        spool.deliver(sample_receipt(payload))
    if state is State.QUARANTINE:
        spool.set_aside(payload.id, Event.SUSPECT, "a test")
    other = waiting(spool)
    assert spool.find(payload.id).state is state
    assert tell("reports", "discard", "abab").out == "Report abababab is gone.\n"
    assert [row.id for row in spool.list_reports()] == [other]
    assert not [path for path in home.root.rglob("*") if payload.id in path.name]
    line = spool.ledger()[-1]
    assert (line.id, line.before, line.event) == (payload.id, state, Event.DISCARD)


class TestStatus:
    def rows(self, tell, **variables):
        told = json.loads(tell("status", "--json", **variables).out)
        return {r["category"]: (r["allowed"], r["decided_by"]) for r in told["consent"]}

    def test_it_tells_the_effective_state_and_who_decided(self, tell):
        tell("consent", "grant", "usage")
        tell("consent", "revoke", "plugins")
        rows = self.rows(tell)
        assert rows["usage"] == (True, "grant")
        assert rows["plugins"] == (False, "refusal")
        assert rows["features"] == (False, "default")
        assert rows["crash"] == (False, "default")
        rows = self.rows(tell, DO_NOT_TRACK="1")
        assert set(rows.values()) == {(False, "DO_NOT_TRACK")}
        rows = self.rows(tell, CI="true", CRASHWATCH_CONSENT="plugins")
        assert rows["plugins"] == (False, "refusal")

    def test_in_words_as_well(self, tell):
        tell("consent", "grant", "usage")
        out = tell("status", CRASHWATCH_NO_TELEMETRY="1").out
        line = next(line for line in out.splitlines() if line.startswith("  usage"))
        _, state, why = line.split(maxsplit=2)
        assert state == "off"
        assert why.startswith("CRASHWATCH_NO_TELEMETRY is set")
        # When it was allowed says nothing of since when the variable is set.
        assert why == "CRASHWATCH_NO_TELEMETRY is set [CRASHWATCH_NO_TELEMETRY]"
        line = next(
            line for line in tell("status").out.splitlines() if "  usage" in line
        )
        assert re.search(r"you allowed usage since 20\d\d-\d\d-\d\dT[\d:]+ ", line)


class TestDistribution:
    @pytest.fixture
    def build(self, tmp_path, monkeypatch):
        """Says what the defaults of this build are."""
        file = tmp_path / "defaults.toml"
        ours = functools.partial(load_distribution, file)
        monkeypatch.setattr("crashwatch.cli.session.load_distribution", ours)
        return file.write_text

    def rows(self, tell):
        rows = json.loads(tell("status", "--json").out)["consent"]
        return {row["category"]: row for row in rows}

    def test_off_holds_until_the_person_allows_it(self, build, tell):
        build("off = true")
        for row in self.rows(tell).values():
            assert (row["allowed"], row["asked"]) == (False, False)
            assert row["decided_by"] == "distribution"
        assert (
            "this build is off until you allow it [distribution]" in tell("status").out
        )
        tell("consent", "grant", "crash")
        rows = self.rows(tell)
        assert (rows["crash"]["allowed"], rows["crash"]["decided_by"]) == (
            True,
            "grant",
        )
        assert rows["usage"]["decided_by"] == "distribution"

    def test_a_build_that_does_not_ask_keeps_what_is_captured(self, build, tell, spool):
        build("ask = false")
        crash = self.rows(tell)["crash"]
        assert (crash["allowed"], crash["asked"]) == (False, False)
        assert (
            "this build asks nobody; what is captured waits here" in tell("status").out
        )
        report = waiting(spool)
        assert tell("reports", "approve", report).status == 0
        assert spool.find(report).state is State.QUEUED

    def test_its_endpoint_is_told_and_yields(self, home, build, tell):
        build('endpoint = "https://0a@crashes.example.org/1"')
        out = tell("status").out
        assert "Endpoint: crashes.example.org" in out
        assert "Note: The endpoint is this build's default" in out
        assert "crashes.example.org" in tell("disclosure").out
        assert set(self.rows(tell)["usage"].items()) >= {("allowed", False)}
        set_up(home, 'dsn = "https://0b@mine.example.org/1"')
        out = tell("status").out
        assert "Endpoint: mine.example.org" in out
        assert "build's default" not in out

    def test_what_cannot_be_used_is_off_and_said(self, build, tell):
        build("on = true")
        out = tell("status").out
        assert "the distribution's defaults cannot be used: " in out
        assert "[distribution]" in out


class TestRegions:
    def test_the_setting_decides_and_its_age_is_told(self, home, tell):
        set_up(home, 'region = "eu"\n' + REGIONS)
        told = tell("consent", "grant", "usage")
        assert "In region eu this is yours to allow from 16." in told.out
        told = tell("consent", "grant", "plugins")
        assert (told.status, "region eu forbid it" in told.err) == (3, True)
        status = json.loads(tell("status", "--json").out)
        assert (status["region"], status["endpoint"]) == ("eu", "eu.example.invalid")
        text = tell("disclosure").out
        assert "forbid: plugins" in text
        assert "the age of 16" in " ".join(text.split())
        assert "7 days as a copy" in text

    def test_the_locale_tells_where_nothing_is_set(self, home, tell):
        set_up(home, REGIONS)
        status = json.loads(tell("status", "--json", LANG="de_DE.UTF-8").out)
        assert status["region"] == "eu"
        status = json.loads(tell("status", "--json", LANG="en_US.UTF-8").out)
        assert (status["region"], status["endpoint"]) == ("us", "us.example.invalid")

    def test_the_unknown_one_is_the_strictest_and_sends_nothing(
        self, home, spool, tell
    ):
        set_up(home, REGIONS)
        status = json.loads(tell("status", "--json").out)
        assert (status["region"], status["endpoint"]) == ("unknown", None)
        waiting(spool, queued=True)
        assert "nothing is sent" in tell("upload").out
        dsn = "https://key@127.0.0.1:9/1"
        assert "nothing is sent" in tell("upload", CRASHWATCH_DSN=dsn).out

    def test_the_rules_in_force_are_kept_beside_a_report(self, home, crashwatch_home):
        set_up(home, 'region = "eu"\n' + REGIONS)
        done = crashwatch(
            "run",
            "--",
            sys.executable,
            "-c",
            "import ctypes; ctypes.string_at(0)",
            CRASHWATCH_HOME=str(crashwatch_home),
        )
        assert done.status == -11
        (found,) = Spool(home).walk(State.PENDING)
        origin = json.loads((Spool(home).folder(found) / "origin.json").read_text())
        assert origin["region"] == "eu"
        assert origin["forbidden"] == ["plugins"]
        assert origin["endpoint"] == "eu.example.invalid:443"


class TestAtEveryStart:
    @staticmethod
    def old_report(spool, days):
        then = datetime.now(UTC) - timedelta(days=days)
        spool.now = lambda: then
        report_id = sample_payload(created=then.isoformat(timespec="seconds"))
        spool.add(report_id)
        return report_id.id

    @staticmethod
    def wait_until_tidied(home, seconds=20.0):
        """The start does not wait for it; its mark tells that it is done."""
        deadline = time.monotonic() + seconds
        while not (home.reports / ".tidied").exists():
            assert time.monotonic() < deadline, "upkeep was not started"
            time.sleep(0.02)

    @pytest.mark.parametrize("off", [False, True], ids=["watched", "off"])
    def test_what_is_too_old_goes_whether_it_is_on_or_off(self, home, spool, off):
        old = self.old_report(spool, 31)
        young = self.old_report(spool, 29)
        variables = {"DO_NOT_TRACK": "1"} if off else {}
        done = crashwatch("run", "--", "/bin/true", **variables)
        assert (done.status, done.err) == (0, "")
        self.wait_until_tidied(home)
        assert [row.id for row in spool.list_reports()] == [young]
        assert [line.id for line in spool.ledger()] == [old]

    def test_the_program_gets_no_child_of_ours(self, home, spool):
        self.old_report(spool, 31)
        code = (
            "import os\ntry: os.waitpid(-1, 0)\nexcept ChildProcessError: print('none')"
        )
        done = crashwatch("run", "--", sys.executable, "-c", code, DO_NOT_TRACK="1")
        assert done.out == "none\n"
        self.wait_until_tidied(home)

    def test_once_a_day_is_enough(self, home, spool):
        self.old_report(spool, 31)
        mark = home.reports / ".tidied"
        mark.write_text("")
        mark.chmod(0o600)
        assert crashwatch("run", "--", "/bin/true", DO_NOT_TRACK="1").status == 0
        assert len(spool.list_reports()) == 1
        os.utime(mark, (0, time.time() - 90_000))
        mark_before = mark.stat().st_mtime_ns
        crashwatch("run", "--", "/bin/true", DO_NOT_TRACK="1")
        deadline = time.monotonic() + 20
        while mark.stat().st_mtime_ns == mark_before and time.monotonic() < deadline:
            time.sleep(0.02)
        assert spool.list_reports() == ()

    def test_what_was_agreed_to_is_sent_at_a_start(self, home, spool):
        with Receiver() as receiver:
            payload = queue(spool)
            mark = home.reports / ".tidied"
            mark.write_text("")
            mark.chmod(0o600)
            two_hours_ago = time.time() - 7200
            os.utime(mark, (two_hours_ago, two_hours_ago))
            wire = {"CRASHWATCH_DSN": receiver.dsn}
            assert crashwatch("run", "--", "/bin/true", **wire).status == 0
            deadline = time.monotonic() + 30
            while mark.stat().st_mtime < two_hours_ago + 60:
                assert time.monotonic() < deadline, "upkeep was not started"
                time.sleep(0.02)
        assert set(receiver.stored) == {payload.id}
        assert spool.find(payload.id).state is State.SENT

    def test_by_hand(self, spool, tell):
        self.old_report(spool, 31)
        told = json.loads(tell("upkeep", "--json").out)
        assert told["deleted"]["reports"] == 1
