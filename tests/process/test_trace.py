"""A traced program behaves as it does alone, and its death is read where it happens."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.doubles import process_table
from tests.doubles.command_line import HERE, crashwatch
from tests.doubles.kept_reports import kept_reports, only_report
from tests.doubles.native_program import build_trouble, function_at
from tests.doubles.requirement import require
from tests.doubles.target_program import (
    Ending,
    TargetProgram,
    run_to_end,
    running,
    supervised,
)
from tests.doubles.xvfb_display import xvfb_display

pytestmark = [pytest.mark.process, pytest.mark.ptrace, pytest.mark.slow]

PYTHON = sys.executable


class Way(NamedTuple):
    """How a way of trouble.c ends; no code: no report."""

    fate: str
    code: str = ""
    output: str = ""


WAYS = {
    "thread 4": Way("SIGSEGV", "SEGV_MAPERR"),
    "abort": Way("SIGABRT", "SI_TKILL"),
    "thread-overflow": Way("SIGSEGV", "SEGV_ACCERR"),
    "without-main": Way("SIGSEGV", "SEGV_MAPERR"),
    "filter": Way("SIGSYS", "SI_KERNEL"),
    "raise-again": Way("SIGSEGV", "SEGV_MAPERR"),
    "raise-later": Way("SIGSEGV", "SEGV_MAPERR"),
    "meet-again": Way("SIGSEGV", "SEGV_MAPERR"),
    "absorb-twice": Way("SIGSEGV", "SI_USER", "absorbed\n"),
    "exec null": Way("SIGSEGV", "SEGV_MAPERR"),
    "in-storm": Way("SIGSEGV", "SEGV_MAPERR"),
    "in-vfork": Way("SIGSEGV", "SEGV_MAPERR"),
    "survive 20": Way("exit 5", "", "survived\n"),
    "absorb": Way("exit 6", "", "absorbed\n"),
    "child": Way("exit 0", "", "child died of 11\n"),
    "storm 60": Way("exit 0", "", "480 threads\n"),
    "flood 200": Way("exit 0", "", "200 children, told 1\n"),
    "odd-clone": Way("exit 0", "", f"euid {os.geteuid()}, traced 0\n"),
}
AT_FAULT = {
    "thread 4",
    "in-storm",
    "raise-again",
    "raise-later",
    "meet-again",
    "exec null",
}


@pytest.fixture(scope="module")
def trouble(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_trouble(tmp_path_factory.mktemp("trouble"))


def traced(*command: str | Path) -> list[str | Path]:
    return supervised(list(command), "--headless", "--capture", "trace")


def what_shows(ending: Ending) -> tuple[str, bytes, bytes]:
    return ending.fate, ending.output, ending.errors


@pytest.mark.parametrize("way", WAYS)
def test_it_ends_as_it_does_alone(
    way: str, trouble: Path, crashwatch_home: Path
) -> None:
    expected = WAYS[way]
    alone = run_to_end([trouble, *way.split()])
    assert alone.fate == expected.fate
    assert alone.output.decode() == expected.output

    watched = run_to_end(traced(trouble, *way.split()))

    assert what_shows(watched) == what_shows(alone)
    if not expected.code:
        assert kept_reports(crashwatch_home) == []
        return
    report = only_report(crashwatch_home)
    assert report["reason"]["signal"] == expected.fate
    assert report["reason"]["signal_code"] == expected.code
    assert report["capture"]["method"] == "trace"
    assert "ptrace" in report["capture"]["sources"]
    assert report["minidump_bytes"] > 0
    missed = ["freeze: not every thread could be stopped"]
    assert report["capture"].get("soft_errors", []) == missed * (way == "in-vfork")
    if way in AT_FAULT:
        frame = report["threads"][0]["native"][0]
        assert function_at(trouble, frame["address"]) == "read_null"


def test_children_are_not_traced_and_keep_their_rights(
    trouble: Path, tmp_path: Path
) -> None:
    """twenty of vfork and exec; with root's help, of a setuid program."""
    other = trouble
    if os.geteuid() == 0:
        other = trouble.parent / "other"
        shutil.copy(trouble, other)
        os.chown(other, 65534, 65534)
        other.chmod(0o4755)
    alone = run_to_end([trouble, "vfork", other])
    watched = run_to_end(traced(trouble, "vfork", other))
    assert what_shows(watched) == what_shows(alone)
    user = 65534 if os.geteuid() == 0 else os.geteuid()
    assert watched.output.decode() == f"euid {user}, traced 0\n" * 20


@pytest.mark.parametrize("option", ["-I", "-S"])
def test_a_python_that_cannot_be_armed_is_captured_with_its_stacks(
    option: str, programs: Path, crashwatch_home: Path
) -> None:
    command = [PYTHON, option, str(programs / "null_read_thread.py")]
    watched = run_to_end(traced(*command))
    assert what_shows(watched) == what_shows(run_to_end(command))
    report = only_report(crashwatch_home)
    assert report["capture"]["sources"] == ["wait4", "psutil", "ptrace", "py-spy"]
    crashed, main = report["threads"]
    assert [frame["function"] for frame in crashed["frames"]][:2] == [
        "string_at",
        "read_null",
    ]
    assert crashed["crashed"]
    assert main["name"] == "MainThread"


def test_a_stack_overflow_in_a_thread_of_an_armed_python_is_captured(
    programs: Path, crashwatch_home: Path
) -> None:
    command = [PYTHON, str(programs / "stack_overflow_thread.py")]
    assert run_to_end(traced(*command)).fate == run_to_end(command).fate == "SIGSEGV"
    report = only_report(crashwatch_home)
    assert report["reason"]["signal_code"] in {"SEGV_MAPERR", "SEGV_ACCERR"}
    assert {"client", "ptrace", "py-spy"} <= set(report["capture"]["sources"])
    assert report["threads"][0]["crashed"]


def test_an_armed_python_writes_its_traceback_and_main_never_runs_on(
    programs: Path, crashwatch_home: Path
) -> None:
    command = [PYTHON, "-X", "faulthandler", str(programs / "null_read_thread.py")]
    alone = run_to_end(command)
    watched = run_to_end(traced(*command))
    assert watched.fate == alone.fate == "SIGSEGV"
    assert b"ran on" not in watched.output
    first = alone.errors.splitlines()[0]
    assert first == b"Fatal Python error: Segmentation fault"
    assert watched.errors.splitlines()[0] == first
    sources = only_report(crashwatch_home)["capture"]["sources"]
    assert {"faulthandler", "ptrace", "py-spy"} <= set(sources)


RACE = """
import ctypes, os, threading, time
strlen = ctypes.CDLL(None).strlen    # called without the interpreter's lock
ready = threading.Event()
threading.Thread(target=lambda: (ready.set(), strlen(None))).start()
ready.wait()
time.sleep(0.04)
os._exit(0)
"""


def test_while_a_thread_writes_its_traceback_main_cannot_exit() -> None:
    assert run_to_end([PYTHON, "-c", RACE]).fate == "SIGSEGV"
    fates = [run_to_end(traced(PYTHON, "-c", RACE)).fate for _ in range(3)]
    assert fates == ["SIGSEGV"] * 3


@pytest.mark.display
def test_xterm_that_gets_a_segmentation_fault(
    crashwatch_home: Path, tmp_path: Path
) -> None:
    require(shutil.which("xterm"), "xterm is missing", "apt-get install xterm")
    with xvfb_display() as display:
        environment = display.environment({**os.environ, "PYTHONPATH": HERE})
        inside = f"kill -SEGV $PPID; cat {tmp_path}/never"
        command = ["xterm", "-e", "sh", "-c", inside]
        alone = run_to_end(command, environment=environment)
        watched = run_to_end(traced(*command), environment=environment)
    assert watched.fate == alone.fate == "SIGSEGV"
    report = only_report(crashwatch_home)
    assert report["program"] == "xterm"
    assert report["reason"]["signal_code"] == "SI_USER"
    modules = {frame["module"] for frame in report["threads"][0]["native"]}
    assert "libc.so.6" in modules


def names_of(pids: set[int]) -> dict[str, int]:
    """Processes by what they call themselves."""
    found = {}
    for pid in pids:
        path = Path(f"/proc/{pid}/comm")
        if path.exists():
            found[path.read_text().strip()] = pid
    return found


@pytest.fixture
def waiting(trouble: Path) -> Iterator[tuple[TargetProgram, dict[str, int]]]:
    """A traced program that waits for ever, and the processes around it."""
    with running(traced(trouble, "wait")) as program:
        program.wait_for_text("ready")
        found = names_of(process_table.descendants(program.pid))
        yield program, found
        # The tracer is in a session of its own.
        process_table.send(signal.SIGKILL, {found["crashtracer"]})


def tracer_of(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("TracerPid:")[2].split()[0])


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]


Waiting = tuple[TargetProgram, dict[str, int]]


def test_a_debugger_is_let_in_and_the_exit_status_is_still_kept(
    waiting: Waiting, crashwatch_home: Path
) -> None:
    program, found = waiting
    pid = found["trouble"]
    assert tracer_of(pid) == found["crashtracer"]

    assert crashwatch("detach", str(pid)).status == 0

    assert tracer_of(pid) == 0
    again = crashwatch("detach", str(pid))
    assert (again.status, len(again.error_lines)) == (1, 2)
    command = [sys.executable, "-m", "tests.doubles.idle_tracer", str(pid)]
    with subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE) as debugger:
        assert debugger.stdout is not None
        assert debugger.stdout.readline() == b"attached\n"
        os.kill(pid, signal.SIGSEGV)
        assert program.wait_for_end().fate == "SIGSEGV"
        debugger.wait(30)
    capture = only_report(crashwatch_home)["capture"]
    assert capture["method"] == "status"
    assert capture["soft_errors"] == ["trace: nobody was there at the end"]


def test_where_nothing_is_traced_it_says_so() -> None:
    """In a namespace of its own: tests that run beside this one trace programs."""
    require(shutil.which("unshare"), "unshare is missing", "apt-get install util-linux")
    alone = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--"]
    trial = subprocess.run([*alone, "true"], capture_output=True, check=False)
    require(trial.returncode == 0, "no PID namespace can be made", "run as root")
    command = [*alone, sys.executable, "-m", "crashwatch", "detach"]
    for pid in ([], ["4711"]):
        ended = run_to_end([*command, *pid], directory=Path(HERE))
        assert (ended.fate, ended.output) == ("exit 1", b"")
        assert b"traced by crashwatch" in ended.errors


def test_the_launchers_pid_will_do_to_let_a_debugger_in(waiting: Waiting) -> None:
    program, found = waiting
    assert crashwatch("detach", str(program.pid)).status == 0
    assert tracer_of(found["trouble"]) == 0


def test_a_stopped_launcher_leaves_nothing_standing(waiting: Waiting) -> None:
    """Its tracer is another process, in a session of its own."""
    program, found = waiting
    program.send_signal(signal.SIGSTOP)
    os.kill(found["trouble"], signal.SIGWINCH)
    os.kill(found["trouble"], signal.SIGTERM)
    assert not process_table.wait_until_gone({found["crashtracer"]}, 30.0)
    program.send_signal(signal.SIGCONT)
    assert program.wait_for_end().fate == "SIGTERM"


def test_a_stopped_group_does_not_stop_the_tracer(waiting: Waiting) -> None:
    program, found = waiting
    program.send_signal(signal.SIGSTOP, to_group=True)
    assert program.wait_until_stopped() == signal.SIGSTOP
    os.kill(found["trouble"], signal.SIGCONT)
    os.kill(found["trouble"], signal.SIGTERM)
    assert not process_table.wait_until_gone({found["crashtracer"]}, 30.0)
    program.send_signal(signal.SIGCONT, to_group=True)
    assert program.wait_for_end().fate == "SIGTERM"


@pytest.mark.parametrize("who", ["launcher", "tracer"])
def test_without_launcher_or_tracer_the_program_runs_on(
    who: str, waiting: Waiting
) -> None:
    program, found = waiting
    pid = found["trouble"]
    victim = program.pid if who == "launcher" else found["crashtracer"]
    os.kill(victim, signal.SIGKILL)
    assert not process_table.wait_until_gone({found["crashtracer"]}, 30.0)
    assert tracer_of(pid) == 0
    os.kill(pid, signal.SIGTERM)
    assert not process_table.wait_until_gone({pid}, 30.0)
    fate = "SIGKILL" if who == "launcher" else "SIGTERM"
    assert program.wait_for_end().fate == fate


def test_a_program_stopped_and_continued_alone_takes_the_launcher_along(
    waiting: Waiting,
) -> None:
    program, found = waiting
    os.kill(found["trouble"], signal.SIGSTOP)
    assert program.wait_until_stopped() == signal.SIGSTOP
    assert state_of(found["trouble"]) in {"t", "T"}
    os.kill(found["trouble"], signal.SIGCONT)
    os.kill(found["trouble"], signal.SIGTERM)
    assert program.wait_for_end().fate == "SIGTERM"


def test_nothing_is_traced_without_being_asked_for(
    trouble: Path, crashwatch_home: Path
) -> None:
    run_to_end(supervised([trouble, "null"], "--headless"))
    assert only_report(crashwatch_home)["capture"]["method"] == "status"


def test_a_setting_allows_it_for_all_native_programs(
    trouble: Path, crashwatch_home: Path
) -> None:
    crashwatch_home.mkdir(mode=0o700)
    settings = crashwatch_home / "config.toml"
    settings.write_text("trace_native = true\n")
    settings.chmod(0o600)
    run_to_end(supervised([trouble, "null"], "--headless"))
    assert only_report(crashwatch_home)["capture"]["method"] == "trace"
