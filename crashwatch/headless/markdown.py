"""A run as Markdown, for ``report.md`` and the summary of a job. Pure.

Everything that is not ours stands in a code span or a fence that is longer than any run
of backquotes in it: there it can be neither markup, HTML, a link nor a mention.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from crashwatch.headless.lines import exception_lines, stack_lines
from crashwatch.headless.outcome import main_frames, title_of, title_of_run
from crashwatch.headless.plot import seconds_text
from crashwatch.prompts.screen_text import escaped
from crashwatch.prompts.size_text import size_text
from reports.crash_report import Outcome
from reports.joined_stack import joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from crashwatch.headless.outcome import Finding, Run, RunRecord
    from reports.crash_report import CrashReport

_TICKS: Final = re.compile("`+")
MOST_THREADS: Final = 40


def code(text: str) -> str:
    """One line as a code span."""
    shown = escaped(text) or " "
    ticks = "`" * (_longest(shown) + 1)
    padding = " " if shown[0] == "`" or shown[-1] == "`" else ""
    return f"{ticks}{padding}{shown}{padding}{ticks}"


def fenced(lines: Iterable[str]) -> Iterator[str]:
    """Lines as a block of code."""
    shown = [escaped(line) for line in lines]
    fence = "`" * max(3, 1 + max(map(_longest, shown), default=0))
    return iter([f"{fence}text", *shown, fence])


def run_markdown(run: Run) -> str:
    """The whole run: a heading, the facts, each report."""
    return "\n".join(_run(run)).rstrip() + "\n"


def summary_markdown(runs: Sequence[Run]) -> str:
    """A hunt: how many runs went how, then the first report of each kind."""
    lines = [f"# {len(runs)} runs", "", "| run | how it went | time |"]
    lines.append("|---:|---|---:|")
    for number, run in enumerate(runs, 1):
        seconds = seconds_text(run.record.seconds)
        lines.append(f"| {number} | {_cell(title_of_run(run))} | {seconds} |")
    failing = [run for run in runs if run.record.verdict.fails]
    if failing:
        lines += ["", *_run(failing[0])]
    return "\n".join(lines).rstrip() + "\n"


def _cell(text: str) -> str:
    """A bar ends a cell even in a code span."""
    return code(text).replace("|", "\\|")


def _run(run: Run) -> Iterator[str]:
    yield f"# {code(title_of_run(run))}"
    yield ""
    yield from _facts(run.record)
    for number, finding in enumerate(run.findings):
        yield ""
        if number:
            yield f"## {code(title_of(finding, run.record.program))}"
            yield ""
        yield from _finding(finding)


def _facts(record: RunRecord) -> Iterator[str]:
    yield f"- ran for {seconds_text(record.seconds)}"
    ended = record.signal or f"exit status {record.exit_status}"
    yield f"- its own end: {code(ended)}"
    if record.sending:
        yield f"- {record.sending}"


def _finding(finding: Finding) -> Iterator[str]:
    report = finding.report
    if report is None:
        yield f"Nothing of it was kept: withheld by {code(', '.join(finding.rules))}."
        return
    yield from _about(report)
    yield ""
    if report.exception is not None:
        yield from fenced(exception_lines(report.exception))
    elif frames := main_frames(report):
        yield from fenced(stack_lines(frames))
    else:
        yield "No stacks were read."
    if len(report.threads) > 1:
        yield ""
        yield from _threads(report)


def _about(report: CrashReport) -> Iterator[str]:
    system = report.system
    words = (system.system, system.release, system.machine)
    python = (system.implementation, system.python)
    yield f"- report {code(report.id)}"
    yield f"- {code(' '.join(filter(None, (*words, *python))))}"
    if report.child_of:
        yield f"- child of {code(report.child_of)}"
    process = report.process
    peak = size_text(process.peak_resident_bytes or process.resident_bytes)
    used = process.cpu_user + process.cpu_system
    yield f"- {peak} of memory at most, {used:.2f} s of CPU"
    if report.reason.kind is Outcome.HANG and process.status:
        yield f"- it was {code(process.status)}"
    if report.comment:
        yield f"- comment: {code(report.comment)}"
    for error in report.capture.soft_errors:
        yield f"- not read: {code(error)}"
    removed = sum(removal.count for removal in report.removed)
    yield f"- {removed} values were removed before anything was written"


def _threads(report: CrashReport) -> Iterator[str]:
    count = len(report.threads)
    shown = "1 thread" if count == 1 else f"All {count} threads"
    yield f"<details><summary>{shown}</summary>"
    yield ""
    lines: list[str] = []
    for thread in report.threads[:MOST_THREADS]:
        mark = " (crashed)" if thread.crashed else ""
        lines.append(f"Thread {thread.name or '(name left out)'}{mark}")
        lines += stack_lines(joined(thread))
    yield from fenced(lines)
    yield ""
    yield "</details>"


def _longest(text: str) -> int:
    return max(map(len, _TICKS.findall(text)), default=0)
