"""How one run went, as the files of a build server tell it: finished values only.

A finding is a report after the walls, or the fact that the walls withheld it. There is
no raw path, argument or text in here, and nothing of it can be asked for.
"""

from __future__ import annotations

import enum
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, NamedTuple

import msgspec

from crashwatch.supervisor.exit_reason import sentence
from reports.crash_report import (
    CrashReport,
    Outcome,
    ProgramName,
    Reason,
    RuleName,
)
from reports.joined_stack import joined
from reports.report_form import ReportId
from reports.test_name import test_name

if TYPE_CHECKING:
    from crashwatch.supervisor.timeline import Sample
    from reports.backtrace import Frame
    from reports.payload import Item

SCHEMA_VERSION = 1


class Verdict(enum.Enum):
    """What a run is counted as, the worst first."""

    CRASHED = "crashed"
    HUNG = "hung"
    TIMED_OUT = "timed out"
    KILLED = "killed"
    PASSED = "passed"

    @property
    def fails(self) -> bool:
        """Whether it is what one looks for."""
        return self in {Verdict.CRASHED, Verdict.HUNG, Verdict.TIMED_OUT}


class FoundReport(msgspec.Struct, frozen=True, omit_defaults=True):
    """One report of a run.

    Attributes:
        kind: What happened.
        id: The report's; empty where it was withheld.
        file: Where ``report.json`` is, in the same folder; empty where withheld.
        rules: The rules that withheld it.
    """

    kind: Outcome
    id: ReportId | None = None
    file: Annotated[str, msgspec.Meta(pattern=r"\A(?:report(?:-\d+)?\.json)?\Z")] = ""
    rules: tuple[RuleName, ...] = ()


class RunRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``run.json``: one run in short.

    Attributes:
        program: Its base name, or ``<private>``.
        created: When it was started.
        seconds: How long it ran.
        exit_status: Its own; None where a signal killed it.
        signal: The signal's name.
        timed_out: After how many seconds ``--timeout`` ended it; 0: it did not.
        sending: What becomes of its reports: a sentence of ours.
        found: Its reports, the worst first.
    """

    schema: int
    program: ProgramName
    created: datetime
    seconds: float
    exit_status: int | None = None
    signal: Annotated[str, msgspec.Meta(pattern=r"\A(?:SIG[A-Z0-9+-]{2,10})?\Z")] = ""
    timed_out: float = 0
    verdict: Verdict
    sending: str = ""
    found: tuple[FoundReport, ...] = ()


class Finding(NamedTuple):
    """One report, in full.

    Attributes:
        report: None where it was withheld.
        report_json: As it is kept.
        items: What would be sent.
        rules: The rules that withheld it.
    """

    kind: Outcome
    report: CrashReport | None
    report_json: bytes = b""
    items: tuple[Item, ...] = ()
    rules: tuple[str, ...] = ()

    @property
    def fails(self) -> bool:
        """An error that a program reports itself, and deals with, is no failure."""
        return self.kind is not Outcome.HANDLED


class Run(NamedTuple):
    """One run: its record, its findings in the record's order, what it used."""

    record: RunRecord
    findings: tuple[Finding, ...] = ()
    samples: tuple[Sample, ...] = ()


def verdict_of(
    findings: tuple[Finding, ...], *, killed: bool, timed_out: bool
) -> Verdict:
    """What to count a run as.

    Args:
        findings: All of the run; the one that ``--timeout`` made is a hang as well.
        killed: A signal ended it, and not one that tells of a crash.
        timed_out: ``--timeout`` ended it.
    """
    failing = [finding for finding in findings if finding.fails]
    if any(finding.kind is not Outcome.HANG for finding in failing):
        return Verdict.CRASHED
    if timed_out:
        return Verdict.TIMED_OUT
    if failing:
        return Verdict.HUNG
    return Verdict.KILLED if killed else Verdict.PASSED


def title_of(finding: Finding, program: str) -> str:
    """One line: what happened to which program."""
    report = finding.report
    if report is None:
        rules = ", ".join(finding.rules)
        told = sentence(Reason(finding.kind), program, finding.kind.value)
        return f"{told} The report was withheld ({rules})."
    raised = "" if report.exception is None else report.exception.type
    told = sentence(report.reason, report.who, raised)
    test = test_name(report)
    return f"{told.removesuffix('.')} in {test}." if test else told


def title_of_run(run: Run) -> str:
    """One line for the whole run."""
    record = run.record
    if record.timed_out:
        return f"{record.program} was ended after {record.timed_out:g} seconds."
    failing = [finding for finding in run.findings if finding.fails]
    if failing:
        return title_of(failing[0], record.program)
    if record.signal:
        return f"{record.program} was ended by {record.signal}."
    return f"{record.program} ended with exit status {record.exit_status}."


def name_of(finding: Finding) -> str:
    """A word for the kind of thing: ``SIGSEGV``, ``ValueError``, ``hang``."""
    report = finding.report
    if report is None:
        return finding.kind.value
    if report.exception is not None:
        return report.exception.type
    return report.reason.signal or report.reason.kind.value


def main_frames(report: CrashReport) -> tuple[Frame, ...]:
    """The calls that tell most, innermost first."""
    if report.exception is not None and report.exception.frames:
        return report.exception.frames
    # Without a crashed thread, as in a hang, one begins with main.
    first = [thread for thread in report.threads if thread.crashed]
    first += [thread for thread in report.threads if thread.name == "MainThread"]
    for thread in (*first, *report.threads):
        if frames := joined(thread):
            return frames
    return ()
