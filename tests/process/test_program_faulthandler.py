"""A program's own faulthandler: the place it chose gets the traceback, and so do we."""

import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from reports.home import open_home
from tests.doubles.command_line import crashwatch_json
from tests.doubles.other_pythons import OtherPython
from tests.doubles.own_hold import FIND_THE_HOLD
from tests.doubles.target_program import Ending, run_to_end, supervised

pytestmark = [pytest.mark.process, pytest.mark.ptrace]

ADDRESS = re.compile(rb"0x[0-9a-f]{6,16}")
SECONDS = re.compile(rb"in \d+\.\d+s")

THREAD_AND_CRASH = """
import ctypes, faulthandler, os, sys, threading
never, _ = os.pipe()
def wait():
    os.read(never, 1)
thread = threading.Thread(target=wait, daemon=True)
thread.start()
def waits(frame=None):  # in the one line that it has: tracebacks are compared
    frame = sys._current_frames().get(thread.ident)
    return frame and frame.f_code is wait.__code__ and frame.f_lineno == 5
while not waits(): pass
{}
ctypes.string_at(0)
"""

SEQUENCES = {
    "never": "",
    "enabled": "faulthandler.enable()",
    "enabled by number": "faulthandler.enable(1)",
    "this thread only": "faulthandler.enable(all_threads=False)",
    "to stdout": "faulthandler.enable(file=sys.stdout)",
    "disabled again": "faulthandler.enable(); faulthandler.disable()",
    "enabled again": "faulthandler.enable(); faulthandler.disable();"
    "faulthandler.enable(sys.stdout, False)",
    "the last one wins": "faulthandler.enable(sys.stdout); faulthandler.enable()",
    "disabled without need": "faulthandler.disable()",
}

BETWEEN_TWO_PIECES = (
    FIND_THE_HOLD
    + """
import faulthandler, signal, time
faulthandler.enable()
def fault():
    os.write(hold, b"Fatal Python error: Segmentation fault\\n\\n")
    until = time.monotonic() + 0.4
    while time.monotonic() < until:
        pass
    os.write(hold, b"Stack (most recent call first):\\n")
    for line in range(100):
        os.write(hold, b'  File "<string>", line %d in fault\\n' % line)
    signal.signal(signal.SIGSEGV, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGSEGV)
fault()
"""
)
"""What faulthandler does, but for a pause after its first piece."""

ASKED = """
import faulthandler, inspect, sys
print(faulthandler.is_enabled(), faulthandler.disable(), faulthandler.is_enabled())
print(faulthandler.enable(), faulthandler.is_enabled())
print(faulthandler.disable(), faulthandler.disable(), faulthandler.is_enabled())
for wrong in ({"file": "text"}, {"file": -1}, {"nonsense": 1}):
    try:
        faulthandler.enable(**wrong)
    except Exception as error:
        print(type(error).__name__, error)
for each in (faulthandler.enable, faulthandler.disable, faulthandler.is_enabled):
    print(each.__name__, each.__module__, each.__doc__)
"""


def comparable(text: bytes) -> bytes:
    return SECONDS.sub(b"in 0s", ADDRESS.sub(b"0x", text))


def alone_and_supervised(
    command: list[str | Path], **variables: str
) -> tuple[Ending, Ending]:
    words = ["env", *(f"{name}={text}" for name, text in variables.items())]
    return (
        run_to_end([*words, *command]),
        run_to_end([*words, *supervised(command, "--headless")]),
    )


def assert_same(alone: Ending, watched: Ending) -> None:
    assert watched.fate == alone.fate
    assert comparable(watched.output) == comparable(alone.output)
    assert comparable(watched.errors) == comparable(alone.errors)


def the_report() -> dict[str, Any]:
    (row,) = crashwatch_json("reports", "list")
    shown: dict[str, Any] = crashwatch_json("reports", "show", row["id"])
    return shown


def assert_ours_has_it_too(function: str = "string_at") -> None:
    report = the_report()
    assert report["threads"][0]["crashed"]
    assert report["threads"][0]["frames"][0]["function"] == function
    assert {"faulthandler", "py-spy"} <= set(report["capture"]["sources"])


@pytest.mark.parametrize("sequence", SEQUENCES)
def test_each_sequence_of_calls_ends_as_it_would_alone(sequence: str) -> None:
    program = THREAD_AND_CRASH.format(SEQUENCES[sequence])
    alone, watched = alone_and_supervised([sys.executable, "-c", program])
    assert alone.fate == "SIGSEGV"
    assert_same(alone, watched)
    assert_ours_has_it_too()


@pytest.mark.parametrize(
    ("options", "variables"),
    [([], {"PYTHONFAULTHANDLER": "1"}), (["-X", "faulthandler"], {})],
)
def test_enabled_from_outside(options: list[str], variables: dict[str, str]) -> None:
    command: list[str | Path] = [sys.executable, *options, "-c"]
    program = THREAD_AND_CRASH.format("print(faulthandler.is_enabled(), flush=True)")
    alone, watched = alone_and_supervised([*command, program], **variables)
    assert alone.output == b"True\n"
    assert b"Segmentation fault" in alone.errors
    assert_same(alone, watched)
    assert_ours_has_it_too()


def test_a_file_of_its_own_on_each_version(
    each_python: OtherPython, programs: Path, tmp_path: Path
) -> None:
    program: list[str | Path] = [
        each_python.executable,
        programs / "app_faulthandler.py",
    ]
    run_to_end([*program, tmp_path / "alone"])
    run_to_end(supervised([*program, tmp_path / "watched"], "--headless"))
    alone, watched = (
        comparable((tmp_path / name).read_bytes()) for name in ("alone", "watched")
    )
    assert watched == alone
    assert b"Segmentation fault" in watched
    assert_ours_has_it_too()


@pytest.mark.parametrize("how", ["alone", "as a child", "traced"])
def test_a_thread_that_is_stopped_between_two_pieces_loses_none(how: str) -> None:
    """It is not blocked then: a busy machine takes the processor away anywhere."""
    program = [sys.executable, "-c", BETWEEN_TWO_PIECES]
    unwatched = run_to_end(program)
    assert unwatched.fate == "SIGSEGV"
    assert unwatched.errors.startswith(b"Fatal Python error: Segmentation fault")
    options = ["--capture", "trace"] if how == "traced" else []
    if how == "as a child":
        program = ["sh", "-c", f"{shlex.join(program)}; exit $?"]
        options = ["--follow-children"]
    watched = run_to_end(supervised(program, "--headless", *options))
    assert watched.fate in {"SIGSEGV", "exit 139"}
    assert watched.errors.startswith(unwatched.errors)  # a shell says so too
    report = the_report()
    assert report["threads"][0]["crashed"]
    assert "faulthandler" in report["capture"]["sources"]


SIGNALLED = """
import ctypes, faulthandler, signal
faulthandler.enable()
signal.signal(signal.SIGALRM, lambda *_: None)
def deep(more):
    if more:
        deep(more - 1)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    ctypes.string_at(0)
deep(80)
"""


@pytest.mark.parametrize("how", ["hold", "trace"])
def test_signals_that_come_meanwhile_cut_nothing_off(how: str) -> None:
    """A timer, a new window size: they reach a thread that writes its traceback."""
    program = [sys.executable, "-c", SIGNALLED]
    alone = run_to_end(program)
    assert alone.errors.count(b"in deep") == 81
    watched = run_to_end(supervised(program, "--headless", "--capture", how))
    assert_same(alone, watched)
    assert_ours_has_it_too()


def test_what_faulthandler_answers_is_the_same() -> None:
    assert_same(*alone_and_supervised([sys.executable, "-c", ASKED]))
    assert_same(
        *alone_and_supervised([sys.executable, "-c", ASKED], PYTHONFAULTHANDLER="1")
    )


def test_a_pytest_run_that_segfaults(programs: Path, crashwatch_home: Path) -> None:
    test = programs / "test_segfault_in_extension.py"
    options = ["-q", "-p", "no:cacheprovider", "--rootdir", str(programs)]
    command: list[str | Path] = [sys.executable, "-m", "pytest", *options, test]
    config = open_home(crashwatch_home).config
    config.write_text(f'app_roots = ["{programs}"]\n')
    config.chmod(0o600)
    alone, watched = alone_and_supervised(command)
    assert b"Fatal Python error: Segmentation fault" in alone.errors
    assert_same(alone, watched)
    assert_ours_has_it_too("test_dies_in_c")
    files = {frame["file"] for frame in the_report()["threads"][0]["frames"]}
    assert f"<app>/{test.name}" in files
    assert "<site-packages>/_pytest/python.py" in files
