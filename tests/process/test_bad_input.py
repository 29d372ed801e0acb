"""Bad input gets one clear line and an exit status; the program runs all the same."""

import functools
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reports.home import open_home
from reports.spool.directory import Spool
from tests.doubles.command_line import (
    Answer,
    answer_here,
    crashwatch,
    environment,
)
from tests.doubles.requirement import require
from tests.doubles.sample_payload import sample_payload
from tests.doubles.stored_bytes import put

pytestmark = pytest.mark.process

Here = Callable[..., Answer]

EXIT_7 = ("sh", "-c", "exit 7")
SECRET = "5ec7e7key"
NO_SUCH_ID = "0123abcd"


@pytest.fixture
def here(capfd: pytest.CaptureFixture[str]) -> Here:
    """Runs a command within this process."""
    return functools.partial(answer_here, capfd)


def assert_one_clear_line(answer: Answer, status: int, *words: str) -> None:
    """One line, perhaps with the next step below it, and nothing on stdout."""
    assert answer.status == status, answer
    assert answer.out == ""
    first, *rest = answer.error_lines
    assert first.startswith("crashwatch: ")
    assert len(rest) <= 1, answer.err
    assert all(line.startswith("  ") for line in rest)
    assert "Traceback" not in answer.err
    for word in words:
        assert word in first


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run"], "which program?"),
        (["run", "--"], "which program?"),
        (["run", "--nope", "--", "true"], "no such option: --nope"),
        (["run", "--capture"], "--capture needs a value"),
        (["run", "--artifacts", "--", "true"], "--artifacts needs a value"),
        (["run", "--app-root", "--", "true"], "--app-root needs a value"),
        (["run", "--capture", "all", "--", "true"], "one of auto, hold, trace, off"),
        (["--nope"], "no such option '--nope'"),
        (["nope"], "no such command 'nope'"),
        (["status", "--nope"], "status: no such option '--nope'"),
        (["status", "more"], "status: got unexpected extra argument (more)"),
        (["reports", "approve"], "reports approve: missing argument 'ID'"),
        (["reports", "show", "1", "2"], "give one id"),
        (["reports", "show", "--payload", "--json"], "--payload prints bytes"),
        (["reports", "show", "--diff", "1"], "give two ids"),
        (["reports", "list", "--state", "lost"], "'lost' is not one of"),
        (["consent", "grant", "everything"], "'everything' is not one of 'crash'"),
        (["consent", "grant"], "missing argument 'CATEGORY...'"),
        (["consent", "revoke", "everything"], "'everything' is not one of 'crash'"),
    ],
)
def test_a_command_line_that_makes_no_sense(
    words: list[str], said: str, here: Here
) -> None:
    assert_one_clear_line(here(*words), 2, said)


@pytest.mark.parametrize("words", [[], ["reports"], ["consent"]])
def test_half_a_command_shows_what_there_is(words: list[str], here: Here) -> None:
    answer = here(*words)
    assert answer.status == 2
    assert "Commands:" in answer.err


def test_a_program_that_is_not_there(tmp_path: Path, here: Here) -> None:
    assert_one_clear_line(
        here("run", "--", "no-such-program"),
        127,
        "no-such-program: program not found",
    )
    missing = tmp_path / "missing"
    assert_one_clear_line(here("run", "--", missing), 127, str(missing))


def test_a_program_that_may_not_be_executed(tmp_path: Path, here: Here) -> None:
    text = tmp_path / "text"
    text.write_text("no program\n")
    for program in (text, tmp_path):
        answer = here("run", "--", program)
        assert_one_clear_line(answer, 126, "not an executable file")


@pytest.mark.parametrize("options", [(), ("--no-telemetry",)])
@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("#!/no/such/interpreter\n", "/no/such/interpreter"),
        ("#! /bin/no-shell -e", "/bin/no-shell"),
        ("#!/bin/sh\r\necho saved by an editor of another system\r\n", "/bin/sh\\x0d"),
    ],
)
def test_a_script_whose_interpreter_is_missing(
    line: str, named: str, options: tuple[str, ...], tmp_path: Path
) -> None:
    script = tmp_path / "script"
    script.write_text(line)
    script.chmod(0o755)
    answer = crashwatch("run", *options, "--", script)
    said = f"{script}: its interpreter {named} was not found"
    assert_one_clear_line(answer, 127, said)


def test_a_dump_that_is_no_file(here: Here) -> None:
    assert_one_clear_line(here("inspect", os.devnull), 1, "not a regular file")


def test_a_second_approval(crashwatch_home: Path, here: Here) -> None:
    payload = sample_payload()
    Spool(open_home(crashwatch_home)).add(payload)
    assert here("reports", "approve", payload.id).status == 0
    again = here("reports", "approve", payload.id)
    assert_one_clear_line(again, 1, "a report that is queued cannot be approved")


def test_a_page_for_which_there_is_no_room(crashwatch_home: Path, here: Here) -> None:
    Spool(open_home(crashwatch_home)).add(sample_payload())
    answer = here("reports", "show", "--html", "/dev/full", "--force")
    assert_one_clear_line(answer, 1, "/dev/full: No space left on device")


def test_a_report_that_cannot_be_kept(here: Here) -> None:
    crash = [sys.executable, "-c", "import os; os.abort()"]
    answer = crashwatch("run", "--", *crash, CRASHWATCH_HOME="/proc/nowhere")
    first, hint = answer.error_lines
    assert answer.status == -signal.SIGABRT
    assert first.startswith("crashwatch: the report was lost: /proc/nowhere cannot be")
    assert "CRASHWATCH_HOME" in hint


@pytest.mark.parametrize("command", ["show", "approve", "discard"])
@pytest.mark.parametrize(
    ("report_id", "said"),
    [
        ("", "hexadecimal digits"),
        ("0", "hexadecimal digits"),
        ("zzzz", "hexadecimal digits"),
        ("../../../etc/passwd", "hexadecimal digits"),
        (NO_SUCH_ID, f"no report begins with {NO_SUCH_ID}"),
    ],
)
def test_a_report_that_is_not_there(
    command: str, report_id: str, said: str, here: Here
) -> None:
    answer = here("reports", command, report_id)
    assert_one_clear_line(answer, 1, said)
    assert "reports list" in answer.err


def test_an_id_that_fits_two_reports(crashwatch_home: Path, here: Here) -> None:
    spool = Spool(open_home(crashwatch_home))
    for last in "12":
        spool.add(sample_payload(f"abcd{'0' * 27}{last}"))
    assert_one_clear_line(here("reports", "show", "abcd"), 1, "abcd")
    assert_one_clear_line(here("reports", "discard", "abcd"), 1, "abcd")
    assert len(spool.list_reports()) == 2


def test_a_report_whose_files_were_damaged(crashwatch_home: Path, here: Here) -> None:
    payload = sample_payload()
    Spool(open_home(crashwatch_home)).add(payload)
    folder = crashwatch_home / "reports/pending" / payload.id
    put(folder, "report.json", b'{"id": 7}')
    for words in (["show"], ["show", "--json"], ["approve"]):
        answer = here("reports", *words, payload.id)
        assert answer.status == 1, answer
        assert "Traceback" not in answer.err
    assert here("reports", "list").status == 0


CONFIGURATIONS = {
    "not TOML": ('capture = "auto"\ndsn = "https://\n', ":2:16:"),
    "no end": ("safe_arguments = [", ":1:19:"),
    "a wrong type": ('# mine\nprompt_timeout = "long"\n', ":2"),
    "out of range": ("prompt_timeout = -1", ":1"),
    "a wrong choice": ('capture = "everything"', ":1"),
    "no such setting": ("dns = 1", ":1"),
    "a bad DSN": (f'dsn = "https://{SECRET}@/nope"', ":1"),
    "a list of numbers": ("app_roots = [1]", ":1"),
    "not UTF-8": ('release = "\udcff"', ":1:12:"),
}


def giant(config: Path) -> None:
    config.touch(0o600)
    os.truncate(config, 100_000_000)


def binary(config: Path) -> None:
    config.touch(0o600)
    config.write_bytes(bytes(range(256)) * 9)


ODD_FILES = {
    "giant": (giant, ": is 100000000 bytes, and 65536 are the most that is read"),
    "binary": (binary, " is not UTF-8 text"),
    "a link": (lambda config: config.symlink_to("/etc/hostname"), "a symbolic link"),
    "a fifo": (lambda config: os.mkfifo(config, 0o600), "is not a regular file"),
    "a folder": (lambda config: config.mkdir(0o700), "is not a regular file"),
}


@pytest.mark.untidy_home
@pytest.mark.parametrize("kind", ODD_FILES)
def test_a_settings_file_that_is_none(
    crashwatch_home: Path, kind: str, here: Here
) -> None:
    config = open_home(crashwatch_home).config
    make, why = ODD_FILES[kind]
    make(config)
    answer = here("status")
    assert_one_clear_line(answer, 1, str(config))
    assert why in answer.err
    if kind == "giant":
        assert_runs_unwatched(str(config))


@pytest.mark.parametrize("fault", CONFIGURATIONS)
def test_settings_that_cannot_be_used(
    crashwatch_home: Path, fault: str, here: Here
) -> None:
    text, place = CONFIGURATIONS[fault]
    config = open_home(crashwatch_home).config
    config.write_bytes(text.encode("utf-8", "surrogateescape"))
    config.chmod(0o600)

    for words in (["status"], ["reports", "list", "--json"], ["upload"]):
        answer = here(*words)
        assert_one_clear_line(answer, 1, f"{config}{place}")
        assert SECRET not in answer.err
    if fault in {"not TOML", "a wrong type"}:
        assert_runs_unwatched(f"{config}{place}")


@pytest.mark.parametrize(
    "dsn",
    [
        f"https://{SECRET}@crashes.example.org/",
        f"https://{SECRET}@/7",
        f"http://{SECRET}@crashes.example.org/7",
        f"ftp://{SECRET}@crashes.example.org/7",
        f"https://{SECRET}é@crashes.example.org/7",
        f"https://{SECRET}@crashes.example.org:99999/7",
        SECRET,
    ],
)
def test_a_malformed_dsn_is_never_repeated(
    dsn: str, here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRASHWATCH_DSN", dsn)
    answer = here("status")
    assert_one_clear_line(answer, 1, "$CRASHWATCH_DSN: the DSN")
    assert SECRET not in answer.err


def assert_runs_unwatched(why: str, **variables: str) -> None:
    """Our own trouble is one line; the program has its own end."""
    answer = crashwatch("run", "--", *EXIT_7, **variables)
    assert answer.status == 7
    (line,) = answer.error_lines
    assert line.startswith("crashwatch: ")
    assert why in line
    assert "; the program runs unwatched." in line


@pytest.fixture
def assert_refused(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Path, str], None]:
    """Checks that a home is refused, and why, by every command, and run goes on."""

    def check(home: Path, why: str) -> None:
        monkeypatch.setenv("CRASHWATCH_HOME", str(home))
        for words in (["status"], ["reports", "list"], ["consent", "grant", "crash"]):
            assert_one_clear_line(here(*words), 1, f"{home} {why}")
        assert_runs_unwatched(f"{home} {why}")

    return check


def test_a_home_that_is_a_symbolic_link(
    tmp_path: Path, assert_refused: Callable[[Path, str], None]
) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to("real")
    assert_refused(tmp_path / "link", "is a symbolic link")
    assert list((tmp_path / "real").iterdir()) == []


def test_a_home_that_is_a_file(
    tmp_path: Path, assert_refused: Callable[[Path, str], None]
) -> None:
    (tmp_path / "file").write_text("mine")
    assert_refused(tmp_path / "file", "is not a folder")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_home_that_everybody_may_write(
    tmp_path: Path, assert_refused: Callable[[Path, str], None]
) -> None:
    home = tmp_path / "open"
    home.mkdir()
    home.chmod(0o777)
    assert_refused(home, "may be written by others")


def test_a_home_of_somebody_else(
    tmp_path: Path, assert_refused: Callable[[Path, str], None]
) -> None:
    require(os.geteuid() == 0, "not root", "run as root to give a folder away")
    home = tmp_path / "theirs"
    home.mkdir(mode=0o700)
    os.chown(home, 12345, 12345)
    assert_refused(home, "belongs to user 12345, not to you (0)")


def test_a_home_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    home = tmp_path / "file" / "home"
    assert_runs_unwatched(str(home), CRASHWATCH_HOME=str(home))


def test_no_home_at_all() -> None:
    nowhere = {"CRASHWATCH_HOME": "", "XDG_STATE_HOME": "", "HOME": ""}
    assert_one_clear_line(crashwatch("status", **nowhere), 1, "no home directory")
    assert_runs_unwatched("no home directory", **nowhere)


def test_artifacts_that_cannot_be_written_lose_no_report(
    tmp_path: Path, programs: Path
) -> None:
    (tmp_path / "file").write_text("mine")
    place = tmp_path / "file" / "artifacts"
    command: list[str | Path] = [sys.executable, programs / "uncaught.py"]
    answer = crashwatch("run", "--artifacts", place, "--", *command)
    assert answer.status == 1
    assert answer.error_lines[-1].startswith("crashwatch: no artifacts: ")
    assert "uncaught.py" in crashwatch("reports", "list").out


def test_a_program_runs_in_a_folder_that_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = 'cd "$0" && rmdir "$0" && exec "$@"'
    run = [sys.executable, "-m", "crashwatch", "run", "--", sys.executable]
    ended = subprocess.run(
        ["sh", "-c", script, gone, *run, "-c", "raise SystemExit(7)"],
        env=environment(),
        capture_output=True,
        check=False,
        cwd=tmp_path,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (7, b"", b"")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("home", ["", "/dev/null"])
def test_closed_streams_change_no_exit_status(closed: str, home: str) -> None:
    script = f'"$@" {closed}'
    run = [sys.executable, "-m", "crashwatch", "run", "--", sys.executable]
    ended = subprocess.run(
        ["sh", "-c", script, "sh", *run, "-c", "raise SystemExit(7)"],
        env=environment(**({"CRASHWATCH_HOME": home} if home else {})),
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 7
    assert b"Traceback" not in ended.stderr


@pytest.mark.parametrize("words", ["status", "disclosure --json", "--help"])
@pytest.mark.parametrize("ending", [">&-", "| true", "| head -1", ">/dev/full"])
def test_a_reader_that_goes_away_sees_no_traceback(words: str, ending: str) -> None:
    require(shutil.which("head"), "head is missing", "apt-get install coreutils")
    ended = subprocess.run(
        ["sh", "-c", f'"$0" -m crashwatch {words} {ending}', sys.executable],
        env=environment(),
        capture_output=True,
        check=False,
    )
    assert b"Traceback" not in ended.stderr
    assert b"Exception ignored" not in ended.stderr
    assert len(ended.stderr.splitlines()) <= 1


@pytest.mark.parametrize("allowed", [6, 9])
def test_with_too_few_open_files_the_program_runs_unwatched(allowed: int) -> None:
    run = shlex.join(
        [sys.executable, "-m", "crashwatch", "run", "--", "echo", "it ran"]
    )
    ended = subprocess.run(
        ["bash", "-c", f"ulimit -n {allowed}; exec {run}"],
        env=environment(),
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert (ended.returncode, ended.stdout) == (0, "it ran\n")
    assert ended.stderr.splitlines() == [
        "crashwatch: too few open files are allowed (ulimit -n); it runs unwatched"
    ]


@pytest.mark.parametrize("ending", ["2>/dev/full", "2>&-"])
def test_where_it_can_be_told_nobody_that_a_report_was_lost_the_fate_is_kept(
    ending: str, tmp_path: Path
) -> None:
    said = tmp_path / "status"
    run = f"{sys.executable} -m crashwatch run -- sh -c 'kill -ABRT $$'"
    subprocess.run(
        ["sh", "-c", f"{{ {run}; echo $? > {said}; }} {ending}"],
        env=environment(CRASHWATCH_HOME="/proc/nowhere"),
        check=False,
        timeout=60,
    )
    assert said.read_text() == f"{128 + signal.SIGABRT}\n"


@pytest.mark.parametrize("options", [(), ("--artifacts=files",)])
def test_under_sudo_nothing_is_made_in_the_home_of_who_called_it(
    options: tuple[str, ...], tmp_path: Path
) -> None:
    require(os.geteuid() == 0, "not root", "run the tests as root")
    theirs = tmp_path / "zoe"
    theirs.mkdir()
    os.chown(theirs, 54321, 54321)
    kept = environment(HOME=str(theirs), SUDO_UID="54321")
    del kept["CRASHWATCH_HOME"]
    run = [sys.executable, "-m", "crashwatch", "run", "--headless", *options]
    ended = subprocess.run(
        [*run, "--", "sh", "-c", "kill -SEGV $$"],
        cwd=tmp_path,
        env=kept,
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert ended.returncode == -signal.SIGSEGV
    first = ended.stderr.splitlines()[0]
    assert first.startswith(f"crashwatch: {theirs} is the home of who called sudo")
    assert list(theirs.iterdir()) == []
    assert (tmp_path / "files" / "report.json").exists() is bool(options)
