"""A supervisor that is dead, stopped or refused: the program dies as if alone."""

import ctypes
import json
import os
import select
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doubles import process_table
from tests.doubles.processor_share import Stopwatch
from tests.doubles.stored_bytes import content_of
from tests.doubles.target_program import TargetProgram, run_to_end, running, supervised

pytestmark = [pytest.mark.process, pytest.mark.ptrace, pytest.mark.slow]

A_FEW_SECONDS = 6.0
GUARD_SECONDS = 3.0
"""How long the guard lets a hold that nobody reads stand."""
SET_SUBREAPER = 36

CRASH_WHEN_TOLD = """
import ctypes, signal, sys, threading
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
if "sigpipe" in sys.argv:
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
def dive(depth):
    if depth:
        dive(depth - 1)
    else:
        threading.Event().wait()
if "all deep" in sys.argv:
    import faulthandler
    faulthandler.enable(open("/dev/null", "w"), all_threads=True)
    for _ in range(30):
        threading.Thread(target=dive, args=(90,), daemon=True).start()
for _ in range(7 if "threads" in sys.argv else 0):
    threading.Thread(target=threading.Event().wait, daemon=True).start()
print("ready", flush=True)
signal.sigwait({signal.SIGUSR1})
ctypes.string_at(0)
"""


def crashing(*options: str) -> list[str | Path]:
    plain: list[str | Path] = [sys.executable, "-c", CRASH_WHEN_TOLD, *options]
    return supervised(plain, "--headless")


def parts(launcher: int) -> tuple[int, set[int]]:
    """The program itself, and our two pages beside it (the witness, the guard)."""
    deadline = time.monotonic() + 60
    pages: set[int] = set()
    while len(pages) < 2:  # the terminal may be ready before the guard is
        assert time.monotonic() < deadline
        children = process_table.descendants(launcher)
        pages = {p for p in children if "crashwatch-" in process_table.describe(p)}
    (terminal,) = children - pages
    return terminal, pages


def seconds_to_end(pid: int, asleep: float = 0.0) -> float:
    """How long a process takes to become a zombie, on a processor of its own.

    Args:
        pid: Of a process that was told to die.
        asleep: Seconds that a timer of ours may take, whoever else is at work.
    """
    watch = Stopwatch()
    descriptor = os.pidfd_open(pid)
    try:
        assert select.select([descriptor], [], [], 120)[0], "it did not die"
    finally:
        os.close(descriptor)
    return watch.read(asleep=asleep)


def pending(folder: Path) -> list[Path]:
    return list((folder / "crashwatch-home" / "reports" / "pending").glob("*"))


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.fixture
def adopts_orphans() -> Iterator[None]:
    """This process becomes the parent of orphans, and so learns their status."""
    libc = ctypes.CDLL(None)
    libc.prctl(SET_SUBREAPER, 1, 0, 0, 0)
    yield
    libc.prctl(SET_SUBREAPER, 0, 0, 0, 0)


@pytest.mark.parametrize("option", ["", "sigpipe", "threads"])
@pytest.mark.usefixtures("adopts_orphans")
def test_a_killed_launcher_leaves_the_program_its_life_and_its_death(
    option: str,
) -> None:
    with running(crashing(option)) as program:
        program.wait_for_text("ready")
        terminal, pages = parts(program.pid)
        program.send_signal(signal.SIGKILL)
        assert program.wait_for_end().fate == "SIGKILL"
        assert not process_table.wait_until_gone(pages, 60.0)
        for page in pages:
            os.waitpid(page, 0)
        os.kill(terminal, signal.SIGUSR1)
        assert seconds_to_end(terminal) < A_FEW_SECONDS
        _, status = os.waitpid(terminal, 0)
        assert os.WTERMSIG(status) == signal.SIGSEGV


@pytest.mark.parametrize("option", ["", "threads", "all deep"])
def test_a_stopped_launcher_does_not_keep_the_program_from_dying(option: str) -> None:
    with running(crashing(option)) as program:
        program.wait_for_text("ready")
        terminal, _ = parts(program.pid)
        program.send_signal(signal.SIGSTOP)
        assert program.wait_until_stopped() == signal.SIGSTOP
        os.kill(terminal, signal.SIGUSR1)
        took = seconds_to_end(terminal, asleep=GUARD_SECONDS)
        program.send_signal(signal.SIGCONT)
        assert program.wait_for_end().fate == "SIGSEGV"
    assert took < A_FEW_SECONDS


@pytest.mark.parametrize("option", ["", "threads"])
def test_another_tracer_keeps_us_out_and_the_program_dies_all_the_same(
    option: str, tmp_path: Path
) -> None:
    with running(crashing(option)) as program:
        program.wait_for_text("ready")
        terminal, _ = parts(program.pid)
        tracer = [sys.executable, "-m", "tests.doubles.idle_tracer", str(terminal)]
        with running(tracer) as other:
            other.wait_for_text("attached")
            os.kill(terminal, signal.SIGUSR1)
            ending = program.wait_for_end()
    assert ending.fate == "SIGSEGV"
    (folder,) = pending(tmp_path)
    text = content_of(folder, "report.json").decode()
    assert "faulthandler" in json.loads(text)["capture"]["sources"]
    assert "string_at" in text


def test_another_tracer_takes_nothing_from_the_programs_own_traceback(
    tmp_path: Path,
) -> None:
    log = tmp_path / "faults"
    script = (
        f"import faulthandler; faulthandler.enable(open({str(log)!r}, 'w'));"
        + CRASH_WHEN_TOLD
    )
    with running(supervised([sys.executable, "-c", script], "--headless")) as program:
        program.wait_for_text("ready")
        terminal, _ = parts(program.pid)
        tracer = [sys.executable, "-m", "tests.doubles.idle_tracer", str(terminal)]
        with running(tracer) as other:
            other.wait_for_text("attached")
            os.kill(terminal, signal.SIGUSR1)
            assert program.wait_for_end().fate == "SIGSEGV"
    text = log.read_text()
    assert text.startswith("Fatal Python error: Segmentation fault")
    assert "in <module>" in text


@pytest.mark.parametrize("in_thread", [False, True], ids=["main", "thread"])
def test_a_program_that_survives_its_signal_runs_on(in_thread: bool) -> None:
    """It was started with the signal ignored, to which faulthandler goes back."""
    ignoring: list[str | Path] = [
        sys.executable,
        "-c",
        (
            "import os, signal, sys; signal.signal(signal.SIGFPE, signal.SIG_IGN);"
            "os.execv(sys.argv[1], sys.argv[1:])"
        ),
    ]
    fault = "signal.pthread_kill(threading.get_ident(), signal.SIGFPE)"
    if in_thread:
        fault = f"t = threading.Thread(target=lambda: {fault}); t.start(); t.join()"
    script = f"import signal, threading; {fault}; print('went on', flush=True)"
    plain: list[str | Path] = [sys.executable, "-c", script]
    alone = run_to_end([*ignoring, *plain])
    watch = Stopwatch()
    watched = run_to_end([*ignoring, *supervised(plain, "--headless")])
    assert alone.output == b"went on\n"
    assert (watched.fate, watched.output) == (alone.fate, alone.output)
    assert watch.of(watched.seconds - alone.seconds) < A_FEW_SECONDS


IDLE = "import select; print('ready', flush=True); select.select([], [], [], 1)"
CLOSES_ALL = "import os; os.closerange(3, 65536);" + IDLE
EXECS = "import os, sys; os.execv('/bin/sh', ['sh', '-c', 'echo ready; sleep 1'])"
DAEMON = (
    """
import os, signal
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.closerange(0, 65536)
        signal.alarm(2)
        signal.pause()
    os._exit(0)
os.wait()
"""
    + IDLE
)


def idle_seconds(program: TargetProgram) -> float:
    """Processor time of the launcher from "ready" to the program's end."""
    program.wait_for_text("ready")
    before = processor_seconds(program.pid)
    os.waitid(os.P_PID, program.pid, os.WEXITED | os.WNOWAIT)
    return processor_seconds(program.pid) - before


@pytest.mark.parametrize("script", [IDLE, CLOSES_ALL, EXECS, DAEMON])
def test_the_launcher_sleeps_while_the_program_does(script: str) -> None:
    with running(supervised([sys.executable, "-c", script], "--headless")) as program:
        assert idle_seconds(program) < 0.2
        assert program.wait_for_end().fate == "exit 0"


def test_closed_descriptors_change_no_fate(programs: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    plain: list[str | Path] = [sys.executable, programs / "close_all_fds.py", other]
    assert run_to_end(plain).fate == "SIGSEGV"
    assert run_to_end(supervised(plain, "--headless")).fate == "SIGSEGV"
    assert other.read_bytes() == b""


def test_a_childs_crash_is_not_the_programs(programs: Path, tmp_path: Path) -> None:
    plain: list[str | Path] = [sys.executable, programs / "fork_then_crash.py"]
    alone = run_to_end(plain)
    watched = run_to_end(supervised(plain, "--headless"))
    assert (watched.fate, watched.output) == (alone.fate, alone.output)
    assert not pending(tmp_path)
