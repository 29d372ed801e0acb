"""What works on this machine: looked up, and tried by two real crashes."""

from __future__ import annotations

import platform
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from crashwatch.backtraces.pyspy import find_pyspy
from crashwatch.cli.rehearsal import NULL_READ, rehearse
from crashwatch.cli.session import open_session
from crashwatch.errors import CrashwatchError
from crashwatch.supervisor.sleep_trial import why_no_sleep
from reports.errors import ReportsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crashwatch.cli.rehearsal import Rehearsal

_YAMA = Path("/proc/sys/kernel/yama/ptrace_scope")
_SCOPES = {
    "0": "any process of yours may be traced",
    "1": "own children may be traced, which the program is",
    "2": "only an administrator may trace",
    "3": "nobody may trace until the next start of the machine",
}
_FILTERS = {
    "0": "none",
    "1": "strict",
    "2": "a filter is in force; what it allows is tried below",
}
_NATIVE = ("/bin/sh", "-c", "kill -SEGV $$")
_SEGV = -11


class Check(NamedTuple):
    """One thing looked at: whether it works, what was found, how to mend it."""

    name: str
    works: bool
    found: str
    mend: str = ""


def look_around() -> list[Check]:
    """Everything that can be told without a crash."""
    return [_platform(), _yama(), _seccomp(), _sleep(), _pyspy(), _settings()]


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
    meaning = _SCOPES.get(scope, "unknown")
    return Check("ptrace", works, f"Yama scope {scope}: {meaning}", mend)


def _seccomp() -> Check:
    """A container's filter may refuse ptrace; that it is there says little alone."""
    status = Path("/proc/self/status").read_text(encoding="utf-8", errors="replace")
    mode = status.partition("\nSeccomp:")[2].split("\n", 1)[0].strip() or "0"
    return Check("seccomp", works=True, found=_FILTERS.get(mode, f"mode {mode}"))


def _sleep() -> Check:
    why = why_no_sleep()
    asleep = "the launcher sleeps in memory, as a page that security monitors may note"
    mend = "It stays in memory instead, which costs 8 MB for each program."
    return Check("sleep", not why, why or asleep, mend)


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


def try_hold() -> list[Check]:
    """Crash a Python for real, in a home that is thrown away."""
    result = _crash((sys.executable, "-c", NULL_READ), "hold")
    report = result.report
    sources = () if report is None else report.capture.sources
    checks = [
        Check("fate", result.status == _SEGV, f"died of its own signal ({_SEGV})")
    ]
    for source, what in (
        ("faulthandler", "traceback of the crashing thread"),
        ("py-spy", "Python stacks of every thread"),
        ("psutil", "state of the process"),
        ("ptrace", "registers, native stacks, minidump"),
    ):
        checks.append(Check(source, source in sources, what, _mend(result)))
    return checks


def try_trace() -> Check:
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
    return Check("trace", works, what, _mend(result))


def _crash(command: Sequence[str], mode: str) -> Rehearsal:
    with tempfile.TemporaryDirectory(prefix="crashwatch-doctor-") as folder:
        home = Path(folder) / "home"
        return rehearse(home, command, quiet=True, options=("--capture", mode))


def _mend(result: Rehearsal) -> str:
    if result.report is None:
        return "The crash left no report: see the lines above."
    return "; ".join(result.report.capture.soft_errors)
