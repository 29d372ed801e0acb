"""Text to HTML: whatever a report holds stays text."""

from datetime import date

import msgspec
import pytest

from crashwatch.transparency.charts import by_day, by_size, in_use
from crashwatch.transparency.fields import MOST_SHOWN, field_rows
from crashwatch.transparency.pages import HERE, Pages
from crashwatch.transparency.slices import cut
from crashwatch.transparency.views import WORDS
from reports.backtrace import Frame
from reports.crash_report import CrashReport
from reports.joined_stack import joined
from reports.lifecycle import State
from reports.payload import Item
from reports.spool.entry import StoredReport
from reports.spool.summary import Summary
from tests.doubles.hostile_report import BAD, FORBIDDEN, hostile_report


def hostile() -> CrashReport:
    """With native calls beside Python's, of which one is the interpreter's own."""
    crash = hostile_report()
    (thread,) = crash.threads
    own = Frame("_PyEval_EvalFrameDefault", BAD, module="libpython3.11.so")
    native = (Frame(BAD, BAD, module=BAD, address=16), own)
    threads = (msgspec.structs.replace(thread, tid=1, native=native),)
    return msgspec.structs.replace(crash, threads=threads)


def rendered(crash: CrashReport) -> str:
    summary = Summary(
        crash.id, State.PENDING, "crash", crash.created, BAD, None, 10, None
    )
    stored = StoredReport(summary, b"", b"", (Item(BAD, BAD, b"x"),), None, None)
    values = {
        "notices": (BAD,),
        "version": 0,
        "row": summary,
        "stored": stored,
        "words": WORDS,
        "withheld": None,
        "crash": crash,
        "endpoint": BAD,
        "title": BAD,
        "threads": [(0, crash.threads[0], joined(crash.threads[0]))],
        "exceptions": [("", crash.exception, crash.exception.frames)],
        "removed": 3,
    }
    return Pages(BAD).render("report.html", values)


def test_nothing_of_a_report_is_anything_but_text():
    page = rendered(hostile())
    assert page.count("<script") == page.count('<script src="/static/') == 1
    for text in (*FORBIDDEN[1:], "<script src=x"):
        assert text not in page
    shown = "&lt;/b&gt;&lt;script src=x&gt;\\x1b]0;t\\x07\\u202e\\u2066\\u200b\\x85"
    assert page.count(shown) >= 20


def test_python_and_native_calls_are_one_stack():
    page = rendered(hostile())
    assert page.count('<li class="native">') == 1
    assert page.count('<li class="python">') == 2  # one more in the exception
    assert "_PyEval_EvalFrameDefault" not in page


@pytest.mark.parametrize("path", sorted((HERE / "templates").iterdir()), ids=str)
def test_no_template_calls_anything_safe_or_runs_anything_inline(path):
    text = path.read_text()
    for word in ("|safe", "| safe", "autoescape", "Markup", "style=", "onclick", "//"):
        assert word not in text.replace("<!doctype", ""), word
    assert text.count("<script") == text.count('<script src="/static/page.js" defer>')


def test_a_chart_says_what_it_shows():
    chart = by_day({date(2026, 3, 4): 9, date(2026, 3, 2): 1}, date(2026, 3, 4), "tabs")
    assert chart.said == "10 tabs on 2 of the last 90 days, at most 9 on one"
    assert chart.bars == "M696 48v-5h6v5zM712 48v-48h6v48z"
    assert chart.rows == (("2026-03-02", 1), ("2026-03-04", 9))
    assert in_use({date(2026, 3, 4): 1}, date(2026, 3, 4)).said.startswith("used on 1")
    assert by_size((), "").said == "0 measured"
    sizes = by_size(((16, 3), (24, 6)), "ms")
    assert (sizes.said, sizes.most) == ("9 measured, from 16 ms to 24 ms", 6)
    assert by_day({}, date(2026, 3, 4), "tabs").bars == ""


def test_every_field_with_its_reason():
    report = b"""{"schema":1,"threads":[{"name":"Main","frames":[{"line":3}]}],
        "exception":{"cause":{"type":"E"}},"odd":[],"long":"%s"}""" % (b"x" * 3000)
    rows = {row.path: row for row in field_rows(report)}
    assert rows["threads[0].frames[0].line"].value == "3"
    assert rows["threads[0].name"].why == (
        "its name, where it is one that programs give, not people"
    )
    assert rows["exception.cause.type"].why
    assert rows["odd"].value == "[]"
    assert (rows["odd"].why, rows["long"].cut) == ("", 3000 - MOST_SHOWN)


def test_pages_of_a_list_are_never_beyond_it():
    assert cut("abcde", 2, 2).rows == ("c", "d")
    assert (cut("abcde", 99, 2).rows, cut("abcde", 99, 2).page) == (("e",), 3)
    assert cut("abcde", -5, 2).page == 1
    assert (cut("", 1, 2).rows, cut("", 1, 2).pages) == ((), 1)
