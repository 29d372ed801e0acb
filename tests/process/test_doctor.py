"""The doctor and the demo crash a program for real; nothing of the person changes."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.doubles.command_line import HERE, crashwatch, crashwatch_json, environment
from tests.doubles.small_disk import fill, small_disk

pytestmark = [pytest.mark.process, pytest.mark.ptrace]

CHECKS = {
    "platform",
    "ptrace",
    "seccomp",
    "py-spy",
    "settings",
    "sleep",
    "fate",
    "faulthandler",
    "psutil",
    "trace",
}


def found(name: str, checks: list[dict[str, object]]) -> dict[str, object]:
    (check,) = [check for check in checks if check["name"] == name]
    return check


def whole_lines(shown: str) -> list[str]:
    """A line for each check: what is wrapped or stands below it belongs to it."""
    return shown.replace("\n" + " " * 17, " ").splitlines()


def test_all_is_well_in_text_and_json(crashwatch_home: Path) -> None:
    answer = crashwatch("doctor")
    assert (answer.status, answer.err) == (0, "")
    lines = answer.out.splitlines()
    assert all(len(line) < 80 for line in lines if "/" not in line)
    assert all(line.startswith("ok  ") for line in whole_lines(answer.out))
    assert {line.split()[1] for line in whole_lines(answer.out)} == CHECKS
    assert not crashwatch_home.exists()


def test_of_a_program_it_says_what_will_be_captured() -> None:
    answer = crashwatch("doctor", "--json", "--", sys.executable, "x.py")
    assert answer.status == 0
    checks = json.loads(answer.out)
    assert {"name", "works", "found", "mend", "note"} == checks[0].keys()
    assert {check["mend"] for check in checks if check["works"]} == {""}
    program = found("program", checks)
    assert program["works"]
    assert "hold: stacks of every thread" in str(program["found"])
    assert program["capture"] == "hold"


@pytest.mark.parametrize(
    ("settings", "command", "capture"),
    [
        ("trace_native = true", ["/bin/true"], "trace"),
        ('capture = "off"', [sys.executable], "off"),
    ],
)
def test_of_a_program_it_says_what_the_settings_make_of_it(
    settings: str, command: list[str], capture: str, crashwatch_home: Path
) -> None:
    crashwatch_home.mkdir(mode=0o700)
    file = crashwatch_home / "config.toml"
    file.write_text(settings)
    file.chmod(0o600)
    checks = json.loads(crashwatch("doctor", "--json", "--", *command).out)
    program = found("program", checks)
    assert program["capture"] == capture
    assert program["works"] == (capture in {"hold", "trace"})


@pytest.mark.parametrize(
    ("command", "said", "mend"),
    [
        (
            [sys.executable, "-I", "x.py"],
            "exit status only (-I, -E or -S",
            f"crashwatch run --capture trace -- {sys.executable} -I x.py",
        ),
        (
            ["/bin/true"],
            "exit status only (no Python was seen",
            "crashwatch run --capture trace -- /bin/true",
        ),
        (
            ["no-such-program"],
            "no-such-program: program not found",
            "find / -type f -name no-such-program 2>/dev/null",
        ),
    ],
)
def test_of_a_program_that_cannot_be_held(
    command: list[str], said: str, mend: str
) -> None:
    checks = crashwatch("doctor", "--", *command)
    assert checks.status == 1
    (line,) = [line for line in whole_lines(checks.out) if line[4:11] == "program"]
    assert line.startswith("no ")
    assert said in line
    # The command stands alone in its line, to be copied.
    assert checks.out.splitlines()[-1].strip() == f"mend it: {mend}"


def test_settings_that_cannot_be_used_are_named(crashwatch_home: Path) -> None:
    crashwatch_home.mkdir(mode=0o700)
    config = crashwatch_home / "config.toml"
    config.write_text("capture = 7\n")
    config.chmod(0o600)
    settings = found("settings", crashwatch_json("doctor", status=1))
    assert not settings["works"]
    assert f"{config}:1" in str(settings["found"])


@pytest.mark.parametrize("state", ["full", "read-only"])
def test_a_home_that_keeps_nothing_is_named(state: str, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "60k") as disk:
        home = disk / "home"
        home.mkdir(mode=0o700)
        if state == "full":
            fill(disk)
        else:
            subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        checks = crashwatch_json("doctor", status=1, CRASHWATCH_HOME=str(home))
        settings = found("settings", checks)
    assert not settings["works"]
    assert {"full": "is full", "read-only": "may not be written to"}[state] in str(
        settings["found"]
    )
    assert settings["mend"]


def test_the_demo_ends_with_a_report_on_the_screen(
    tmp_path: Path, crashwatch_home: Path
) -> None:
    home = tmp_path / "demo"
    answer = crashwatch("demo", "--home", home)
    assert answer.status == 0, answer
    for words in (
        "crashed (SIGSEGV).",
        "What was removed",
        "What would be sent",
        "nothing has been sent",
        "crashwatch reports approve",
    ):
        assert words in answer.out
    (row,) = crashwatch_json("reports", "list", CRASHWATCH_HOME=str(home))
    assert row["state"] == "pending"
    assert row["id"] in answer.out
    assert not crashwatch_home.exists()


def test_a_demo_of_a_program_that_does_not_crash(tmp_path: Path) -> None:
    answer = crashwatch("demo", "--home", tmp_path / "demo", "--", "true")
    assert answer.status == 1
    assert answer.error_lines[0] == "crashwatch: the program left no report"


def test_what_the_demo_tells_can_be_typed_also_below_a_space(tmp_path: Path) -> None:
    folder = tmp_path / "my projects"
    make = [sys.executable, "-m", "venv", "--without-pip", str(folder / "env")]
    subprocess.run(make, check=True)
    packages = [path for path in sys.path if path.endswith("site-packages")]
    paths = os.pathsep.join([HERE, *packages])

    def typed(line: str) -> str:
        ended = subprocess.run(
            ["sh", "-c", line],
            cwd=folder,
            env=environment(PATH=os.defpath, PYTHONPATH=paths),
            capture_output=True,
            check=False,
            text=True,
            timeout=60,
        )
        assert (ended.returncode, ended.stderr) == (0, "")
        return ended.stdout

    home = shlex.quote(str(folder / "home"))
    shown = typed(f"env/bin/python -m crashwatch demo --home {home}")
    show = shown.splitlines()[-3]
    told = f"CRASHWATCH_HOME={home} env/bin/python -m crashwatch reports show "
    assert show.strip().startswith(told)
    assert "crashed (SIGSEGV)." in typed(show)
