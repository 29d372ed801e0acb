"""Exceptions end to end: type, place and what the source says; nothing put in."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.command_line import (
    HERE,
    crashwatch_json,
    environment,
    everything_kept,
)
from tests.doubles.target_program import run_to_end, supervised

pytestmark = pytest.mark.process

SECRET = "qzx-the-text-of-it"

REPORT_ERROR = f"""
import sys
sys.path.append({HERE!r})
from crashwatch import client
told = 0
for number in range(15):
    try:
        raise ValueError("{SECRET}", number)
    except ValueError as error:
        told += client.report_error(error)
print(client.is_supervised(), told)
"""

CHAINED = f"""
secret = "".join(reversed("{SECRET[::-1]}"))
def read():
    raise KeyError(f"{{secret}} the first")
def draw():
    try:
        read()
    except KeyError as error:
        error.add_note("while drawing " + secret)
        raise ValueError(f"{{secret}} the second") from error
try:
    draw()
except ValueError:
    raise OSError(5, f"{{secret}} the third", "/home/" + secret)
"""

IN_ASYNCIO = f"""
import asyncio
async def paint():
    raise RuntimeError("{SECRET}")
async def main():
    async with asyncio.timeout(5):
        await asyncio.create_task(paint(), name="{SECRET}")
asyncio.run(main())
"""

OWN_HOOKS = f"""
import sys, threading
def mine(*given):
    print("the program's own hook", flush=True)
sys.excepthook = mine
raise ValueError("{SECRET}")
"""

QUIET = {
    "keyboard interrupt": f"raise KeyboardInterrupt('{SECRET}')",
    "system exit": f"raise SystemExit('{SECRET}')",
    "exit 7": "raise SystemExit(7)",
    "exit in a thread": "import threading as t\n"
    "a = t.Thread(target=lambda: exit(3)); a.start(); a.join()",
    "caught": f"try: raise ValueError('{SECRET}')\nexcept ValueError: pass",
}


def same_alone_and_supervised(command: list[str | Path]) -> str:
    """Run it both ways; the fate, which must be the same as the output is."""
    alone = run_to_end(command)
    watched = run_to_end(supervised(command, "--headless"))
    assert watched.fate == alone.fate
    assert watched.output == alone.output
    assert watched.errors == alone.errors
    return watched.fate


def the_report() -> dict[str, Any]:
    (row,) = crashwatch_json("reports", "list")
    shown: dict[str, Any] = crashwatch_json("reports", "show", row["id"])
    return shown


def frames_of(raised: dict[str, Any]) -> list[tuple[str, str]]:
    return [(frame["function"], frame["file"]) for frame in raised["frames"]]


def test_uncaught_in_main(programs: Path) -> None:
    command: list[str | Path] = [sys.executable, programs / "uncaught.py"]
    assert same_alone_and_supervised(command) == "exit 1"
    report = the_report()
    assert report["reason"] == {"kind": "uncaught_main", "signal": None, "exit_code": 1}
    assert report["exception"]["type"] == "__main__.PaneError"
    assert frames_of(report["exception"]) == [
        ("split_pane", "<app>/uncaught.py"),
        ("<module>", "<app>/uncaught.py"),
    ]
    assert report["process"]["peak_resident_bytes"] > 0


def test_uncaught_in_a_thread(programs: Path) -> None:
    command: list[str | Path] = [sys.executable, programs / "uncaught_thread.py"]
    assert same_alone_and_supervised(command) == "exit 0"
    report = the_report()
    assert report["reason"]["kind"] == "uncaught_thread"
    assert report["exception"]["type"] == "ZeroDivisionError"
    assert frames_of(report["exception"])[0] == ("render", "<app>/uncaught_thread.py")


def test_unraisable(programs: Path) -> None:
    command = [sys.executable, str(programs / "unraisable.py")]
    watched = run_to_end(supervised(command, "--headless"))
    assert watched.fate == "exit 0"
    assert b"main went on" in watched.output
    report = the_report()
    assert report["reason"]["kind"] == "unraisable"
    assert report["exception"]["type"] == "ValueError"


AT_THE_END = """
class Late:
    def __del__(self):
        raise ValueError("late")
late = Late()
"""


def test_unraisable_at_the_interpreters_end() -> None:
    """When nothing can be imported any more: what it was, at least."""
    watched = run_to_end(supervised([sys.executable, "-c", AT_THE_END], "--headless"))
    assert watched.fate == "exit 0"
    report = the_report()
    assert report["reason"]["kind"] == "unraisable"
    assert report["exception"]["type"] == "ValueError"


@pytest.mark.ptrace
def test_a_fault_in_an_asyncio_task(programs: Path) -> None:
    command: list[str | Path] = [sys.executable, programs / "asyncio_task.py"]
    assert same_alone_and_supervised(command) == "SIGSEGV"
    (thread,) = the_report()["threads"]
    functions = [frame["function"] for frame in thread["frames"]]
    assert functions[:2] == ["string_at", "paint"]
    assert "run_forever" in " ".join(functions)


def test_an_exception_out_of_an_asyncio_task(crashwatch_home: Path) -> None:
    assert same_alone_and_supervised([sys.executable, "-c", IN_ASYNCIO]) == "exit 1"
    report = the_report()
    assert report["exception"]["type"] == "RuntimeError"
    assert SECRET.encode() not in everything_kept(crashwatch_home)


def test_a_chain_of_causes_and_none_of_their_texts(
    tmp_path: Path, crashwatch_home: Path
) -> None:
    script = tmp_path / "chained.py"
    script.write_text(CHAINED)
    assert same_alone_and_supervised([sys.executable, script]) == "exit 1"
    raised = the_report()["exception"]
    chain = []
    while raised is not None:
        place = raised["frames"][0]["function"]
        chain.append((raised["type"], place, raised["message"], raised.get("notes")))
        raised = raised.get("cause")
    assert chain == [
        ("OSError", "<module>", "[Errno 5 EIO] <…> the third: <…>", None),
        ("ValueError", "draw", "<…> the second", None),
        ("KeyError", "read", "<…> the first", ["while drawing <…>"]),
    ]
    kept = everything_kept(crashwatch_home)
    assert SECRET.encode() not in kept
    assert b"OSError" in kept


def test_the_positive_control_the_text_is_there_to_be_found(tmp_path: Path) -> None:
    alone = run_to_end([sys.executable, "-c", CHAINED])
    assert alone.errors.count(SECRET.encode()) > 3


@pytest.mark.parametrize("way", QUIET)
def test_no_failure_no_report(way: str, crashwatch_home: Path) -> None:
    same_alone_and_supervised([sys.executable, "-c", QUIET[way]])
    assert crashwatch_json("reports", "list") == []
    assert not crashwatch_home.exists()


def test_the_programs_own_hook_is_its_own() -> None:
    command: list[str | Path] = [sys.executable, "-c", OWN_HOOKS]
    assert same_alone_and_supervised(command) == "exit 1"


def test_handled_errors_are_told_ten_times_a_minute_at_most(
    crashwatch_home: Path,
) -> None:
    watched = run_to_end(supervised([sys.executable, "-c", REPORT_ERROR], "--headless"))
    assert (watched.fate, watched.output) == ("exit 0", b"True 10\n")
    report = the_report()
    assert report["reason"]["kind"] == "handled"
    assert report["exception"]["type"] == "ValueError"
    assert SECRET.encode() not in everything_kept(crashwatch_home)


def test_handled_errors_of_a_program_that_nobody_watches() -> None:
    alone = run_to_end([sys.executable, "-c", REPORT_ERROR])
    assert (alone.fate, alone.output) == ("exit 0", b"False 0\n")


def test_the_fixture_terminal_reports_an_error_and_goes_on(
    pachyterm_mini: list[str],
) -> None:
    command = [*pachyterm_mini, "--crash", "handled", "--", "sh", "-c", "exit 5"]
    ended = subprocess.run(
        [str(word) for word in supervised(command, "--headless")],
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert ended.returncode == 5
    report = the_report()
    assert report["reason"]["kind"] == "handled"
    assert report["exception"]["type"].endswith("PaneError")
    assert report["program"] == "pachyterm_mini"
