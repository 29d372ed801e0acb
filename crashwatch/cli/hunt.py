"""``--repeat N`` and ``--until-crash``: run it again and again, to meet a rare crash.

Each run is a ``crashwatch run`` of its own, one after the other, in our process group:
what the keyboard sends reaches it as ever. What it leaves in its folder is all that we
know of it. The folders of runs that failed are kept; the result is told of all.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from crashwatch.cli.complaint import complain
from crashwatch.cli.leaving import told_name
from crashwatch.headless.folder import MissingFilesError, clear, read_run, write_files
from crashwatch.headless.junit import junit_xml
from crashwatch.headless.markdown import summary_markdown
from crashwatch.headless.outcome import (
    SCHEMA_VERSION,
    Run,
    RunRecord,
    Verdict,
    title_of_run,
)
from crashwatch.headless.sarif import sarif_json
from crashwatch.personal_data import collect_identity
from crashwatch.prompts.size_text import counted
from crashwatch.supervisor.exit_reason import FATES, reason_of
from crashwatch.supervisor.inherited import environment_at_exec
from crashwatch.supervisor.own_end import end_like

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from crashwatch.cli.run_arguments import RunArguments
    from reports.backtrace import Frame

_MOST_KEPT = 10_000
"""Runs that are told one by one; of a hunt that never ends the last ones are."""


class Hunt:
    """Runs one after the other.

    Attributes:
        runs: How each went.
        failed: Number of the first run that failed, from 1; 0: none did.
        status: Wait status to end with: that of the first run that failed, else of the
            first that did not exit with 0.
    """

    def __init__(self, asked: RunArguments, folder: Path) -> None:
        self._asked = asked
        self._folder = folder
        self._child: subprocess.Popen[bytes] | None = None
        self._stopped: int = 0
        self.runs: list[Run] = []
        self.failed = 0
        self.status = 0

    def go(self) -> None:
        """Run until there have been enough, or somebody ends it."""
        for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(ending, self._on_signal)
        for number in count(1):
            self._once(number)
            enough = self._asked.until_crash and self.failed
            if enough or self._stopped or number == self._asked.repeat:
                break
        if self._stopped:
            self.status = self._stopped

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        """No more runs. The keyboard reached the program itself; others only us."""
        self._stopped = number
        if number != signal.SIGINT and self._child is not None:
            self._child.send_signal(number)

    def _once(self, number: int) -> None:
        folder = self._folder / f"run-{number}"
        clear(folder)
        one = self._asked.replace(artifacts=str(folder), headless=True, quiet=True)
        words = [sys.executable, "-m", "crashwatch", "run", *one.words(), "--"]
        began, started = time.time(), time.monotonic()
        self._child = subprocess.Popen(
            [*words, *self._asked.command], env=environment_at_exec()
        )
        _, status = os.waitpid(self._child.pid, 0)
        self._child.returncode = os.waitstatus_to_exitcode(status)
        run = read_run(folder) or self._unseen(
            status, began, time.monotonic() - started
        )
        self._note(run, number, status)
        if not run.record.verdict.fails:
            clear(folder)
        elif not self._asked.quiet:
            where = f" {folder}/report.md" if self._asked.artifacts else ""
            complain(f"run {number}: {title_of_run(run)}{where}")

    def _note(self, run: Run, number: int, status: int) -> None:
        fails = run.record.verdict.fails
        if (fails and not self.failed) or (status and not self.status):
            self.status = status
        if fails and not self.failed:
            self.failed = number
        self.runs.append(run)
        del self.runs[:-_MOST_KEPT]

    def _unseen(self, status: int, began: float, seconds: float) -> Run:
        """A run that left nothing: capture is off, or its folder cannot be written."""
        reason = reason_of(status)
        verdict = Verdict.KILLED if reason.signal else Verdict.PASSED
        if FATES[reason.kind].reported:
            verdict = Verdict.CRASHED
        command = self._asked.command
        identity = collect_identity(dict(os.environ), command[1:])
        return Run(
            RunRecord(
                schema=SCHEMA_VERSION,
                program=told_name(command[0], identity),
                created=datetime.fromtimestamp(int(began), UTC),
                seconds=round(seconds, 3),
                exit_status=reason.exit_code,
                signal=reason.signal or "",
                verdict=verdict,
            )
        )


def hunt(asked: RunArguments) -> NoReturn:
    """Run it as often as asked, tell how that went, and end as its worst run did."""
    with ExitStack() as closing:
        folder = Path(asked.artifacts or ".")
        if asked.artifacts:
            _clear_all(folder)
        else:
            made = tempfile.TemporaryDirectory(prefix="crashwatch-")
            folder = Path(closing.enter_context(made))
        hunted = Hunt(asked, folder)
        hunted.go()
        if asked.artifacts:
            _write(folder, hunted.runs)
        _tell(hunted)
    end_like(hunted.status)


def _clear_all(folder: Path) -> None:
    """What earlier runs and hunts left."""
    for left in folder.glob("run-*"):
        clear(left)
    clear(folder)


def _write(folder: Path, runs: Sequence[Run]) -> None:
    files = {
        "junit.xml": junit_xml(runs),
        "report.md": summary_markdown(runs).encode(),
        "report.sarif": sarif_json(runs, _nowhere),
    }
    try:
        write_files(folder, files)
    except MissingFilesError as error:
        complain(f"not written in {folder}: {error.filename}: {error.strerror}")
    except OSError as error:
        complain(f"no artifacts: {error.filename}: {error.strerror}")


def _nowhere(_frame: Frame) -> str:
    """The runs' own files tell where in the checkout it is."""
    return ""


def _tell(hunted: Hunt) -> None:
    """How many runs went how."""
    verdicts = [run.record.verdict for run in hunted.runs]
    told = [f"{verdicts.count(each)} {each.value}" for each in Verdict]
    told = [words for words in told if not words.startswith("0 ")]
    first = f"; the first that failed was run {hunted.failed}" if hunted.failed else ""
    complain(f"{counted(len(verdicts), 'run')}: {', '.join(told)}{first}")
