"""A report as no wall would let it out: each text in it tries to be something else."""

from datetime import UTC, datetime

from reports.backtrace import Frame, Thread
from reports.crash_report import (
    CaptureFacts,
    CrashReport,
    Outcome,
    ProcessFacts,
    RaisedException,
    Reason,
    Removal,
    SystemFacts,
)

BAD = "</b><script src=x>\x1b]0;t\x07\u202e\u2066\u200b\x85'\"\n::error::%0A|`]]>&"
FORBIDDEN = ("<script", "\x1b", "\x07", "\u202e", "\u2066", "\u200b", "\x85")


def hostile_report() -> CrashReport:
    """Structs made here are not checked: worse than any that was decoded."""
    frame = Frame(BAD, BAD, 7)
    raised = RaisedException(BAD, BAD, (frame,), message=BAD, notes=(BAD,))
    return CrashReport(
        schema=1,
        id="a" * 32,
        created=datetime(2026, 3, 4, tzinfo=UTC),
        category=BAD,
        program=BAD,
        release=BAD,
        reason=Reason(Outcome.SIGNAL, BAD, BAD),
        threads=(Thread(BAD, True, (frame,)),),
        exception=RaisedException(
            BAD, BAD, (frame,), raised, BAD, notes=(BAD,), group=(raised,)
        ),
        process=ProcessFacts(status=BAD),
        system=SystemFacts(BAD, BAD, BAD, BAD, BAD),
        capture=CaptureFacts(BAD, (BAD,), (BAD,)),
        removed=(Removal(BAD, BAD, 3),),
    )
