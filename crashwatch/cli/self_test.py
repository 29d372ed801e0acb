"""What works on this machine: looked up, and tried by two real crashes."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from crashwatch.backtraces.pyspy import find_pyspy
from crashwatch.cli import mending
from crashwatch.cli.homeless import why_no_home
from crashwatch.cli.mending import Config
from crashwatch.cli.rehearsal import NULL_READ, Rehearsal, rehearse
from crashwatch.cli.session import open_session
from crashwatch.errors import CrashwatchError
from crashwatch.supervisor.own_rights import traces_everything
from crashwatch.supervisor.sleep_trial import why_no_sleep
from reports.errors import ReportsError
from reports.home import find_home

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crashwatch.cli.mending import Machine

_YAMA = Path("/proc/sys/kernel/yama/ptrace_scope")
_NOEXEC = Path("/proc/sys/vm/memfd_noexec")
_CONTAINERS = (Path("/.dockerenv"), Path("/run/.containerenv"))
_SCOPES = {
    "": "no Yama: own children may be traced",
    "0": "Yama scope 0: any process of yours may be traced",
    "1": "Yama scope 1: own children may be traced, which the program is",
    "2": "Yama scope 2: only an administrator may trace",
    "3": "Yama scope 3: nobody may trace until the next start of the machine",
}
_FILTERS = {
    "0": "none",
    "1": "strict",
    "2": "a filter is in force; what it allows is tried below",
}
_NATIVE = ("/bin/sh", "-c", "kill -SEGV $$")
_SEGV = -11
_PATIENCE = 60


class Check(NamedTuple):
    """One thing looked at.

    Attributes:
        works: Whether it does.
        found: What was found.
        mend: The one command that mends it, where it does not work and one can.
        note: What else there is to know of it then.
    """

    name: str
    works: bool
    found: str
    mend: str = ""
    note: str = ""


def machine_here() -> Machine:
    """What decides which command mends."""
    status = Path("/proc/self/status").read_text(encoding="utf-8", errors="replace")
    return mending.Machine(
        yama=_text_of(_YAMA),
        seccomp=status.partition("\nSeccomp:")[2].split("\n", 1)[0].strip() or "0",
        contained=any(path.exists() for path in _CONTAINERS),
        is_root=os.geteuid() == 0,
        traces_all=traces_everything(),
        python=sys.executable,
    )


def look_around(machine: Machine) -> list[Check]:
    """Everything that can be told without a crash."""
    return [
        _platform(),
        yama_check(machine),
        _seccomp(machine),
        sleep_check(machine),
        _pyspy(machine),
        settings_check(machine),
    ]


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _platform() -> Check:
    known = sys.platform == "linux" and platform.machine() in {"x86_64", "aarch64"}
    found = f"{platform.system()} {platform.machine()}"
    note = "No command mends that: elsewhere only the exit status is watched."
    return Check("platform", known, found, note=note)


def yama_check(machine: Machine) -> Check:
    """Whether Yama lets a program's own parent trace it."""
    found = _SCOPES.get(machine.yama, f"Yama scope {machine.yama}: unknown")
    if machine.yama == "2" and machine.traces_all:
        found = "Yama scope 2: only an administrator may trace, which you are"
    mend = mending.of_tracing(machine)
    return Check("ptrace", not machine.yama_forbids, found, mend)


def _seccomp(machine: Machine) -> Check:
    """A container's filter may refuse ptrace; that it is there says little alone."""
    found = _FILTERS.get(machine.seccomp, f"mode {machine.seccomp}")
    return Check("seccomp", works=True, found=found)


def sleep_check(machine: Machine) -> Check:
    """Whether the launcher can be a page of machine code, where it shall."""
    try:
        if open_session().configuration.resident:
            stays = "it stays in memory, as the settings say"
            return Check("sleep", works=True, found=stays)
    except (CrashwatchError, ReportsError):
        pass  # which is told on a line of its own
    why = why_no_sleep()
    asleep = "the launcher sleeps in memory, as a page that security monitors may note"
    note = "Meanwhile it stays in memory instead: 8 MB for each program."
    mend = mending.of_sleep(_text_of(_NOEXEC), find_config(), machine)
    return Check("sleep", not why, why or asleep, mend, note)


def _pyspy(machine: Machine) -> Check:
    found = find_pyspy()
    mend = mending.of_package("py-spy", machine)
    return Check("py-spy", found is not None, found or "not installed", mend)


_LEAST_ROOM = 256 * 1024
"""Bytes; a report takes a quarter of that while it is written."""
_NEEDS_NO_HOME = "`crashwatch run --headless --artifacts DIR` needs no home."


def settings_check(machine: Machine) -> Check:
    """Whether home and settings can be used."""
    home = ""
    try:
        home = str(find_home(os.environ))
        session = open_session()
    except (CrashwatchError, ReportsError) as error:
        mend = mending.of_settings(error, home, machine)
        note = "" if home else _NEEDS_NO_HOME
        return Check("settings", works=False, found=str(error), mend=mend, note=note)
    if why := why_no_home(os.environ) or _why_nothing_is_kept(session.home.root):
        mend = mending.OTHER_HOME
        return Check("settings", works=False, found=why, mend=mend, note=_NEEDS_NO_HOME)
    return Check("settings", works=True, found=str(session.home.root))


def _why_nothing_is_kept(home: Path) -> str:
    """What keeps reports out of a home that is there; empty where nothing does."""
    try:
        disk = os.statvfs(home)
    except OSError:
        return ""  # it is not there yet
    if not os.access(home, os.W_OK | os.X_OK, effective_ids=True):
        return f"{home} may not be written to"
    if disk.f_bavail * disk.f_frsize < _LEAST_ROOM:
        return f"the disk of {home} is full"
    return ""


def try_hold(machine: Machine) -> list[Check]:
    """Crash a Python for real, in a home that is thrown away."""
    result = _crash((sys.executable, "-c", NULL_READ), "hold")
    sources = () if result.report is None else result.report.capture.sources
    note = _note(result)
    tracing = mending.of_tracing(machine)

    def of_package(name: str) -> str:
        # Nothing looks at a process that could not be frozen.
        return mending.of_package(name, machine) if "ptrace" in sources else tracing

    return [
        Check(
            "fate",
            result.status == _SEGV,
            f"died of its own signal ({_SEGV})",
            mending.of_fate(find_config()),
            f"It ended with {result.status}. Programs are left alone then.",
        ),
        *(
            Check(source, source in sources, what, mend, note)
            for source, what, mend in (
                (
                    "faulthandler",
                    "traceback of the crashing thread",
                    mending.REPORT_IT,
                ),
                ("py-spy", "Python stacks of every thread", of_package("py-spy")),
                (
                    "psutil",
                    "state of the process",
                    of_package("psutil"),
                ),
                ("ptrace", "registers, native stacks, minidump", tracing),
            )
        ),
    ]


def try_trace(machine: Machine) -> Check:
    """Crash a native program for real, traced."""
    result = _crash(_NATIVE, "trace")
    report = result.report
    works = (
        result.status == _SEGV
        and report is not None
        and report.capture.method == "trace"
        and "ptrace" in report.capture.sources
    )
    what = "native programs: registers, stacks, minidump"
    return Check("trace", works, what, mending.of_tracing(machine), _note(result))


def find_config() -> Config:
    """Where ``config.toml`` is or would be."""
    try:
        path = find_home(os.environ) / "config.toml"
        return Config(str(path), path.is_file() and path.stat().st_size > 0)
    except (ReportsError, OSError):
        return Config("config.toml", is_there=False)


def _crash(command: Sequence[str], mode: str) -> Rehearsal:
    """What came of it; one that takes too long came to nothing."""
    with tempfile.TemporaryDirectory(prefix="crashwatch-doctor-") as folder:
        home = Path(folder) / "home"
        options = ("--capture", mode)
        try:
            return rehearse(
                home, command, quiet=True, seconds=_PATIENCE, options=options
            )
        except subprocess.TimeoutExpired:
            return Rehearsal(1, None)


def _note(result: Rehearsal) -> str:
    if result.report is None:
        return "The crash left no report."
    return "; ".join(result.report.capture.soft_errors)
