"""``--repeat`` and ``--until-crash``: run after run, for a crash that is rare."""

import json
import signal
import sys
from pathlib import Path

import junitparser
import pytest

from tests.doubles.command_line import crashwatch, environment
from tests.doubles.target_program import running, supervised

CRASHED = "crash_now_and_then.py crashed (SIGSEGV)."
pytestmark = [pytest.mark.process, pytest.mark.ptrace]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "artifacts"


@pytest.fixture
def flaky(programs: Path, tmp_path: Path) -> tuple[str | Path, ...]:
    """Crashes in each second run."""
    return sys.executable, programs / "crash_now_and_then.py", tmp_path / "counter"


def test_each_run_is_a_case_and_those_that_crashed_are_kept(
    folder: Path, flaky: tuple[str | Path, ...]
) -> None:
    options = ("--headless", "--repeat", "3", "--artifacts", folder)
    answer = crashwatch("run", *options, "--", *flaky)
    assert answer.status == -11
    assert answer.out.split("\n") == ["run 1", "run 2", "run 3", ""]
    assert answer.error_lines == [
        f"crashwatch: run 2: {CRASHED} {folder}/run-2/report.md",
        "crashwatch: 3 runs: 1 crashed, 2 passed; the first that failed was run 2",
    ]
    names = {path.name for path in folder.iterdir()}
    assert names == {"junit.xml", "report.md", "report.sarif", "run-2"}
    (suite,) = junitparser.JUnitXml.fromfile(str(folder / "junit.xml"))
    assert [case.is_passed for case in suite] == [True, False, True]
    assert "<app>/crash_now_and_then.py" in list(suite)[1].result[0].text
    sarif = json.loads((folder / "report.sarif").read_bytes())["runs"][0]
    assert len(sarif["invocations"]) == 3
    assert len(sarif["results"]) == 1
    assert (folder / "run-2" / "report.html").is_file()


def test_until_it_crashes_and_no_further(flaky: tuple[str | Path, ...]) -> None:
    options = ("--until-crash", "--fail-on-crash", "9", "--quiet")
    answer = crashwatch("run", *options, "--", *flaky, CI="true")
    assert answer.status == 9
    assert answer.out == "run 1\nrun 2\n"
    assert answer.error_lines == [
        "crashwatch: 2 runs: 1 crashed, 1 passed; the first that failed was run 2"
    ]


def test_unwatched_runs_are_told_by_how_they_ended(
    flaky: tuple[str | Path, ...],
) -> None:
    answer = crashwatch("run", "--no-telemetry", "--repeat", "2", "--", *flaky)
    assert answer.status == -11
    last = answer.error_lines[-1]
    assert last.startswith("crashwatch: 2 runs: 1 crashed, 1 passed")


def test_a_hunt_that_is_ended_ends_its_run_and_begins_no_other() -> None:
    script = "import time; print('ready', flush=True); time.sleep(100)"
    command = supervised([sys.executable, "-c", script], "--until-crash", "--headless")
    with running(command, environment=environment()) as program:
        program.wait_for_text("ready\n")
        program.send_signal(signal.SIGTERM)
        ending = program.wait_for_end()
    assert ending.fate == "SIGTERM"
    assert ending.output == b"ready\n"
    assert b"1 run: 1 killed" in ending.errors


@pytest.mark.parametrize("option", ["--repeat=3", "--until-crash"])
def test_a_program_that_is_not_there_is_run_no_second_time(option: str) -> None:
    answer = crashwatch("run", option, "--", "no-such-program")
    assert (answer.status, answer.out) == (127, "")
    assert answer.error_lines == ["crashwatch: no-such-program: program not found"]
