"""``reports show`` in all its forms, and ``reports stats``."""

from __future__ import annotations

import functools
import json
import stat

import pytest

from reports.compose import compose
from reports.home import open_home
from reports.spool.directory import Spool
from reports.spool.records import Withheld
from scrubbers import Identity
from tests.doubles.command_line import answer_here
from tests.doubles.published_schema import fits
from tests.doubles.sample_crash import NOON
from tests.doubles.sample_evidence import in_app, one_thread, sample_evidence
from tests.doubles.sample_payload import sample_payload

FIRST, SECOND, GONE = "a" * 32, "b" * 32, "c" * 32


@pytest.fixture
def here(capfd):
    return functools.partial(answer_here, capfd)


@pytest.fixture
def home(crashwatch_home):
    """Two reports of two crashes, and one that was withheld."""
    spool = Spool(open_home(crashwatch_home))
    other = sample_evidence(threads=one_thread(in_app("resize", "view.py", 4)))
    for report_id, evidence in ((FIRST, sample_evidence()), (SECOND, other)):
        spool.add(compose(evidence, identity=Identity(), report_id=report_id))
    spool.withhold(
        Withheld(id=GONE, category="crash", created=NOON, rules=("login:event",))
    )
    return crashwatch_home


def allowed(name, answer):
    """The answer of a command, after its published schema allowed it."""
    assert answer.status == 0, answer
    return fits(name, answer.out)


def test_without_an_id_the_newest_is_shown(home, here):
    assert json.loads(here("reports", "show", "--json").out)["id"] == GONE
    assert here("reports", "discard", GONE).status == 0
    assert json.loads(here("reports", "show", "--json").out)["id"] == SECOND


def test_without_an_id_and_a_report_it_says_how_to_get_one(here):
    answer = here("reports", "show")
    assert (answer.status, answer.out) == (1, "")
    assert "there is no report" in answer.error_lines[0]
    assert "crashwatch run -- PROGRAM" in answer.error_lines[1]


def test_what_differs_is_told_and_is_json(home, here):
    shown = here("reports", "show", "--diff", "aaaa", "bbbb")
    assert "Two different crashes." in shown.out
    assert "+ resize" in shown.out
    found = allowed(
        "report-diff", here("reports", "show", "--json", "aaaa", "--diff", "bbbb")
    )
    assert (found["before"], found["after"]) == (FIRST, SECOND)
    assert found["same_crash"] is False
    assert found["modules"] is None


def test_all_reports_together(home, here):
    assert "SIGSEGV" in here("reports", "stats").out
    found = allowed("report-stats", here("reports", "stats", "--json"))
    assert (found["reports"], found["crashes"], found["unread"]) == (3, 2, 1)
    assert found["states"]["withheld"] == 1
    assert allowed("report-stats", here("reports", "stats", "--top", "1", "--json"))[
        "top"
    ][0]["where"].startswith("<app>/")


def test_without_reports_there_is_nothing_to_count(here):
    assert here("reports", "stats").out == "No reports.\n"
    assert allowed("report-stats", here("reports", "stats", "--json"))["reports"] == 0


def test_a_report_as_a_page(home, here, tmp_path):
    page = tmp_path / "crash.html"
    answer = here("reports", "show", "aaaa", "--html", page)
    assert (answer.status, answer.err) == (0, "")
    text = page.read_text("utf-8")
    assert FIRST in text
    assert "crashes.py" in text
    assert stat.S_IMODE(page.stat().st_mode) == 0o600

    refused = here("reports", "show", "bbbb", "--html", page)
    assert refused.status == 1
    assert "is there already" in refused.err
    assert "--force" in refused.err
    assert page.read_text("utf-8") == text
    answer = here("reports", "show", "bbbb", "--html", page, "--force", "--json")
    assert json.loads(answer.out) == {
        "output": str(page),
        "bytes": page.stat().st_size,
    }
    assert SECOND in page.read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["aaaa", "bbbb"], 2, "give one id"),
        (["--diff", "aaaa"], 2, "give two ids"),
        (["--diff", "aaaa", "bbbb", "cccc"], 2, "give two ids"),
        (["--diff", "--payload", "aaaa", "bbbb"], 2, "exclude each other"),
        (["--html", "x.html", "--payload", "aaaa"], 2, "exclude each other"),
        (["--diff", "aaaa", "dddd"], 1, "no report begins with dddd"),
        (["--diff", "aaaa", "cccc"], 1, "was withheld"),
        (["--html", "no/such/folder/x.html", "aaaa"], 1, "No such file or directory"),
        (["--html", ".", "--force", "aaaa"], 1, "Is a directory"),
        (["--app", "no/such", "aaaa"], 2, "does not exist"),
    ],
)
def test_what_cannot_be_shown_is_one_line(
    home, here, tmp_path, monkeypatch, words, status, said
):
    monkeypatch.chdir(tmp_path)
    answer = here("reports", "show", *words)
    assert (answer.status, answer.out) == (status, "")
    assert said in answer.error_lines[0]
    assert len(answer.error_lines) <= 2


def test_a_day_s_counts_are_no_crash(home, here, tmp_path):
    spool = Spool(open_home(home))
    spool.add(sample_payload("d" * 32, category="usage"))
    for words in (["--html", tmp_path / "x.html", "dddd"], ["--diff", "aaaa", "dddd"]):
        answer = here("reports", "show", *words)
        assert answer.status == 1
        assert "not of a crash" in answer.err
