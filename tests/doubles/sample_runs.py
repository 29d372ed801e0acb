"""Made-up runs, as they are told to build servers."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from crashwatch.headless.outcome import (
    Finding,
    FoundReport,
    Run,
    RunRecord,
    verdict_of,
)
from reports.crash_report import CrashReport, Outcome, Reason
from reports.payload import Item
from tests.doubles.hostile_report import BAD, hostile_report
from tests.doubles.sample_report import sample_report, samples

WHEN = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def run(*findings: Finding, timed_out: float = 0, **changes: object) -> Run:
    """A run with these findings; keyword arguments replace fields of the record."""
    signalled = bool(findings) and not timed_out
    fields = {
        "schema": 1,
        "program": "main.py",
        "created": WHEN,
        "seconds": 2.5,
        "exit_status": None if signalled else 0,
        "signal": "SIGSEGV" if signalled else "",
        "timed_out": timed_out,
        "verdict": verdict_of(findings, killed=signalled, timed_out=bool(timed_out)),
        "sending": "nothing of it is sent: you were not asked",
        "found": tuple(
            FoundReport(each.kind, each.report and each.report.id) for each in findings
        ),
    }
    return Run(RunRecord(**(fields | changes)), findings, samples())


def finding(report: CrashReport) -> Finding:
    """A report with its bytes and a minidump."""
    items = (Item("event", "", b"{}"), Item("attachment", "minidump.dmp", b"MDMP"))
    return Finding(report.reason.kind, report, msgspec.json.encode(report), items)


def crashed(**changes: object) -> Run:
    """A run that ended in a crash."""
    return run(finding(sample_report(**changes)))


def hung(timed_out: float = 0) -> Run:
    """A run in which a hang was reported."""
    report = sample_report(reason=Reason(Outcome.HANG))
    return run(finding(report), timed_out=timed_out, signal="", exit_status=0)


def withheld() -> Run:
    """A run whose report the walls refused."""
    return run(Finding(Outcome.SIGNAL, None, rules=("user name",)))


def hostile() -> Run:
    """A run each text of which tries to be something else."""
    return run(finding(hostile_report()), program=BAD, signal=BAD, sending="")


EVERY_KIND = {
    "passed": run(),
    "exit 7": run(exit_status=7),
    "killed": run(
        signal="SIGKILL",
        exit_status=None,
        verdict=verdict_of((), killed=True, timed_out=False),
    ),
    "crashed": crashed(),
    "hung": hung(),
    "timed out": hung(5),
    "timed out unseen": run(timed_out=5),
    "withheld": withheld(),
    "hostile": hostile(),
}
