"""A crash that comes again: say so in a line, and offer a start that may end it."""

from __future__ import annotations

import os
import signal
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from crashwatch.prompts.interrupted import unless_interrupted
from crashwatch.prompts.question import Answer, safe_start_lines
from crashwatch.prompts.repeated import ASK_AGAIN, Repetition, repetition
from crashwatch.prompts.terminal import Terminal, ask_whether
from crashwatch.supervisor.inherited import environment_at_exec
from reports.consent.record import Category
from reports.crash_report import CrashReport
from reports.errors import ReportsError
from reports.lifecycle import State
from reports.spool.records import decoded

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from crashwatch.cli.run_arguments import RunArguments
    from crashwatch.cli.session import Session

_MOST = 50
"""Reports looked at: a day's loop may have left hundreds."""


def what_came_before(
    report: CrashReport, session: Session, own: Collection[str]
) -> Repetition:
    """Compare with what is kept, but for the reports of this run (``own``)."""
    return repetition(report, list(_earlier(report, session, own)))


def _earlier(
    report: CrashReport, session: Session, own: Collection[str]
) -> Iterator[CrashReport]:
    spool = session.spool
    since = report.created - ASK_AGAIN - timedelta(seconds=1)
    rows = [
        row
        for row in spool.list_reports(
            State.PENDING, State.QUEUED, State.SENT, dated=False
        )
        if row.category == Category.CRASH.value
        and row.program == report.program
        and row.created > since
        and row.id not in own
    ]
    for row in rows[-_MOST:]:
        try:
            yield decoded(spool.read(row.id).report_json, CrashReport)
        except (ReportsError, msgspec.MsgspecError):
            continue  # damaged, or moved meanwhile: it says nothing


def offer_safe_start(
    report: CrashReport,
    asked: RunArguments,
    session: Session,
    terminal: Terminal,
    deaths: int,
) -> None:
    """Ask whether to start again with the safe arguments; if so, become that start.

    Where they were given already, there is nothing left to offer.
    """
    safe = session.configuration.safe_arguments
    if not safe or set(safe) <= set(asked.command[1:]):
        return
    reply = unless_interrupted(
        lambda: ask_whether(
            safe_start_lines(report.program, deaths, safe),
            terminal=terminal,
            timeout=session.configuration.prompt_timeout,
        )
    )
    if reply.answer is Answer.YES:
        _become([*asked.command, *safe], asked)


def _become(command: list[str], asked: RunArguments) -> None:
    words = [sys.executable, "-m", "crashwatch", "run", *asked.words()]
    # What we blocked to pass on to the program would stay blocked for ever in the next.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    os.execve(sys.executable, [*words, "--", *command], environment_at_exec())
