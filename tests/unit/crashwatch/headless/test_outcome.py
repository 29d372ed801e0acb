"""What a run is counted as, and how it is called."""

import pytest

from crashwatch.headless.outcome import (
    Finding,
    Verdict,
    main_frames,
    name_of,
    title_of,
    title_of_run,
    verdict_of,
)
from reports.crash_report import Outcome
from reports.evidence import RawException, RawFrame
from tests.doubles.hostile_report import hostile_report
from tests.doubles.sample_evidence import in_app, one_thread
from tests.doubles.sample_report import sample_report
from tests.doubles.sample_runs import EVERY_KIND, finding


def of(*kinds):
    return tuple(Finding(kind, None) for kind in kinds)


@pytest.mark.parametrize(
    ("kinds", "killed", "timed_out", "verdict"),
    [
        ((), False, False, Verdict.PASSED),
        ((), True, False, Verdict.KILLED),
        ((), True, True, Verdict.TIMED_OUT),
        ((Outcome.HANG,), True, True, Verdict.TIMED_OUT),
        ((Outcome.HANG,), False, False, Verdict.HUNG),
        ((Outcome.SIGNAL,), True, False, Verdict.CRASHED),
        ((Outcome.SIGNAL, Outcome.HANG), True, True, Verdict.CRASHED),
        ((Outcome.UNCAUGHT_THREAD,), False, False, Verdict.CRASHED),
        ((Outcome.HANDLED,), False, False, Verdict.PASSED),
    ],
)
def test_what_a_run_is_counted_as(kinds, killed, timed_out, verdict):
    found = verdict_of(of(*kinds), killed=killed, timed_out=timed_out)
    assert found is verdict


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        ("passed", "main.py ended with exit status 0."),
        ("exit 7", "main.py ended with exit status 7."),
        ("killed", "main.py was ended by SIGKILL."),
        ("crashed", "main.py crashed (SIGSEGV)."),
        ("hung", "main.py does not respond."),
        ("timed out", "main.py was ended after 5 seconds."),
        ("withheld", "main.py crashed (signal). The report was withheld (user name)."),
    ],
)
def test_how_a_run_is_called(kind, title):
    assert title_of_run(EVERY_KIND[kind]) == title


def test_the_test_that_ran_is_named():
    frames = (in_app("test_close", "tests/test_tabs.py", 9), in_app("<module>"))
    report = sample_report(threads=one_thread(*frames))
    title = title_of(finding(report), "main.py")
    assert title == "main.py crashed (SIGSEGV) in tests/test_tabs.py::test_close."


def test_an_exception_is_called_by_its_type_and_its_calls_come_first():
    raised = RawException("builtins", "ValueError", frames=(in_app("parse"),))
    report = sample_report(exception=raised)
    assert name_of(finding(report)) == "ValueError"
    assert [frame.function for frame in main_frames(report)] == ["parse"]


def test_without_a_crashed_thread_the_first_one_is_shown():
    report = sample_report(threads=one_thread(RawFrame("wait", "/opt/pachy/a.py", 1)))
    assert [frame.function for frame in main_frames(report)] == ["wait"]
    assert main_frames(sample_report(threads=())) == ()
    assert main_frames(hostile_report()) != ()
