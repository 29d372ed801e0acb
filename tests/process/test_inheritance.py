"""The program and its children inherit nothing of crashwatch."""

import json
import re
import signal
import sys
from pathlib import Path

import pytest

from tests.doubles.target_program import run_to_end, supervised

pytestmark = pytest.mark.process

NUMBERED_TERMINAL = re.compile(r"/dev/pts/\d+")


def context(command: list[str], output: Path, **more: object) -> dict[str, object]:
    ending = run_to_end([*command, "--output", str(output)], **more)
    assert ending.fate == "exit 0", ending.errors
    read: dict[str, object] = json.loads(output.read_text())
    read.pop("ids", None)
    return read


@pytest.mark.parametrize("where", [[], ["--shell"]], ids=["program", "shell inside"])
@pytest.mark.parametrize("on_terminal", [False, True], ids=["pipes", "terminal"])
def test_same_context_alone_and_supervised(
    where: list[str],
    on_terminal: bool,
    programs: Path,
    tmp_path: Path,
    each_python: object,
) -> None:
    python = str(each_python.executable)  # type: ignore[attr-defined]
    plain = [python, str(programs / "print_context.py"), *where]
    alone = context(plain, tmp_path / "context", on_terminal=on_terminal)
    watched = context(
        supervised(plain, "--headless"), tmp_path / "context", on_terminal=on_terminal
    )
    if not where:
        # Only the program itself holds the sockets and the page; no child of it does.
        ours = {
            number: watched["descriptors"].pop(number)  # type: ignore[attr-defined]
            for number in list(watched["descriptors"])  # type: ignore[call-overload]
            if int(number) >= 700
        }
        targets = sorted(entry["target"] for entry in ours.values())
        assert targets == ["/memfd:crashwatch-run (deleted)", "socket", "socket"]
        # Should the supervisor die while it holds the program, the kernel wakes it.
        process = watched["process"]
        assert process.pop("parent_death_signal") == signal.SIGCONT  # type: ignore[attr-defined]
        assert alone["process"].pop("parent_death_signal") == 0  # type: ignore[attr-defined]
        # faulthandler, which the program did not ask for, catches the five faults.
        caught = int(watched["signals"].pop("SigCgt"), 16)  # type: ignore[attr-defined]
        before = int(alone["signals"].pop("SigCgt"), 16)  # type: ignore[attr-defined]
        faults = sum(1 << (n - 1) for n in (4, 6, 7, 8, 11))
        assert caught == before | faults
        ours_too = {"_crashwatch_client", "_ctypes", "faulthandler"}
        loaded = set(watched.pop("modules")) - ours_too  # type: ignore[call-overload]
        assert loaded == set(alone.pop("modules")) - ours_too  # type: ignore[call-overload]
    for read in (alone, watched):
        for entry in read["descriptors"].values():  # type: ignore[attr-defined]
            entry["target"] = NUMBERED_TERMINAL.sub("/dev/pts/", entry["target"])
        terminal = read["process"].get("terminal")  # type: ignore[attr-defined]
        if terminal:  # its number is whichever was free
            terminal["names"] = [
                NUMBERED_TERMINAL.sub("/dev/pts/", str(name))
                for name in terminal["names"]
            ]
        # The group and session are the same; the launcher is the one who leads them.
        for name in ("leads_group", "leads_session"):
            read["process"].pop(name)  # type: ignore[attr-defined]
    for name, value in alone.items():
        assert watched[name] == value, name
    assert watched.keys() == alone.keys()


@pytest.mark.parametrize(
    "before", [None, "", "/nowhere", "/nowhere:"], ids=["unset", "empty", "one", "two"]
)
def test_pythonpath_is_given_back(before: str | None, programs: Path) -> None:
    show = "import os, sys; print(os.environ.get('PYTHONPATH'), sys.path)"
    command = [sys.executable, "-c", show]
    environment = None if before is None else {"PYTHONPATH": before}
    alone = run_to_end(command, environment=environment)
    watched = run_to_end(supervised(command, "--headless"), environment=environment)
    assert watched.output == alone.output


def test_an_existing_sitecustomize_still_runs(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import builtins; builtins.found = 1\n")
    show = "import sitecustomize; print(found, sitecustomize.__file__)"
    command = [sys.executable, "-c", show]
    environment = {"PYTHONPATH": str(tmp_path)}
    alone = run_to_end(command, environment=environment)
    watched = run_to_end(supervised(command, "--headless"), environment=environment)
    assert alone.output
    assert watched.output == alone.output


def test_children_are_not_armed(programs: Path) -> None:
    inner = "import sys; print('_crashwatch_client' in sys.modules)"
    outer = (
        "import subprocess, sys;"
        "print('_crashwatch_client' in sys.modules, flush=True);"
        f"subprocess.run([sys.executable, '-c', {inner!r}])"
    )
    ending = run_to_end(supervised([sys.executable, "-c", outer], "--headless"))
    assert ending.output.split() == [b"True", b"False"]


@pytest.mark.parametrize("wrapper", ["exec {python} {script}", "{python} {script}"])
def test_shell_wrappers_are_looked_through(
    wrapper: str, programs: Path, tmp_path: Path
) -> None:
    script = tmp_path / "inner.py"
    script.write_text("import sys; print('_crashwatch_client' in sys.modules)\n")
    file = tmp_path / "wrapper"
    line = wrapper.format(python=sys.executable, script=script)
    file.write_text(f"#!/bin/sh\n{line}\n")
    file.chmod(0o755)
    ending = run_to_end(supervised([str(file)], "--headless"))
    # A wrapper that stays is itself the program that was started.
    assert ending.output.strip() == (b"True" if "exec" in wrapper else b"False")


@pytest.mark.parametrize("ignored", [True, False], ids=["ignored", "default"])
def test_sigpipe_is_as_the_shell_left_it(ignored: bool) -> None:
    show = "grep SigIgn /proc/self/status"
    trap = "trap '' PIPE; " if ignored else ""
    alone = run_to_end(["sh", "-c", f"{trap}exec {show}"])
    inner = " ".join(str(word) for word in supervised(["sh", "-c", f"'{show}'"]))
    watched = run_to_end(["sh", "-c", f"{trap}{inner}; true"])
    assert watched.output == alone.output
