"""``crashwatch demo``: a real program crashes; see what is captured and what is not."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crashwatch.cli.rehearsal import NULL_READ, Rehearsal, rehearse
from crashwatch.cli.report_text import report_lines
from crashwatch.cli.screen import Span, show_lines
from crashwatch.cli.show import say, size
from crashwatch.cli.subject import removed_text
from crashwatch.errors import CrashwatchError
from reports.home import find_home

if TYPE_CHECKING:
    from reports.crash_report import CrashReport

_NAMED = "CRASHWATCH_HOME"


@click.command()
@click.option("--home", type=click.Path(path_type=Path), help="Keep the report there.")
@click.argument("command", metavar="[-- PROGRAM [ARG...]]", nargs=-1)
def demo(home: Path | None, command: tuple[str, ...]) -> None:
    """Crash a program on purpose and show the report. Sends nothing.

    Example: crashwatch demo -- python3 terminal.py
    """
    folder = (home or Path(tempfile.mkdtemp(prefix="crashwatch-demo-"))).absolute()
    words = command or (sys.executable, "-c", NULL_READ)
    say("1. A program is started under crashwatch, and crashes.")
    say()
    result = rehearse(folder, words, quiet=False)
    report = result.report
    if report is None or result.stored is None:
        raise CrashwatchError(
            "the program left no report", "`crashwatch doctor` says what works here."
        )
    _show(result, report, folder)


def _show(result: Rehearsal, report: CrashReport, folder: Path) -> None:
    stored = result.stored
    if stored is None:
        return
    say()
    say("2. What was captured, from outside, while the program was held at its crash:")
    say()
    show_lines((Span("   "), *each) for each in report_lines(report, stored))
    say()
    say("3. What was removed before anything was written:")
    say(f"   {removed_text(report) or 'nothing had to be'}")
    say("   Screen contents, input, arguments, environment are never captured.")
    say()
    say("4. What would be sent, only if you agree, and only these bytes:")
    for item in stored.items:
        say(f"   {item.name or item.type}, {size(len(item.data))}")
    say()
    say("5. Where it waits: nothing has been sent.")
    say(f"   {folder}/reports/pending/{report.id}")
    say()
    say("How to go on:")
    where = f"{_NAMED}={shlex.quote(str(folder))} " if folder != _usual() else ""
    command = where + _command()
    say(f"   {command} reports show {report.id[:8]}")
    say(f"   {command} reports approve {report.id[:8]}")
    say(f"   {command} reports discard {report.id[:8]}")


def _command() -> str:
    """What to type for crashwatch, here and now.

    pip writes the interpreter's path into the first line of its script, where a path
    ends at a space: such a script cannot be run.
    """
    if shutil.which("crashwatch"):
        return "crashwatch"
    python, here = Path(sys.executable), Path.cwd()
    python = python.relative_to(here) if python.is_relative_to(here) else python
    script = python.with_name("crashwatch")
    if " " not in sys.executable and script.exists():
        return str(script)
    return f"{shlex.quote(str(python))} -m crashwatch"


def _usual() -> Path | None:
    return find_home(os.environ)
