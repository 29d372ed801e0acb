"""Each program of fixtures/programs, run alone, behaves as its README line says."""

import json
import os
import signal
import sys
from pathlib import Path

import pytest

from tests.doubles.other_pythons import OtherPython
from tests.doubles.target_program import Command, run_to_end, running

pytestmark = pytest.mark.process

FATES = {
    "null_read": "SIGSEGV",
    "null_read_thread": "SIGSEGV",
    "abort": "SIGABRT",
    "uncaught": "exit 1",
    "uncaught_thread": "exit 0",
    "unraisable": "exit 0",
    "exit7": "exit 7",
    "os_exit3": "exit 3",
    "kill9": "SIGKILL",
    "term": "SIGTERM",
    "stack_overflow": "SIGSEGV",
    "stack_overflow_thread": "SIGSEGV",
    "asyncio_task": "SIGSEGV",
    "fork_then_crash": "exit 0",
    "close_all_fds": "SIGSEGV",
    "sigpipe_default": "SIGSEGV",
    "many_threads_crash": "SIGSEGV",
}
WITH_ARGUMENTS = {
    "app_faulthandler",
    "crash_now_and_then",
    "print_context",
    "stand_still",
    "sleep_until_term",
    "suspend_self",
    "test_segfault_in_extension",
    "wait_for_a_lock",
}


def test_every_program_is_covered_and_in_the_readme(programs: Path) -> None:
    names = {path.stem for path in programs.glob("*.py")}
    readme = (programs.parent / "README.md").read_text(encoding="utf-8")

    assert names == FATES.keys() | WITH_ARGUMENTS
    assert [name for name in sorted(names) if f"`{name}.py" not in readme] == []


@pytest.mark.parametrize("name", FATES)
def test_it_meets_its_fate_under_each_python(
    programs: Path, each_python: OtherPython, name: str
) -> None:
    ending = run_to_end([each_python.executable, programs / f"{name}.py"])

    assert ending.fate == FATES[name]


def test_faulthandler_of_its_own_gets_the_traceback(
    programs: Path, each_python: OtherPython, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    ending = run_to_end([each_python.executable, programs / "app_faulthandler.py", log])

    assert ending.fate == "SIGSEGV"
    assert "Fatal Python error: Segmentation fault" in log.read_text()
    assert ending.errors == b""


def test_pytest_tells_of_the_fault_and_dies_by_it(programs: Path) -> None:
    test_file = programs / "test_segfault_in_extension.py"
    options: list[str | Path] = ["-m", "pytest", "-p", "no:cacheprovider", test_file]
    ending = run_to_end([sys.executable, *options])

    assert ending.fate == "SIGSEGV"
    assert b"Fatal Python error: Segmentation fault" in ending.errors
    assert b"in test_dies_in_c" in ending.errors


def test_each_second_run_crashes(programs: Path, tmp_path: Path) -> None:
    command: Command = [sys.executable, programs / "crash_now_and_then.py"]
    fates = [run_to_end([*command, tmp_path / "count"]).fate for _ in range(4)]

    assert fates == ["exit 0", "SIGSEGV"] * 2


def test_it_waits_until_it_is_told_to_go_on(programs: Path, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    command: Command = [sys.executable, programs / "wait_for_a_lock.py", fifo]
    with running([*command, "--deaf"]) as program:
        program.wait_for_text("waiting")
        program.send_signal(signal.SIGTERM)
        fifo.write_bytes(b"!")

        assert program.wait_for_end().fate == "exit 7"


def test_each_delivered_signal_is_counted(
    programs: Path, each_python: OtherPython
) -> None:
    command: Command = [each_python.executable, programs / "sleep_until_term.py"]
    with running(command, on_terminal=True) as program:
        program.wait_for_text("ready")
        program.send_keys("\x03")  # Ctrl-C: the terminal signals the group
        program.wait_for_text("^C")
        program.send_signal(signal.SIGUSR1)
        program.resize(30, 100)
        program.send_signal(signal.SIGTERM)
        ending = program.wait_for_end()

    counts = json.loads(ending.output.splitlines()[-1].removeprefix(b"^C"))
    assert counts == {"SIGINT": 1, "SIGTERM": 1, "SIGUSR1": 1, "SIGWINCH": 1}


def test_a_hang_up_is_counted_in_a_file(programs: Path, tmp_path: Path) -> None:
    counts = tmp_path / "counts"
    options: list[str | Path] = ["--until", "HUP", "--output", counts]
    command: Command = [sys.executable, programs / "sleep_until_term.py", *options]
    with running(command, on_terminal=True) as program:
        program.wait_for_text("ready")
        program.hang_up()

        assert program.wait_for_end().fate == "exit 0"
    assert json.loads(counts.read_text())["SIGHUP"] == 1


@pytest.mark.parametrize("name", ["STOP", "TSTP"])
def test_it_stops_itself(programs: Path, name: str) -> None:
    with running([sys.executable, programs / "suspend_self.py", name]) as program:
        if name == "TSTP":  # an orphaned group is not stopped by the polite one
            assert program.wait_for_end().output == b"ready\ncontinued\n"
            return
        assert program.wait_until_stopped() == signal.SIGSTOP
        program.send_signal(signal.SIGCONT)

        assert program.wait_for_end().output == b"ready\ncontinued\n"


@pytest.mark.parametrize("options", [[], ["--shell"]], ids=["own", "shell"])
def test_two_equal_runs_have_equal_contexts(
    programs: Path, each_python: OtherPython, options: list[str]
) -> None:
    command: Command = [each_python.executable, programs / "print_context.py", *options]
    first, second = (json.loads(run_to_end(command).output) for _ in range(2))

    assert {**first, "ids": None} == {**second, "ids": None}


def test_a_context_shows_what_was_inherited(programs: Path) -> None:
    reading, writing = os.pipe()
    command: Command = [sys.executable, programs / "print_context.py", "--shell"]
    environment = {**os.environ, "CRASHWATCH_PLANTED": "yes"}
    try:
        with running(command, environment=environment, pass_fds=(writing,)) as program:
            context = json.loads(program.wait_for_end().output)
    finally:
        os.close(reading)
        os.close(writing)

    assert context["environment"]["CRASHWATCH_PLANTED"] == "yes"
    assert context["descriptors"][str(writing)]["target"] == "pipe"
    assert "SigIgn" in context["signals"]
