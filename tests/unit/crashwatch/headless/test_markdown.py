"""Markdown: what a report says cannot become markup, HTML, a link or a mention."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from crashwatch.headless.markdown import (
    code,
    fenced,
    run_markdown,
    summary_markdown,
)
from crashwatch.prompts.screen_text import escaped
from reports.crash_report import Outcome, ProcessFacts, Reason
from tests.doubles.hostile_report import FORBIDDEN
from tests.doubles.sample_runs import EVERY_KIND, crashed, hostile, run, withheld

ODD = st.text("`|<>&@#[]()!*_~\\\n\r\x1b\u202e ab", max_size=30)


def tokens(text):
    """Flat: blocks, and what is in them."""
    found = MarkdownIt("commonmark").enable("table").parse(text)
    return [inner for block in found for inner in (block, *(block.children or ()))]


def test_what_a_person_reads():
    text = run_markdown(crashed())
    assert text.startswith("# `main.py crashed (SIGSEGV).`\n")
    assert "- ran for 2.5 s\n" in text
    assert "nothing of it is sent: you were not asked" in text
    assert "<app>/crashes.py:8" in text
    assert "All 2 threads" in text


def test_of_a_hang_it_says_what_the_program_did_meanwhile():
    told = run_markdown(
        crashed(reason=Reason(Outcome.HANG), process=ProcessFacts(status="waiting"))
    )
    assert "- it was `waiting`\n" in told
    assert "- it was" not in run_markdown(crashed())


def test_a_withheld_report_says_why():
    assert "withheld by `user name`" in run_markdown(withheld())


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_there_is_one_for_every_kind_of_run(kind):
    heading = tokens(run_markdown(EVERY_KIND[kind]))[0]
    assert (heading.type, heading.tag) == ("heading_open", "h1")


def test_nothing_of_a_report_is_markup():
    text = run_markdown(hostile())
    for bad in FORBIDDEN[1:]:
        assert bad not in text
    found = tokens(text)
    html = {each.content.strip() for each in found if each.type.startswith("html")}
    assert html <= {"<details><summary>1 thread</summary>", "</details>"}
    assert not {"link_open", "image"} & {each.type for each in found}


@given(ODD)
def test_a_code_span_holds_what_it_is_given(text):
    shown = escaped(text)
    found = tokens(f"x {code(text)} x")
    (span,) = [each for each in found if each.type == "code_inline"]
    assert not [each for each in found if each.type.endswith("open")][1:]
    assert span.content.strip(" ") == shown.strip(" ")


@given(st.lists(ODD, min_size=1, max_size=5))
def test_a_fence_holds_what_it_is_given(lines):
    found = tokens("\n".join(fenced(lines)))
    assert [each.type for each in found] == ["fence"]
    assert found[0].content == "".join(f"{escaped(line)}\n" for line in lines)


def test_a_hunt_is_a_table_and_its_first_crash():
    text = summary_markdown([run(), crashed(), crashed()])
    assert "| 1 | `main.py ended with exit status 0.` | 2.5 s |" in text
    assert text.count("<app>/crashes.py:8") == 2  # its stack, and among all threads


def test_a_bar_does_not_end_a_cell():
    found = tokens(summary_markdown([hostile()]))
    cells = [n for n, each in enumerate(found) if each.type == "td_open"]
    assert [found[cell + 1].content for cell in cells][::2] == ["1", "2.5 s"]
