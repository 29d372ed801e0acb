"""``--timeout`` and ``--hang-after``: what hangs is looked at, what must end, ends."""

import json
import os
import sys
import time
from pathlib import Path

import pytest

from crashwatch.supervisor.time_limit import TimeLimit
from reports.minidump.reader import Minidump
from tests.doubles.command_line import environment
from tests.doubles.process_table import wait_until_gone
from tests.doubles.target_program import running, supervised

pytestmark = [pytest.mark.process, pytest.mark.ptrace]

LONG = 60.0


def functions(folder: Path) -> list[list[str]]:
    report = json.loads((folder / "report.json").read_bytes())
    assert report["reason"]["kind"] == "hang"
    return [
        [frame["function"] for frame in each["frames"]] for each in report["threads"]
    ]


@pytest.mark.slow
def test_one_that_takes_too_long_is_looked_at_and_ended_with_its_children(
    programs: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "artifacts"
    plain = [sys.executable, programs / "wait_for_a_lock.py", "--child"]
    command = supervised(plain, "--headless", "--timeout=4", f"--artifacts={folder}")
    with running(command, environment=environment()) as program:
        child = int(program.wait_for_text("waiting\n").split()[1])
        ending = program.wait_for_end(LONG)
        assert wait_until_gone({child}, deadline=LONG) == set()
    assert ending.fate == "exit 124"
    record = json.loads((folder / "run.json").read_bytes())
    assert (record["verdict"], record["timed_out"]) == ("timed out", 4)
    assert record["signal"] == "SIGTERM"
    assert any("close_tab" in calls for calls in functions(folder))
    assert "was ended after 4 seconds" in (folder / "report.md").read_text()


@pytest.mark.slow
def test_one_that_does_nothing_is_told_and_goes_on(
    programs: Path, tmp_path: Path, crashwatch_home: Path
) -> None:
    folder = tmp_path / "artifacts"
    go_on = tmp_path / "go-on"
    os.mkfifo(go_on)
    plain = [sys.executable, programs / "wait_for_a_lock.py", go_on]
    command = supervised(plain, "--headless", "--hang-after=1", f"--artifacts={folder}")
    with running(command, environment=environment()) as program:
        program.wait_for_text("waiting\n")
        while not any(crashwatch_home.glob("reports/pending/[!.]*/report.json.zst")):
            assert not program._has_ended()
            program._read_what_comes(0.1)
        go_on.write_text("go on")
        ending = program.wait_for_end(LONG)
    assert ending.fate == "exit 7"
    assert any("close_tab" in calls for calls in functions(folder))
    assert json.loads((folder / "run.json").read_bytes())["verdict"] == "hung"


class Terminal:
    def __init__(self, pid):
        self.terminal = self
        self.pid = pid


def test_one_that_is_deaf_is_killed_after_the_grace(programs: Path) -> None:
    looked = []
    command = [sys.executable, programs / "wait_for_a_lock.py", "--deaf"]
    with running(command) as program:
        program.wait_for_text("waiting\n")
        watch = Terminal(program.pid)
        limit = TimeLimit(0.05, time.monotonic(), looked.append, grace=0.1)
        assert not limit.reached
        while not program._has_ended():
            program._read_what_comes(limit(watch) / 1000)
        assert program.wait_for_end().fate == "SIGKILL"
    assert looked == [watch]
    assert limit.reached


@pytest.mark.slow
def test_a_program_without_python_has_native_stacks(tmp_path: Path) -> None:
    folder = tmp_path / "artifacts"
    command = supervised(
        ["sleep", "100"], "--headless", "--timeout=1", f"--artifacts={folder}"
    )
    with running(command, environment=environment()) as program:
        assert program.wait_for_end(LONG).fate == "exit 124"
    report = json.loads((folder / "report.json").read_bytes())
    (thread,) = report["threads"]
    assert "__libc_start_main" in {call["function"] for call in thread["native"]}
    assert not thread["crashed"]
    unread = " ".join(report["capture"].get("soft_errors", ()))
    assert "py-spy" not in unread
    assert "signal frame" not in unread
    assert Minidump((folder / "crash.dmp").read_bytes()).threads
