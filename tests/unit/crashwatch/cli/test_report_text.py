"""A report as lines: everything it holds, and nothing that commands a terminal."""

from datetime import UTC, datetime

import msgspec

from crashwatch.cli.report_text import report_lines
from crashwatch.cli.screen import text_of
from reports.compose import compose
from reports.crash_report import CrashReport, Outcome, ProcessFacts, Reason
from reports.evidence import RawException, RawMessage
from reports.lifecycle import State
from reports.spool.entry import StoredReport
from reports.spool.summary import Summary
from scrubbers import Identity
from tests.doubles.sample_evidence import APP, in_app, sample_evidence

MOMENT = datetime(2026, 11, 22, tzinfo=UTC)


def shown(**changes):
    payload = compose(sample_evidence(**changes), identity=Identity())
    report = msgspec.json.decode(payload.report_json, type=CrashReport)
    summary = Summary(report.id, State.PENDING, "crash", MOMENT, "main.py", None, 1)
    stored = StoredReport(
        summary, payload.report_json, payload.envelope, payload.items, None, None
    )
    return report, [text_of(line) for line in report_lines(report, stored)]


def test_it_says_what_where_and_what_was_removed():
    report, lines = shown()
    text = "\n".join(lines)
    assert f"Report {report.id}, pending" in lines
    assert "2023-11-14 22:13:20 UTC" in lines
    assert "SIGSEGV SEGV_MAPERR" in text
    assert "Linux 6.1.0-18-amd64 x86_64, CPython 3.11.7" in text
    assert any(
        line.split() == ["string_at", "<stdlib>/ctypes/__init__.py:519"]
        for line in lines
    )
    assert any(line.split() == ["4", "path", "(frames)"] for line in lines)


def test_a_hang_says_what_the_program_did_meanwhile():
    process = ProcessFacts(status="spinning", uptime=17.46, thread_count=1)
    _, lines = shown(reason=Reason(kind=Outcome.HANG), process=process)
    assert "  reason    hang spinning" in lines
    assert "  release   1.2.3" in lines
    assert any(line.endswith("0.00 s of CPU in 17.5 s") for line in lines)
    _, lines = shown()  # of one that was stopped to be read that says nothing
    assert "  reason    signal SIGSEGV SEGV_MAPERR" in lines


def test_the_crashed_thread_is_marked_and_comes_first():
    _, lines = shown()
    threads = [line for line in lines if line.startswith("Thread ")]
    assert "crashed" in threads[0]
    assert "crashed" not in threads[1]


def test_each_item_that_would_be_sent_stands_with_its_digest():
    payload = compose(sample_evidence(), identity=Identity(), report_id="0" * 32)
    _, lines = shown()
    (line,) = [line for line in lines if line.startswith("  event: ")]
    assert len(line.rpartition(" ")[2]) == len(payload.items[0].sha256)


def test_an_exception_is_told_with_its_causes():
    told = RawMessage(("no such row",), (f"{APP}/main.py",))
    cause = RawException("builtins", "KeyError", frames=(in_app("look_up"),))
    raised = RawException(
        "builtins", "ValueError", "", (in_app("draw"),), cause, message=told
    )
    _, lines = shown(exception=raised)
    text = "\n".join(lines)
    assert text.index("ValueError") < text.index("caused by") < text.index("KeyError")
    assert "look_up" in text


def test_no_line_holds_a_control_character():
    _, lines = shown(program="/bin/a\x1b]0;b\x07", release="1.0\u202e")
    assert all(line.isprintable() for line in lines)
