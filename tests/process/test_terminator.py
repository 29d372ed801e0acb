"""A real terminal of others: terminator, on the Python Debian ships it with."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.command_line import crashwatch_json, everything_kept
from tests.doubles.requirement import require
from tests.doubles.target_program import run_to_end, supervised
from tests.doubles.xvfb_display import xvfb_display

pytestmark = [
    pytest.mark.process,
    pytest.mark.ptrace,
    pytest.mark.display,
    pytest.mark.slow,
]

HOW = "apt-get install --no-install-recommends terminator xvfb xauth"
COMMAND = ["terminator", "--no-dbus", "-x", "sh"]
PERSON = "qzxterminatoruser"

FAULT = """
import os, sys, threading

class Address:
    def __eq__(self, other):
        import ctypes
        return ctypes.string_at(0)

def search():
    sys.modules["terminatorlib.terminator"].Terminator().find_terminal_by_uuid(Address())

def fault():
    soon = threading.Event()
    while True:
        gtk = sys.modules.get("gi.repository.Gtk")
        if hasattr(gtk, "main_level") and gtk.main_level():
            break
        soon.wait(0.05)
    {how}

if "terminator" in "".join(map(os.path.basename, sys.orig_argv[1:2])):
    threading.Timer(0.5, fault).start()
"""
"""A sitecustomize that lets terminator's own search meet an object that faults."""

IN_THREAD = "search()"
IN_MAIN = "sys.modules['gi.repository.GLib'].idle_add(search)"


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A display, a home and a sitecustomize's folder on PYTHONPATH."""
    require(shutil.which("terminator"), "terminator is missing", HOW)
    for name in (PERSON, "run", "site"):
        (tmp_path / name).mkdir(mode=0o700)
    with xvfb_display() as display:
        kept = {n: v for n, v in os.environ.items() if n[:4] != "XDG_"}
        yield display.environment(kept) | {
            "HOME": str(tmp_path / PERSON),
            "USER": PERSON,
            "XDG_RUNTIME_DIR": str(tmp_path / "run"),
            # Without an address GTK starts a bus of its own, which outlives it.
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={tmp_path}/no-bus",
            "SHELL": "/bin/sh",
            "PYTHONPATH": str(tmp_path / "site"),
        }


def plant(environment: dict[str, str], how: str) -> None:
    text = FAULT.replace("{how}", how)
    Path(environment["PYTHONPATH"], "sitecustomize.py").write_text(text)


def the_report() -> dict[str, Any]:
    (row,) = crashwatch_json("reports", "list")
    shown: dict[str, Any] = crashwatch_json("reports", "show", row["id"])
    return shown


def debians_version() -> str:
    asked = subprocess.run(
        ["/usr/bin/python3", "-c", "import platform; print(platform.python_version())"],
        capture_output=True,
        check=True,
        text=True,
    )
    return asked.stdout.strip()


@pytest.mark.parametrize("how", [IN_THREAD, IN_MAIN])
def test_a_true_fault_in_it_is_reported_with_its_stacks(
    how: str, environment: dict[str, str], crashwatch_home: Path
) -> None:
    plant(environment, how)

    ending = run_to_end(supervised(COMMAND, "--headless"), environment=environment)

    assert ending.fate == "SIGSEGV", ending
    report = the_report()
    assert report["program"] == "terminator"
    assert report["reason"] == {
        "kind": "signal",
        "signal": "SIGSEGV",
        "signal_code": "SEGV_MAPERR",
    }
    assert report["system"]["python"] == debians_version()
    assert "py-spy" in report["capture"]["sources"]
    assert report["minidump_bytes"] > 0

    crashed, *others = report["threads"]
    places = [(frame["function"], frame["file"]) for frame in crashed["frames"]]
    assert crashed["crashed"]
    assert places[0] == ("string_at", "<stdlib>/ctypes/__init__.py")
    own = "<site-packages>/terminatorlib/terminator.py"
    assert ("Terminator.find_terminal_by_uuid", own) in places
    main = crashed if how == IN_MAIN else others[0]
    assert main["name"] == "MainThread"
    assert "<site-packages>/gi/overrides/Gtk.py" in {f["file"] for f in main["frames"]}
    assert ("<module>", "<app>/terminator") in {
        (f["function"], f["file"]) for f in main["frames"]
    }
    assert PERSON.encode() not in everything_kept(crashwatch_home)
