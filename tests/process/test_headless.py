"""What a run leaves for build servers: files, annotations, a summary, a line."""

import json
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import junitparser
import pytest

from reports.minidump.reader import Minidump
from tests.doubles.command_line import Answer, crashwatch, environment
from tests.doubles.kept_reports import only_report
from tests.doubles.process_table import holders_of, wait_until_gone
from tests.doubles.target_program import run_to_end, supervised

pytestmark = [pytest.mark.process, pytest.mark.ptrace]

ALWAYS = {
    *("run.json", "report.md", "junit.xml", "report.sarif"),
    *("timeline.json", "timeline.svg"),
}
CANARY = "kummerspeck"


def run(
    folder: Path, program: Path | str, *options: str | Path, **changes: str
) -> Answer:
    """A Python program under ``run --headless --artifacts``."""
    command = (sys.executable, program, f"--token={CANARY}-1")
    changes = {"PACHY_SECRET": f"{CANARY}-2", **changes}
    options = ("--headless", "--artifacts", folder, *options)
    return crashwatch("run", *options, "--", *command, **changes)


def record(folder: Path) -> dict[str, object]:
    return json.loads((folder / "run.json").read_bytes())


def case(folder: Path) -> junitparser.TestCase:
    (suite,) = junitparser.JUnitXml.fromfile(str(folder / "junit.xml"))
    (only,) = suite
    return only


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "artifacts"


def test_a_crash_leaves_all_of_it_and_nothing_personal(
    folder: Path, programs: Path, crashwatch_home: Path, tmp_path: Path
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    answer = run(
        folder,
        programs / "null_read.py",
        CRASHWATCH_DSN="http://k@127.0.0.1:9/1",
        GITHUB_ACTIONS="true",
        GITHUB_WORKSPACE=str(programs.parents[1]),
        GITHUB_STEP_SUMMARY=str(summary),
    )
    assert (answer.status, answer.out) == (-11, "")
    found = {path.name for path in folder.iterdir()}
    assert found == ALWAYS | {"report.json", "report.html", "crash.dmp"}
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    for path in folder.iterdir():
        data = path.read_bytes()
        for secret in (CANARY, str(programs), str(tmp_path)):
            assert secret.encode() not in data, (path.name, secret)
    report = only_report(crashwatch_home)
    assert json.loads((folder / "report.json").read_bytes()) == report
    told = record(folder)
    assert (told["verdict"], told["found"][0]["id"]) == ("crashed", report["id"])
    assert str(told["sending"]).startswith("nothing of it is sent: ")
    assert not (crashwatch_home / "consent.log").exists()
    assert isinstance(case(folder).result[0], junitparser.Failure)
    assert "<app>/null_read.py" in case(folder).result[0].text
    assert "null_read.py crashed (SIGSEGV)." in (folder / "report.html").read_text()
    ET.parse(folder / "timeline.svg")
    assert Minidump((folder / "crash.dmp").read_bytes()).exception is not None
    samples = json.loads((folder / "timeline.json").read_bytes())["samples"]
    assert samples[-1]["resident_bytes"] > 1_000_000
    assert "The report:" not in answer.err
    (command,) = [line for line in answer.error_lines if line.startswith("::")]
    assert command == (
        "::error file=fixtures/programs/null_read.py,line=5,title=SIGSEGV::"
        "null_read.py crashed (SIGSEGV)."
    )
    assert summary.read_text() == "before\n" + (folder / "report.md").read_text()
    sarif = json.loads((folder / "report.sarif").read_bytes())
    place = sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "fixtures/programs/null_read.py"


def test_a_run_without_a_crash_passes(folder: Path) -> None:
    command = (sys.executable, "-c", "import sys; sys.exit(7)")
    answer = crashwatch("run", "--artifacts", folder, "--", *command, CI="true")
    assert answer == Answer(7, "", "")
    assert {path.name for path in folder.iterdir()} == ALWAYS
    assert case(folder).is_passed
    assert record(folder)["verdict"] == "passed"


def test_a_program_that_ends_at_once_leaves_files_too(folder: Path) -> None:
    """It is gone before there is anything to watch."""
    answer = crashwatch("run", "--headless", "--artifacts", folder, "--", "true")
    assert answer == Answer(0, "", "")
    assert case(folder).is_passed


def test_an_exception_leaves_its_report(folder: Path, programs: Path) -> None:
    answer = run(folder, programs / "uncaught.py")
    assert answer.status == 1
    assert "PaneError" in (folder / "report.html").read_text()
    assert case(folder).result[0].type == "__main__.PaneError"
    assert record(folder)["exit_status"] == 1


def test_a_thread_that_is_lost_fails_the_case_and_not_the_run(
    folder: Path, programs: Path
) -> None:
    answer = run(folder, programs / "uncaught_thread.py")
    assert answer.status == 0
    assert case(folder).result[0].message.startswith("uncaught_thread.py lost a thread")


@pytest.mark.parametrize(
    ("program", "status"),
    [("null_read.py", 42), ("uncaught_thread.py", 42), ("exit7.py", 7)],
)
def test_fail_on_crash(program: str, status: int, programs: Path) -> None:
    command = (sys.executable, programs / program)
    answer = crashwatch("run", "--headless", "--fail-on-crash", "42", "--", *command)
    assert answer.status == status


def test_a_folder_that_cannot_be_made_is_one_line(
    tmp_path: Path, programs: Path, crashwatch_home: Path
) -> None:
    (tmp_path / "file").touch()
    answer = run(tmp_path / "file" / "below", programs / "null_read.py")
    assert answer.status == -11
    ours = [line for line in answer.error_lines if line.startswith("crashwatch")]
    assert ours == [f"crashwatch: no artifacts: {tmp_path}/file/below: Not a directory"]
    assert only_report(crashwatch_home)


def test_github_is_told_without_a_folder_too(programs: Path) -> None:
    """The launcher slept meanwhile."""
    command = (sys.executable, programs / "null_read.py")
    answer = crashwatch("run", "--", *command, GITHUB_ACTIONS="true")
    assert answer.status == -11
    assert ",title=SIGSEGV::null_read.py crashed (SIGSEGV)." in answer.err


def test_gitlab_is_told_what_to_collect(folder: Path, programs: Path) -> None:
    answer = run(folder, programs / "null_read.py", GITLAB_CI="true")
    assert "crashwatch: null_read.py crashed (SIGSEGV)." in answer.error_lines
    assert f"artifacts:reports:junit: {folder}/junit.xml" in answer.err
    assert "::" not in answer.err


@pytest.mark.parametrize(
    ("options", "variable"), [(("--no-telemetry",), "A"), ((), "DO_NOT_TRACK")]
)
def test_what_is_not_watched_leaves_nothing_and_says_so(
    folder: Path, options: tuple[str, ...], variable: str
) -> None:
    words = ("--artifacts", folder, "--timeout", "9", *options, "--", "sh", "-c")
    answer = crashwatch("run", *words, "exit 7", **{variable: "1"})
    assert answer.status == 7
    (line,) = answer.error_lines
    assert line == "crashwatch: unwatched, it runs without --artifacts, --timeout"
    assert not folder.exists()


def test_the_operators_consent_is_on_record(
    folder: Path, programs: Path, crashwatch_home: Path
) -> None:
    dsn = "http://k@127.0.0.1:9/1"
    program = programs / "null_read.py"
    answer = run(
        folder,
        program,
        CRASHWATCH_DSN=dsn,
        CRASHWATCH_CONSENT="crash",
        JENKINS_URL="https://ci.example",
    )
    assert f"The report: {folder}/report.md" in answer.err
    uploader = holders_of(str(crashwatch_home))
    assert wait_until_gone(uploader, deadline=60) == set()
    assert str(record(folder)["sending"]).startswith("sent to 127.0.0.1")
    assert "operator of this run consented" in (folder / "report.md").read_text()
    assert "headless_operator" in (crashwatch_home / "consent.log").read_text()


def test_a_consent_that_names_no_category_is_told_where_nothing_was_sent(
    folder: Path, programs: Path
) -> None:
    run(folder, programs / "null_read.py", CI="true", CRASHWATCH_CONSENT="crahs")
    said = "; CRASHWATCH_CONSENT names an unknown category, which allows nothing. "
    assert said in str(record(folder)["sending"])
    assert said in (folder / "report.md").read_text()


def test_an_operator_may_consent_in_the_settings(
    folder: Path, programs: Path, crashwatch_home: Path
) -> None:
    crashwatch_home.mkdir(mode=0o700)
    settings = crashwatch_home / "config.toml"
    settings.touch(mode=0o600)
    settings.write_text('headless_consent = ["crash"]\n')
    run(folder, programs / "null_read.py")
    why = "nothing of it is sent: no endpoint is configured"
    assert record(folder)["sending"] == why
    assert "headless_operator" in (crashwatch_home / "consent.log").read_text()


@pytest.mark.parametrize("variable", ["TF_BUILD", "JENKINS_URL"])
def test_nobody_is_asked_on_a_build_server_that_has_a_terminal(
    variable: str, programs: Path, crashwatch_home: Path
) -> None:
    command = supervised([sys.executable, programs / "null_read.py"])
    changes = {variable: "https://ci.example", "TERM": "xterm", "DISPLAY": ":9"}
    ending = run_to_end(command, on_terminal=True, environment=environment(**changes))
    assert ending.fate == "SIGSEGV"
    assert ending.output == b""
    assert only_report(crashwatch_home)
    assert not (crashwatch_home / "unasked").exists()
