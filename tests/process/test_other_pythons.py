"""Whatever Python the program runs on: a report where that can be, never any harm."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.command_line import crashwatch, crashwatch_json
from tests.doubles.other_pythons import OtherPython
from tests.doubles.requirement import require
from tests.doubles.target_program import Ending, run_to_end, supervised

pytestmark = pytest.mark.process

OLD = ("2.7", "3.6", "3.7", "3.8", "3.9")
DEBIANS_OWN = Path("/usr/bin/python3")

WHAT_IT_SEES = """
import os, sys
names = sorted(n for n in os.environ if n[:6] in ("PYTHON", "CRASHW", "LC_CTY"))
print(names, [p for p in sys.path if "injected" in p or "crashwatch" in p])
print([m for m in sys.modules if "crashwatch" in m], "sitecustomize" in sys.modules)
sys.stderr.write("to stderr\\n")
sys.exit(5)
"""


def old_python(version: str) -> Path:
    """The interpreter of a version too old for the client; else skip."""
    roots = (os.environ.get("PYENV_ROOT", ""), "~/.pyenv")
    folders = [Path(root).expanduser() / "versions" for root in roots if root]
    for folder in folders:
        for found in sorted(folder.glob(f"{version}.*/bin/python{version}")):
            return found
    require(False, f"no python{version} under pyenv", f"pyenv install {version}")
    raise AssertionError


def crash(command: list[str | Path], **variables: str) -> Ending:
    """Crash a program under supervision, without a question."""
    environment = {**os.environ, **variables}
    return run_to_end(supervised(command, "--headless"), environment=environment)


def the_report() -> dict[str, Any]:
    (row,) = crashwatch_json("reports", "list")
    shown: dict[str, Any] = crashwatch_json("reports", "show", row["id"])
    return shown


def functions_of(thread: dict[str, Any]) -> list[str]:
    # Before 3.11 a frame knows the function's own name only.
    return [frame["function"].rpartition(".")[2] for frame in thread["frames"]]


@pytest.mark.ptrace
def test_a_null_read_gives_the_same_report_on_each_version(
    each_python: OtherPython, programs: Path
) -> None:
    ending = crash([each_python.executable, programs / "null_read.py"])
    assert (ending.fate, ending.output, ending.errors) == ("SIGSEGV", b"", b"")
    report = the_report()
    assert report["reason"] == {
        "kind": "signal",
        "signal": "SIGSEGV",
        "signal_code": "SEGV_MAPERR",
    }
    assert report["system"]["python"].startswith(f"{each_python.version}.")
    (thread,) = report["threads"]
    assert thread["name"] == "MainThread"
    assert [(f["function"], f["file"]) for f in thread["frames"]] == [
        ("string_at", "<stdlib>/ctypes/__init__.py"),
        ("<module>", "<app>/null_read.py"),
    ]
    assert "py-spy" in report["capture"]["sources"]
    assert report["minidump_bytes"] > 0


@pytest.mark.ptrace
def test_the_fixture_terminal_on_each_version(
    each_python: OtherPython, pachyterm_mini: list[str], lent_pyte: Path
) -> None:
    program: list[str | Path] = [each_python.executable, pachyterm_mini[1]]
    ending = crash(
        [*program, "--crash", "null_read", "--", "sh"], PYTHONPATH=str(lent_pyte)
    )
    assert ending.fate == "SIGSEGV", ending
    report = the_report()
    crashed, *others = report["threads"]
    assert crashed["crashed"]
    assert functions_of(crashed)[0] == "string_at"
    assert "<app>/crashes.py" in {frame["file"] for frame in crashed["frames"]}
    assert len(others) == 2
    assert all(thread["frames"] for thread in others)


def test_an_exception_on_each_version(each_python: OtherPython, programs: Path) -> None:
    ending = crash([each_python.executable, programs / "uncaught_thread.py"])
    assert (ending.fate, ending.output) == ("exit 0", b"main went on\n")
    raised = the_report()["exception"]
    assert raised["type"] == "ZeroDivisionError"
    assert functions_of(raised)[0] == "render"


@pytest.mark.ptrace
def test_another_installation_where_crashwatch_is_not(
    programs: Path, tmp_path: Path
) -> None:
    require(DEBIANS_OWN.exists(), f"no {DEBIANS_OWN}", "apt-get install python3")
    lacks: list[str | Path] = [DEBIANS_OWN, "-c", "import crashwatch"]
    imported = subprocess.run(lacks, capture_output=True, check=False, cwd=tmp_path)
    assert imported.returncode == 1
    script = tmp_path / "null_read.py"
    script.write_bytes((programs / "null_read.py").read_bytes())
    script.chmod(0o755)
    body = script.read_text()
    script.write_text(f"#!{DEBIANS_OWN}\n{body}")

    ending = crash([script])

    assert ending.fate == "SIGSEGV"
    report = the_report()
    assert report["program"] == "null_read.py"
    assert functions_of(report["threads"][0]) == ["string_at", "<module>"]


@pytest.mark.parametrize("version", OLD)
def test_a_python_too_old_for_us_is_left_alone(version: str, programs: Path) -> None:
    python = old_python(version)
    command: list[str | Path] = [python, "-c", WHAT_IT_SEES]
    alone, watched = run_to_end(command), crash(command)
    assert alone.fate == watched.fate == "exit 5"
    assert watched.output == alone.output
    assert watched.errors == alone.errors == b"to stderr\n"


def test_the_oldest_of_them_dies_its_own_death_with_a_report_of_that() -> None:
    python = old_python("2.7")
    ending = crash([python, "-c", "import ctypes; ctypes.string_at(0)"])
    assert ending.fate == "SIGSEGV"
    report = the_report()
    assert report["threads"] == []
    assert report["capture"]["method"] == "status"


@pytest.mark.parametrize("option", ["-I", "-E", "-S", "-Es"])
def test_isolated_it_runs_and_only_its_status_is_told(
    option: str, programs: Path
) -> None:
    show = [sys.executable, option, "-c", WHAT_IT_SEES]
    alone, watched = run_to_end(show), crash([*show])
    assert (watched.fate, watched.output) == (alone.fate, alone.output)
    assert crashwatch_json("reports", "list") == []

    assert crash([sys.executable, option, programs / "null_read.py"]).fate == "SIGSEGV"
    report = the_report()
    assert report["threads"] == []
    assert report["capture"] == {"method": "status", "sources": ["wait4"]}
    assert "captured  status: wait4" in crashwatch("reports", "show", report["id"]).out


@pytest.mark.ptrace
@pytest.mark.parametrize(
    "way", ["env", "env -S", "shell", "module", "folder on PATH", "symbolic link"]
)
def test_a_python_behind_something_else_is_found(
    way: str, programs: Path, tmp_path: Path
) -> None:
    crashing = (programs / "null_read.py").read_text()
    script, python = tmp_path / "terminal", sys.executable
    command: list[str | Path] = [script]
    variables = {}
    if way == "env":
        script.write_text(f"#!/usr/bin/env python3\n{crashing}")
        variables["PATH"] = f"{Path(python).parent}:{os.environ['PATH']}"
    elif way == "env -S":
        script.write_text(f"#!/usr/bin/env -S {python} -u\n{crashing}")
    elif way == "shell":
        program = programs / "null_read.py"
        script.write_text(f'#!/bin/sh\nls / >/dev/null\nexec "{python}" "{program}"\n')
    elif way == "module":
        (tmp_path / "terminal.py").write_text(crashing)
        command = [python, "-m", "terminal"]
        variables["PYTHONPATH"] = str(tmp_path)
    elif way == "folder on PATH":
        script.write_text(f"#!{python}\n{crashing}")
        command, variables = ["terminal"], {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    else:
        (tmp_path / "real").write_text(f"#!{python}\n{crashing}")
        (tmp_path / "real").chmod(0o755)
        script.symlink_to("real")
    if script.exists():
        script.chmod(0o755)

    assert crash(command, **variables).fate == "SIGSEGV"

    assert functions_of(the_report()["threads"][0])[0] == "string_at"
