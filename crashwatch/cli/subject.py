"""What the question says about a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from crashwatch.cli.called import called
from crashwatch.prompts.question import Subject
from crashwatch.supervisor.exit_reason import sentence
from reports.crash_report import CrashReport

if TYPE_CHECKING:
    from crashwatch.cli.session import Session
    from reports.payload import Payload


def subject_of(payload: Payload, session: Session) -> Subject:
    """What the question says about a report."""
    report = msgspec.json.decode(payload.report_json, type=CrashReport)
    threads = len(report.threads)
    holds = f"the stacks of {threads} threads" if threads > 1 else "the Python stack"
    if not threads:
        holds = "how it ended"
    raised = "" if report.exception is None else report.exception.type
    if raised:
        holds = f"where {raised} was raised"
    if report.minidump_bytes:
        holds += ", a sanitized minidump"
    return Subject(
        program=report.who,
        reason=sentence(report.reason, "", raised).strip(" .") or "ended",
        holds=holds + ", versions, memory and CPU use",
        removed=removed_text(report),
        size=len(payload.envelope),
        recipient=session.recipient(),
        report=payload.id[:8],
        comment=report.comment,
        command=called(),
    )


def removed_text(report: CrashReport) -> str:
    """``7 path, 2 user name``: what was removed, summed by rule."""
    sums: dict[str, int] = {}
    for removal in report.removed:
        sums[removal.rule] = sums.get(removal.rule, 0) + removal.count
    return ", ".join(
        f"{count} {rule}{'s' if count > 1 and not rule.endswith('s') else ''}"
        for rule, count in sums.items()
    )
