"""What a run leaves where nobody watches: files, words to the build server, a line."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from crashwatch.build_server import is_build_server, is_on
from crashwatch.cli.checkout import Checkout
from crashwatch.cli.complaint import complain, said
from crashwatch.headless.annotations import github_commands
from crashwatch.headless.folder import MissingFilesError, files_of, write_files
from crashwatch.headless.markdown import run_markdown
from crashwatch.headless.outcome import (
    SCHEMA_VERSION,
    FoundReport,
    Run,
    RunRecord,
    title_of_run,
    verdict_of,
)
from crashwatch.supervisor.code_folders import code_roots
from crashwatch.supervisor.exit_reason import signal_name
from reports.backtrace import PRIVATE
from reports.consent.decision import DecidedBy
from reports.consent.record import Category
from reports.known_names import program_name
from scrubbers import scrub_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crashwatch.cli.run_arguments import RunArguments
    from crashwatch.cli.session import Session
    from crashwatch.headless.outcome import Finding
    from crashwatch.supervisor.ending import Ending
    from crashwatch.supervisor.evidence_of import Start
    from reports.backtrace import Frame
    from scrubbers import Identity

_MOST_SUMMARY = 512 * 1024
"""Bytes: GitHub refuses a step's summary of more than a megabyte."""


def run_of(
    findings: Sequence[Finding],
    ending: Ending,
    program: str,
    session: Session,
    identity: Identity,
    *,
    began: int,
    seconds: float,
    timed_out: float,
) -> Run:
    """The run as its files tell it.

    Args:
        findings: The worst first.
        ending: How it ended.
        program: The program as it was started; its base name is told if it may be.
        session: Consent as it is now.
        identity: Whom no name may name.
        began: Unix time of the start.
        seconds: How long it ran.
        timed_out: After how many seconds ``--timeout`` ended it, or 0.
    """
    signalled = os.WIFSIGNALED(ending.status)
    found = tuple(findings)
    record = RunRecord(
        schema=SCHEMA_VERSION,
        program=told_name(program, identity),
        created=datetime.fromtimestamp(began, UTC),
        seconds=round(seconds, 3),
        exit_status=None if signalled else os.WEXITSTATUS(ending.status),
        signal=signal_name(os.WTERMSIG(ending.status)) if signalled else "",
        timed_out=timed_out,
        verdict=verdict_of(found, killed=signalled, timed_out=bool(timed_out)),
        sending=_sending(session),
        found=tuple(_found(number, each) for number, each in enumerate(found)),
    )
    return Run(record, found, ending.timeline)


def told_name(program: str, identity: Identity) -> str:
    """A program's base name, as the walls let it through."""
    name = program_name(program)
    return name if scrub_text(name, identity=identity) == name else PRIVATE


def _found(number: int, finding: Finding) -> FoundReport:
    if finding.report is None:
        return FoundReport(finding.kind, rules=finding.rules)
    suffix = f"-{number}" if number else ""
    return FoundReport(finding.kind, finding.report.id, f"report{suffix}.json")


def _sending(session: Session) -> str:
    """Whether its reports are sent, and by whose word."""
    decision = session.decide(Category.CRASH)
    if not decision.allowed:
        why = "; ".join((decision.reason, *session.switches.notes))
        return f"nothing of it is sent: {why}"
    host = session.recipient()
    if not host:
        return "nothing of it is sent: no endpoint is configured"
    if decision.decided_by is DecidedBy.OPERATOR:
        return f"sent to {host}: the operator of this run consented, which is on record"
    return f"sent to {host}: {decision.reason}"


def leave(run: Run, asked: RunArguments, start: Start, identity: Identity) -> None:
    """Write the files where some are asked for, and tell the build server or the log.

    What cannot be written is said in one line. Never raises for that.
    """
    locate = Checkout(os.environ, _own_folders(start), identity).locate
    written = bool(asked.artifacts) and _write(Path(asked.artifacts), run, locate)
    if not (run.findings or run.record.timed_out):
        return
    if is_on(os.environ, "GITHUB_ACTIONS"):
        _tell_github(run, locate)
    elif written and not asked.quiet:
        _tell_log(run, asked.artifacts)


def _own_folders(start: Start) -> tuple[str, ...]:
    roots = code_roots(
        (),
        script=start.program.script,
        module=start.program.module,
        folder=start.folder,
        home=start.home,
        configured=start.app_roots,
    )
    return (*roots.app, *roots.app_is_flat)


def _write(folder: Path, run: Run, locate: Callable[[Frame], str]) -> bool:
    try:
        write_files(folder, files_of(run, locate))
    except MissingFilesError as error:
        complain(f"not written in {folder}: {error.filename}: {error.strerror}")
        return False
    except OSError as error:
        complain(f"no artifacts: {error.filename}: {error.strerror}")
        return False
    return True


def _tell_github(run: Run, locate: Callable[[Frame], str]) -> None:
    """Annotations on stderr, which is read as well: stdout stays the program's.

    A line end comes first, since the program's last line may have none.
    """
    lines = "\n".join(github_commands(run, locate))
    if sys.stderr is not None:
        sys.stderr.write(f"\n{lines}\n")
    summary = os.environ.get("GITHUB_STEP_SUMMARY", "")
    if not summary:
        return
    text = run_markdown(run).encode()
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(summary, flags, 0o600), "ab") as file:
            file.write(text if len(text) <= _MOST_SUMMARY else _too_long(run))
    except OSError as error:
        complain(f"no summary of the step: {said(error)}")


def _too_long(run: Run) -> bytes:
    return run_markdown(run._replace(findings=())).encode()


def _tell_log(run: Run, folder: str) -> None:
    where = f"{folder}/report.md, {folder}/report.html"
    hint = f"The report: {where}"
    if is_on(os.environ, "GITLAB_CI"):
        hint = f"For .gitlab-ci.yml, artifacts:reports:junit: {folder}/junit.xml"
    if is_build_server(os.environ):
        complain(title_of_run(run), hint)
