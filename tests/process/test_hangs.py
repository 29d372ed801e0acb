"""Heartbeats that stand still make one report, and the program goes on."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crashwatch.supervisor.standstill import SECOND_LOOK
from tests.doubles.command_line import environment
from tests.doubles.sleeping_launcher import is_asleep, program_of
from tests.doubles.stored_bytes import content_of, plain
from tests.doubles.target_program import TargetProgram, running, supervised

pytestmark = [pytest.mark.process, pytest.mark.ptrace]

HANG_SECONDS = 0.5
LONG = 60.0
A_LITTLE_WORK = 0.005
"""Seconds on the processor: less than a Python's start, more than a sleeper's look."""
STALLS = "CRASHWATCH_TEST_STALLS"
MANY = int(os.environ.get(STALLS, "0"))  # no test sees a variable of ours


@pytest.fixture(autouse=True)
def _hangs_are_soon_seen(crashwatch_home: Path) -> None:
    crashwatch_home.mkdir(mode=0o700)
    settings = crashwatch_home / "config.toml"
    settings.touch(mode=0o600)
    settings.write_text(f"hang_seconds = {HANG_SECONDS}\n", encoding="utf-8")


@contextlib.contextmanager
def standing(
    programs: Path, way: str, stalls: int, *options: str, beats: str = "0.3"
) -> Iterator[tuple[TargetProgram, int]]:
    """A supervised program that stands still, and the pipe that makes it go on.

    It beats before for so many seconds, or until the pipe has told it.
    """
    with tempfile.TemporaryDirectory() as folder:
        pipe = Path(folder, "go-on")
        os.mkfifo(pipe)
        go_on = os.open(pipe, os.O_RDWR)
        program_file = str(programs / "stand_still.py")
        plain = [sys.executable, program_file, way, str(stalls), beats]
        command = supervised(plain, "--headless", *options)
        script = f'exec "$@" <{pipe}'
        try:
            with running(
                ["sh", "-c", script, "-", *command], environment=environment()
            ) as program:
                yield program, go_on
        finally:
            os.close(go_on)


def reports(home: Path) -> list[dict[str, Any]]:
    """Those that are whole: one that is being made is in a hidden folder."""
    files = sorted((home / "reports" / "pending").glob("[!.]*/report.json.zst"))
    return [json.loads(plain(file)) for file in files]


def wait_for_reports(program: TargetProgram, home: Path, count: int) -> None:
    """It prints a dot now and then, so that one looks again."""
    program._read_until(lambda: len(reports(home)) >= count, LONG, "a report")


def functions(report: dict[str, Any]) -> list[list[str]]:
    return [
        [frame.get("function", "") for frame in thread["frames"]]
        for thread in report["threads"]
    ]


@pytest.mark.parametrize("options", [(), ("--resident",)], ids=["asleep", "resident"])
@pytest.mark.parametrize(
    ("way", "kind"), [("sleep", "waiting"), ("late", "waiting"), ("spin", "spinning")]
)
def test_each_standstill_is_reported_once_and_the_program_goes_on(
    way: str,
    kind: str,
    options: tuple[str, ...],
    programs: Path,
    crashwatch_home: Path,
) -> None:
    with standing(programs, way, 2, *options) as (program, go_on):
        for count in (1, 2):
            program.wait_for_text(f"still {count - 1}\n")
            wait_for_reports(program, crashwatch_home, count)
            if way == "late":
                # Twice as long as it takes to see one: it is not told again.
                until = time.monotonic() + 2 * (HANG_SECONDS + 2 * SECOND_LOOK)
                program._read_until(
                    lambda end=until: time.monotonic() > end, LONG, "time"
                )
            os.write(go_on, b"!")
        ending = program.wait_for_end(LONG)
    assert ending.fate == "exit 7"
    assert ending.errors == b""
    found = reports(crashwatch_home)
    assert [report["reason"]["kind"] for report in found] == ["hang", "hang"]
    for report in found:
        assert report["process"]["status"] == kind
        assert {"psutil", "py-spy"} <= set(report["capture"]["sources"])
        assert any("stand_still" in names for names in functions(report))


def test_one_that_waits_for_a_disk_is_told_as_blocked(
    programs: Path, crashwatch_home: Path, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    os.mkfifo(disk)
    with standing(programs, str(disk), 1) as (program, _):
        program.wait_for_text("still 0\n")
        deadline = time.monotonic() + LONG
        while not reports(crashwatch_home):  # no dot comes: it holds the global lock
            assert time.monotonic() < deadline
            os.sched_yield()
        os.close(os.open(disk, os.O_WRONLY))
        assert program.wait_for_end(LONG).fate == "exit 7"
    (report,) = reports(crashwatch_home)
    assert report["reason"]["kind"] == "hang"
    assert report["process"]["status"] == "blocked"
    assert any("stand_still" in names for names in functions(report))


def test_after_a_report_it_sleeps_again_and_a_crash_is_still_caught(
    programs: Path, crashwatch_home: Path
) -> None:
    with standing(programs, "sleep", 1) as (program, _):
        program.wait_for_text("still 0\n")
        wait_for_reports(program, crashwatch_home, 1)
        program._read_until(lambda: is_asleep(program.pid), LONG, "sleep")
        os.kill(terminal_of(program.pid), signal.SIGSEGV)
        assert program.wait_for_end(LONG).fate == "SIGSEGV"
    kinds = sorted(report["reason"]["kind"] for report in reports(crashwatch_home))
    assert kinds == ["hang", "signal"]


def terminal_of(launcher: int) -> int:
    return program_of(launcher, "stand_still")


def test_a_fault_that_a_handler_returns_to_is_the_crash_it_is(
    programs: Path, crashwatch_home: Path
) -> None:
    with standing(programs, "fault", 1) as (program, _):
        program.wait_for_text("still 0\n")
        deadline = time.monotonic() + LONG
        while not reports(crashwatch_home):
            assert time.monotonic() < deadline
            os.sched_yield()
        terminal = terminal_of(program.pid)
        os.kill(terminal, signal.SIGKILL)
        assert program.wait_for_end(LONG).fate == "SIGKILL"
    (report,) = reports(crashwatch_home)
    assert report["reason"]["kind"] == "signal"
    assert report["reason"]["signal"] == "SIGSEGV"
    assert report["reason"]["signal_code"] == "SEGV_MAPERR"
    (folder,) = (crashwatch_home / "reports" / "pending").iterdir()
    assert b"minidump" in content_of(folder, "envelope")


def test_one_that_was_stopped_for_long_does_not_hang(
    programs: Path, crashwatch_home: Path
) -> None:
    with standing(programs, "sleep", 1, beats="told") as (program, go_on):
        program.wait_for_text(".")
        os.kill(terminal_of(program.pid), signal.SIGSTOP)
        program.wait_until_stopped()
        # The launcher stands, too: nothing can happen until both go on.
        until = time.monotonic() + 4 * HANG_SECONDS
        while (left := until - time.monotonic()) > 0:
            program._read_what_comes(left)
        before = len(program.output)
        program.send_signal(signal.SIGCONT)
        program.wait_for_text(".", since=before)
        program._read_until(lambda: is_asleep(program.pid), LONG, "sleep")
        found = reports(crashwatch_home)
        os.write(go_on, b"!")
        program.wait_for_text("still 0\n")
        os.write(go_on, b"!")
        assert program.wait_for_end(LONG).fate == "exit 7"
    assert found == []


def test_one_that_a_debugger_holds_does_not_hang(
    programs: Path, crashwatch_home: Path
) -> None:
    with standing(programs, "sleep", 1, beats="told") as (program, go_on):
        program.wait_for_text(".")
        terminal = str(terminal_of(program.pid))
        tracer = [sys.executable, "-m", "tests.doubles.idle_tracer", terminal]
        with running(tracer) as other:
            other.wait_for_text("attached")
            os.write(go_on, b"!")
            program.wait_for_text("still 0\n")
            wait_until_it_has_looked(program)
            found = reports(crashwatch_home)
            os.write(go_on, b"!")
            assert program.wait_for_end(LONG).fate == "exit 7"
    assert found == []


def wait_until_it_has_looked(program: TargetProgram) -> None:
    """Until the launcher was awake, and sleeps again."""
    program._read_until(lambda: is_asleep(program.pid), LONG, "sleep")
    before = processor_seconds(program.pid)

    def has_looked() -> bool:
        return processor_seconds(program.pid) - before > A_LITTLE_WORK and is_asleep(
            program.pid
        )

    program._read_until(has_looked, LONG, "a look")


def processor_seconds(pid: int) -> float:
    """``/proc/PID/schedstat`` counts nanoseconds."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def test_without_consent_nothing_is_looked_at(
    programs: Path, crashwatch_home: Path
) -> None:
    with standing(programs, "sleep", 1, beats="told") as (program, go_on):
        program.wait_for_text(".")
        revoke = [sys.executable, "-m", "crashwatch", "consent", "revoke", "crash"]
        subprocess.run(revoke, env=environment(), check=True, capture_output=True)
        os.write(go_on, b"!")
        program.wait_for_text("still 0\n")
        wait_until_it_has_looked(program)
        os.write(go_on, b"!")
        assert program.wait_for_end(LONG).fate == "exit 7"
    assert reports(crashwatch_home) == []


@pytest.mark.slow
@pytest.mark.skipif(not MANY, reason=f"set {STALLS}=1000 for it")
def test_many_stalls_hurt_nobody(programs: Path, crashwatch_home: Path) -> None:
    with standing(programs, "sleep", MANY) as (program, go_on):
        for count in range(1, MANY + 1):
            program.wait_for_text(f"still {count - 1}\n", deadline=120)
            wait_for_reports(program, crashwatch_home, count)
            os.write(go_on, b"!")
        assert program.wait_for_end(LONG).fate == "exit 7"
    assert {report["reason"]["kind"] for report in reports(crashwatch_home)} == {"hang"}
