"""``crashwatch doctor``: what will be captured here, found out by a real crash."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import click

from crashwatch.backtraces.pyspy import find_pyspy
from crashwatch.cli.rehearsal import NULL_READ, rehearse
from crashwatch.cli.session import open_session
from crashwatch.cli.show import as_json, print_json, say
from crashwatch.errors import CrashwatchError
from crashwatch.supervisor.launch import find_program
from crashwatch.supervisor.program import Kind, examine
from reports.errors import ReportsError

_YAMA = Path("/proc/sys/kernel/yama/ptrace_scope")
_MEANING = {
    Kind.PYTHON: "hold: stacks of every thread, registers, minidump",
    Kind.MAYBE: "hold, if it turns out to run Python; else exit status only",
    Kind.ISOLATED: "exit status only: -I, -E or -S keeps the client out",
    Kind.NATIVE: "exit status only: no Python was seen in it",
}


class Check(NamedTuple):
    """One thing looked at: whether it works, what was found, how to mend it."""

    name: str
    works: bool
    found: str
    mend: str = ""


@click.command()
@click.argument("command", metavar="[-- PROGRAM [ARG...]]", nargs=-1)
@as_json
def doctor(command: tuple[str, ...], *, in_json: bool) -> None:
    """Find out what can be captured on this machine, and of PROGRAM so started."""
    checks = [_platform(), _yama(), _pyspy(), _settings(), *_rehearsal()]
    if command:
        checks.append(_program(*command))
    if in_json:
        print_json([check._asdict() for check in checks])
    else:
        for check in checks:
            say(f"{'ok ' if check.works else 'no '} {check.name:<12} {check.found}")
            if check.mend and not check.works:
                say(f"                 {check.mend}")
    if not all(check.works for check in checks):
        raise click.exceptions.Exit(1)


def _platform() -> Check:
    known = sys.platform == "linux" and platform.machine() in {"x86_64", "aarch64"}
    found = f"{platform.system()} {platform.machine()}"
    mend = "Elsewhere only the exit status is watched."
    return Check("platform", known, found, mend)


def _yama() -> Check:
    try:
        scope = _YAMA.read_text(encoding="ascii").strip()
    except OSError:
        return Check("ptrace", works=True, found="no Yama: own children may be traced")
    works = scope in {"0", "1"}
    mend = "sysctl kernel.yama.ptrace_scope=1"
    return Check("ptrace", works, f"Yama scope {scope}", mend)


def _pyspy() -> Check:
    found = find_pyspy()
    mend = "pip install py-spy"
    return Check("py-spy", found is not None, found or "not installed", mend)


def _settings() -> Check:
    try:
        session = open_session()
    except (CrashwatchError, ReportsError) as error:
        return Check("settings", works=False, found=str(error), mend=error.hint)
    return Check("settings", works=True, found=str(session.home.root))


def _rehearsal() -> list[Check]:
    """Crash a Python for real, in a home that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="crashwatch-doctor-") as folder:
        command = (sys.executable, "-c", NULL_READ)
        result = rehearse(Path(folder) / "home", command, quiet=True)
        report = result.report
    sources = () if report is None else report.capture.sources
    errors = () if report is None else report.capture.soft_errors
    checks = [
        Check("fate", result.status == -11, f"died of its own signal ({result.status})")
    ]
    for source, what in (
        ("faulthandler", "traceback of the crashing thread"),
        ("py-spy", "Python stacks of every thread"),
        ("psutil", "state of the process"),
        ("ptrace", "registers, native stacks, minidump"),
    ):
        mend = "; ".join(errors) or "The crash left no report: see the lines above."
        checks.append(Check(source, source in sources, what, mend))
    return checks


def _program(name: str, *arguments: str) -> Check:
    try:
        path = find_program(name, os.environ.get("PATH", os.defpath))
    except CrashwatchError as error:
        return Check("program", works=False, found=str(error))
    kind = examine(path, list(arguments)).kind
    works = kind in {Kind.PYTHON, Kind.MAYBE}
    return Check("program", works, f"{name}: {_MEANING[kind]}")
