"""A real crash on purpose, in a home of its own: what the doctor and the demo run."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from reports.crash_report import CrashReport
from reports.home import Home
from reports.lifecycle import State
from reports.spool.directory import Spool

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reports.spool.entry import StoredReport

_RUN = (sys.executable, "-m", "crashwatch", "run", "--headless")
NULL_READ = "import ctypes; ctypes.string_at(0)"


class Rehearsal(NamedTuple):
    """What came of it.

    Attributes:
        status: Exit status of ``crashwatch run`` (negative: died by that signal).
        stored: The report that was kept, or None.
    """

    status: int
    stored: StoredReport | None

    @property
    def report(self) -> CrashReport | None:
        """The report, typed."""
        if self.stored is None:
            return None
        return msgspec.json.decode(self.stored.report_json, type=CrashReport)


def rehearse(
    home: Path,
    command: Sequence[str],
    *,
    quiet: bool,
    seconds: float = 60,
    options: Sequence[str] = (),
) -> Rehearsal:
    """Run ``command`` under crashwatch until it has crashed.

    Args:
        home: A home of its own; nothing of the person's is touched.
        quiet: Throw the program's output away.
        seconds: Longest that it may take.
        options: More options of ``crashwatch run``.

    Raises:
        subprocess.TimeoutExpired: It took longer.
    """
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("CRASHWATCH_") and name != "DO_NOT_TRACK"
    }
    environment["CRASHWATCH_HOME"] = str(home)
    place = subprocess.DEVNULL if quiet else None
    ended = subprocess.run(
        [*_RUN, *options, "--", *command],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=place,
        stderr=place,
        timeout=seconds,
        check=False,
    )
    spool = Spool(Home(home))
    pending = spool.list_reports(State.PENDING)
    stored = spool.read(pending[-1].id) if pending else None
    return Rehearsal(ended.returncode, stored)
