"""``run --follow-children``: each child that crashes is reported, and dies as alone."""

import json
import os
import select
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from reports.home import open_home
from tests.doubles import process_table
from tests.doubles.kept_reports import only_report
from tests.doubles.stored_bytes import plain
from tests.doubles.target_program import Ending, run_to_end, running, supervised

pytestmark = [pytest.mark.process, pytest.mark.ptrace]

FAMILY = """\
import ctypes, multiprocessing, os, subprocess, sys, threading

ALONE = [sys.executable, "-c", "import ctypes; ctypes.string_at(8)"]
SHELL = '"$0" "$@"; exit $?'


def die(*_):
    ctypes.string_at(8)


def in_a_thread():
    threading.Thread(target=die).start()
    threading.Event().wait()


def process(method, target):
    child = multiprocessing.get_context(method).Process(target=target)
    child.start()
    child.join()
    return child.exitcode


def grandchild():
    sys.exit(100 - process("fork", die))


def forked(act):
    child = os.fork()
    if child == 0:
        act()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, os.WUNTRACED)[1])


def orphan():
    ready, gone = os.pipe()
    if os.fork() == 0:
        os.close(ready)
        if os.fork() == 0:
            die()
        os._exit(0)
    os.close(gone)
    os.wait()
    return os.read(ready, 1)


KINDS = {
    "os.fork": lambda: forked(die),
    "fork": lambda: process("fork", die),
    "spawn": lambda: process("spawn", die),
    "forkserver": lambda: process("forkserver", die),
    "subprocess": lambda: subprocess.run(ALONE).returncode,
    "shell": lambda: subprocess.run(["sh", "-c", SHELL, *ALONE]).returncode,
    "grandchild": lambda: process("spawn", grandchild),
    "thread": lambda: forked(in_a_thread),
    "becomes another": lambda: forked(lambda: os.execv(sys.executable, ALONE)),
    "orphan": orphan,
}
if __name__ == "__main__":
    print(KINDS[sys.argv[1]](), flush=True)
"""
KINDS = {
    "os.fork": b"-11\n",
    "fork": b"-11\n",
    "spawn": b"-11\n",
    "forkserver": b"-11\n",
    "subprocess": b"-11\n",
    "shell": b"139\n",
    "grandchild": b"111\n",
    "thread": b"-11\n",
    "becomes another": b"-11\n",
    "orphan": b"b''\n",
}
MANY = """\
import ctypes, os, sys
read, write = os.pipe()
children = []
for number in range(4):
    child = os.fork()
    if child == 0:
        os.close(write)
        os.read(read, 1)
        ctypes.string_at(8)
    children.append(child)
os.close(write)
print([os.waitstatus_to_exitcode(os.waitpid(c, 0)[1]) for c in children], flush=True)
"""
TOLD_NOT_TO = """\
import os, subprocess, sys
for name in ("DO_NOT_TRACK", "CRASHWATCH_NO_TELEMETRY"):
    subprocess.run([sys.executable, "-c", "import ctypes; ctypes.string_at(8)"],
                   env={**os.environ, name: "1"})
run = [sys.executable, "-m", "crashwatch", "run", "--no-telemetry", "--"]
subprocess.run([*run, sys.executable, "-c", "import ctypes; ctypes.string_at(8)"])
"""
RAISES = """\
import subprocess, sys
for script in (
    "raise KeyError('mira')",
    "import crashwatch.client as c; print(c.report_error(OSError(5, 'mira')))",
):
    print(subprocess.run([sys.executable, "-c", script]).returncode, flush=True)
"""
STAYS = """\
import os, sys
if os.fork() == 0:
    os.read(int(sys.argv[1]), 1)
    os._exit(0)
print("left", flush=True)
"""

CRASHES_ITSELF = "import os; os.abort()"
BECOMES = "import os, sys; os.execv(sys.argv[1], [sys.argv[1], '-c', sys.argv[2]])"


def followed(*command: str | Path, options: tuple[str, ...] = ()) -> list[str | Path]:
    return supervised(command, "--headless", "--follow-children", *options)


def reports(home: Path) -> list[dict[str, Any]]:
    """Those that were kept, in no order."""
    files = home.glob("reports/*/*/report.json.zst")
    return [json.loads(plain(file)) for file in files]


@pytest.fixture
def family(tmp_path: Path) -> Path:
    """A program that has a child of each kind, by name, which crashes."""
    script = tmp_path / "family.py"
    script.write_text(FAMILY)
    return script


def assert_read(report: dict[str, Any]) -> None:
    """It was held, frozen and read as the program itself would have been."""
    assert report["reason"]["signal"] == "SIGSEGV"
    capture = report["capture"]
    sources = {"wait4", "client", "psutil", "ptrace", "py-spy", "faulthandler"}
    assert set(capture["sources"]) == sources, capture
    assert report["threads"][0]["crashed"]
    functions = [frame["function"] for frame in report["threads"][0]["frames"]]
    assert functions[0] == "string_at"


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_reported_and_dies_as_alone(
    kind: str, family: Path, crashwatch_home: Path
) -> None:
    ending = run_to_end(followed(sys.executable, family, kind))
    assert (ending.fate, ending.output) == ("exit 0", KINDS[kind]), ending.errors
    (report,) = reports(crashwatch_home)
    assert report["child_of"] == report["program"] == "family.py"
    assert_read(report)


def test_a_program_that_is_no_python_has_children_too(
    family: Path, crashwatch_home: Path
) -> None:
    script = f"'{sys.executable}' '{family}' os.fork; exit 3"
    ending = run_to_end(followed("sh", "-c", script))
    assert (ending.fate, ending.output) == ("exit 3", b"-11\n"), ending.errors
    (report,) = reports(crashwatch_home)
    assert (report["child_of"], report["program"]) == ("sh", "family.py")
    assert_read(report)


def test_many_that_crash_at_once_are_all_read(crashwatch_home: Path) -> None:
    ending = run_to_end(followed(sys.executable, "-c", MANY))
    assert ending.output == b"[-11, -11, -11, -11]\n"
    found = reports(crashwatch_home)
    assert len(found) == 4
    for report in found:
        assert_read(report)


def test_the_programs_own_crash_is_a_report_like_the_others(
    family: Path, crashwatch_home: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "artifacts"
    script = "import runpy, sys, ctypes; sys.argv = ['x', 'os.fork']\n"
    script += f"runpy.run_path({str(family)!r}, run_name='__main__')\n"
    script += "ctypes.string_at(8)\n"
    options = (f"--artifacts={folder}",)
    ending = run_to_end(followed(sys.executable, "-c", script, options=options))
    assert ending.fate == "SIGSEGV"
    told = {report.get("child_of") for report in reports(crashwatch_home)}
    assert told == {Path(sys.executable).name, None}
    assert len(list(folder.glob("report*.json"))) == 2


def test_exceptions_of_children(crashwatch_home: Path) -> None:
    """One that nobody caught, and one that a child reports itself."""
    ending = run_to_end(followed(sys.executable, "-c", RAISES))
    assert ending.output == b"1\nTrue\n0\n"
    found = {report["exception"]["type"]: report for report in reports(crashwatch_home)}
    assert found["KeyError"]["reason"] == {"kind": "uncaught_main", "exit_code": 1}
    assert found["OSError"]["reason"] == {"kind": "handled"}
    assert all(report["child_of"] for report in found.values())
    assert "mira" not in json.dumps(found)


def test_children_that_were_told_not_to_be_watched(crashwatch_home: Path) -> None:
    ending = run_to_end(followed(sys.executable, "-c", TOLD_NOT_TO))
    assert ending.fate == "exit 0", ending.errors
    assert reports(crashwatch_home) == []


def test_consent_refused_is_refused_for_children(
    family: Path, crashwatch_home: Path
) -> None:
    run_to_end([sys.executable, "-m", "crashwatch", "consent", "revoke", "crash"])
    ending = run_to_end(followed(sys.executable, family, "os.fork"))
    assert ending.output == b"-11\n"
    assert reports(crashwatch_home) == []


def test_the_setting_does_the_same(family: Path, crashwatch_home: Path) -> None:
    config = open_home(crashwatch_home).config
    config.write_text("follow_children = true\n")
    config.chmod(0o600)
    run_to_end(supervised([sys.executable, family, "spawn"], "--headless"))
    (report,) = reports(crashwatch_home)
    assert report["child_of"] == "family.py"


def test_a_child_that_stays_behind_does_not_keep_the_run() -> None:
    read, write = os.pipe()
    command = followed(sys.executable, "-c", STAYS, str(read))
    with running(command, pass_fds=(read,)) as program:
        program.wait_for_text("left")
        assert program.wait_for_end().fate == "exit 0"
    os.close(write)
    os.close(read)


def test_traced_as_well(family: Path, crashwatch_home: Path) -> None:
    options = ("--capture", "trace")
    command = followed(sys.executable, family, "spawn", options=options)
    assert run_to_end(command).output == b"-11\n"
    (report,) = reports(crashwatch_home)
    assert_read(report)


WHEN_TOLD = """\
import ctypes, os, sys
def forked(pipe):
    child = os.fork()
    if child == 0:
        print("ready", flush=True)
        os.read(pipe, 1)
        ctypes.string_at(8)
    return child
first, second = map(int, sys.argv[1:])
early = forked(first)
os.read(second, 1)
late = forked(first)
for child in (early, late):
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
A_FEW_SECONDS = 25.0
"""Two guards of three seconds, one after the other on a busy machine; without them the
250 ms of each write add up to minutes."""


@pytest.mark.slow
def test_a_stopped_supervisor_delays_a_child_by_a_few_seconds() -> None:
    """One that was let in, and one that stands before the door."""
    first, second = os.pipe(), os.pipe()
    numbers = [str(first[0]), str(second[0])]
    command = followed(sys.executable, "-c", WHEN_TOLD, *numbers)
    with running(command, pass_fds=(first[0], second[0])) as program:
        program.wait_for_text("ready\n")
        _wait_for_guards(program.pid, 3)  # the program's, the door's, the child's
        os.kill(program.pid, signal.SIGSTOP)
        os.write(second[1], b"!")
        program.wait_for_text("ready\nready\n")
        os.write(first[1], b"!!")
        started = time.monotonic()
        program.wait_for_text("-11\n-11\n")
        assert time.monotonic() - started < A_FEW_SECONDS
        os.kill(program.pid, signal.SIGCONT)
        assert program.wait_for_end().fate == "exit 0"
    for descriptor in (*first, *second):
        os.close(descriptor)


def _wait_for_guards(launcher: int, count: int) -> None:
    deadline = time.monotonic() + 30
    found = 0
    while found < count:
        assert time.monotonic() < deadline
        names = map(process_table.describe, process_table.descendants(launcher))
        found = sum("crashwatch-guard" in name for name in names)


def test_without_a_supervisor_children_die_at_once(family: Path) -> None:
    told, telling = os.pipe()
    script = "import os, signal, sys; os.kill(os.getppid(), signal.SIGKILL)\n"
    script += f"sys.path.insert(0, {str(family.parent)!r}); import family\n"
    script += f"os.write({telling}, b'%d' % family.KINDS['os.fork']())\n"
    with running(followed(sys.executable, "-c", script), pass_fds=(telling,)):
        os.close(telling)
        ready, _, _ = select.select([told], [], [], 30)
        assert ready
        assert os.read(told, 64) == b"-11"
    os.close(told)


def ended_like(alone: Ending, watched: Ending) -> None:
    assert (watched.fate, watched.output) == (alone.fate, alone.output)


def test_what_a_child_writes_of_its_fault_is_the_same(family: Path) -> None:
    """``-X faulthandler`` is the wish of the program, and of what it forks."""
    command = [sys.executable, "-X", "faulthandler", str(family), "os.fork"]
    alone, watched = run_to_end(command), run_to_end(followed(*command))
    ended_like(alone, watched)
    assert b"Fatal Python error: Segmentation fault" in alone.errors

    def lines(errors: bytes) -> list[bytes]:
        return [line for line in errors.splitlines() if b"0x" not in line]

    assert lines(watched.errors) == lines(alone.errors)


@pytest.mark.ptrace
@pytest.mark.parametrize(
    "command",
    [
        ("sh", "-c", 'sleep 0; exec "$0" -c "$1"', sys.executable, CRASHES_ITSELF),
        (sys.executable, "-c", BECOMES, sys.executable, CRASHES_ITSELF),
    ],
    ids=["a shell", "a Python"],
)
def test_a_program_that_becomes_a_python_keeps_its_fate_and_is_told_once(
    command: tuple[str, ...], crashwatch_home: Path
) -> None:
    ending = run_to_end(followed(*command))
    assert (ending.fate, ending.errors) == ("SIGABRT", b"")
    report = only_report(crashwatch_home)
    assert report["reason"]["signal"] == "SIGABRT"
    assert "ptrace" in report["capture"]["sources"]
