"""Each signal reaches a supervised program as often as it reaches it alone."""

import collections
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.doubles import process_table
from tests.doubles.requirement import require
from tests.doubles.sleeping_launcher import program_of
from tests.doubles.target_program import (
    TargetProgram,
    run_to_end,
    running,
    supervised,
)

pytestmark = pytest.mark.process

A_FEW = [signal.SIGHUP, signal.SIGUSR1, signal.SIGRTMIN]
MANY = [
    *A_FEW,
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGUSR2,
    signal.SIGALRM,
    signal.SIGURG,
    signal.SIGWINCH,
]
RUNS = 3

Counts = dict[str, int]


def counter(programs: Path, *options: str) -> list[str]:
    return [sys.executable, str(programs / "sleep_until_term.py"), *options]


def counts_of(
    command: Sequence[str | Path], act: Callable[[TargetProgram], None]
) -> Counts:
    """Start a counting program, do something to it, end it: what it counted."""
    with running(command) as program:
        program.wait_for_text("ready")
        act(program)
        ending = program.wait_for_end()
    assert ending.fate == "exit 0", ending.errors
    counts: Counts = json.loads(ending.output.splitlines()[-1])
    return counts


def burst(program: TargetProgram, *, to_group: bool) -> None:
    for number in (*A_FEW, signal.SIGTERM):
        program.send_signal(number, to_group=to_group)


@pytest.mark.parametrize("to_group", [False, True], ids=["launcher", "group"])
def test_a_burst_of_different_signals_arrives_once_each(
    to_group: bool, programs: Path
) -> None:
    expected = {number.name: 1 for number in (*A_FEW, signal.SIGTERM)}

    def act(program: TargetProgram) -> None:
        burst(program, to_group=to_group)

    plain = counter(programs)
    assert counts_of(plain, act) == expected
    for _ in range(RUNS):
        assert counts_of(supervised(plain, "--headless"), act) == expected


def test_many_signals_at_once_do_not_kill_it(programs: Path) -> None:
    """They wait while the program is stopped, and are then delivered nested."""
    watched = supervised(counter(programs), "--headless")
    with running(watched) as program:
        program.wait_for_text("ready")
        terminal = program_of(program.pid, "python")
        os.kill(terminal, signal.SIGSTOP)
        for number in (*MANY, signal.SIGTERM):
            os.kill(terminal, number)
        os.kill(terminal, signal.SIGCONT)
        assert program.wait_for_end().fate == "exit 0"


def test_a_program_stopped_and_continued_alone_takes_the_launcher_along(
    programs: Path,
) -> None:
    """Whoever waits for the launcher would wait for ever if it stayed stopped."""
    with running(supervised(counter(programs), "--headless")) as program:
        program.wait_for_text("ready")
        terminal = program_of(program.pid, "python")
        os.kill(terminal, signal.SIGSTOP)
        assert program.wait_until_stopped() == signal.SIGSTOP
        os.kill(terminal, signal.SIGCONT)
        os.kill(terminal, signal.SIGTERM)
        ending = program.wait_for_end()
    # Its own SIGCONT, and none of the launcher's.
    assert json.loads(ending.output.splitlines()[-1])["SIGCONT"] == 1


def test_a_stopped_program_that_is_killed_ends_the_launcher() -> None:
    sleeper = [sys.executable, "-c", "print('ready', flush=True); input()"]
    command = supervised(sleeper, "--headless")
    with running(command, on_terminal=True) as program:
        program.wait_for_text("ready")
        terminal = program_of(program.pid, "python")
        os.kill(terminal, signal.SIGSTOP)
        assert program.wait_until_stopped() == signal.SIGSTOP
        os.kill(terminal, signal.SIGKILL)
        assert program.wait_for_end().fate == "SIGKILL"


def wait_until_nothing_waits(pid: int) -> None:
    while b"ShdPnd:\t0000000000000000" not in Path(f"/proc/{pid}/status").read_bytes():
        os.sched_yield()


@pytest.mark.parametrize("to_group", [False, True], ids=["launcher", "group"])
def test_each_signal_reaches_it_once(to_group: bool, programs: Path) -> None:
    def act(program: TargetProgram) -> None:
        for number in MANY:
            program.send_signal(number, to_group=to_group)
            program.wait_for_text(f"{number.name} 1\n")
        program.send_signal(signal.SIGTERM, to_group=to_group)

    expected = {number.name: 1 for number in (*MANY, signal.SIGTERM)}
    plain = counter(programs, "--echo")
    assert counts_of(plain, act) == expected
    assert counts_of(supervised(plain, "--headless"), act) == expected


@pytest.mark.parametrize("to_group", [False, True], ids=["launcher", "group"])
def test_signals_one_after_another_all_arrive(to_group: bool, programs: Path) -> None:
    rounds = 12

    def act(program: TargetProgram) -> None:
        for count in range(1, rounds + 1):
            for number in (signal.SIGUSR1, signal.SIGWINCH):
                program.send_signal(number, to_group=to_group)
                program.wait_for_text(f"{number.name} {count}\n")
        program.send_signal(signal.SIGTERM, to_group=to_group)

    expected = {"SIGUSR1": rounds, "SIGWINCH": rounds, "SIGTERM": 1}
    plain = counter(programs, "--echo")
    assert counts_of(plain, act) == expected
    assert counts_of(supervised(plain, "--headless"), act) == expected


def test_a_lone_signal_after_one_to_the_group_is_passed_on(programs: Path) -> None:
    def act(program: TargetProgram) -> None:
        for count in range(1, 12, 2):
            program.send_signal(signal.SIGUSR1, to_group=True)
            program.wait_for_text(f"SIGUSR1 {count}\n")
            # Two that wait for the launcher at once would be merged.
            wait_until_nothing_waits(program.pid)
            program.send_signal(signal.SIGUSR1)
            program.wait_for_text(f"SIGUSR1 {count + 1}\n")
        program.send_signal(signal.SIGTERM)

    watched = supervised(counter(programs, "--echo"), "--headless")
    assert counts_of(watched, act) == {"SIGUSR1": 12, "SIGTERM": 1}


@pytest.mark.parametrize("to_group", [False, True], ids=["launcher", "group"])
def test_queued_real_time_signals_are_all_passed_on(
    to_group: bool, programs: Path
) -> None:
    def act(program: TargetProgram) -> None:
        for _ in range(20):
            program.send_signal(signal.SIGRTMIN, to_group=to_group)
        program.wait_for_text("SIGRTMIN 20\n")
        program.send_signal(signal.SIGTERM)

    expected = {"SIGRTMIN": 20, "SIGTERM": 1}
    plain = counter(programs, "--echo")
    assert counts_of(plain, act) == expected
    assert counts_of(supervised(plain, "--headless"), act) == expected


def test_a_standard_signal_that_floods_the_group_comes_no_more_often(
    programs: Path,
) -> None:
    sent = 200

    def act(program: TargetProgram) -> None:
        for _ in range(sent):
            program.send_signal(signal.SIGUSR1, to_group=True)
        program.send_signal(signal.SIGTERM)

    # Signals that wait are merged: one to all of them arrive, never one more.
    counts = counts_of(supervised(counter(programs), "--headless"), act)
    assert 1 <= counts["SIGUSR1"] <= sent
    assert counts["SIGTERM"] == 1


def test_kill_zero_from_inside_arrives_once(programs: Path) -> None:
    def act(program: TargetProgram) -> None:
        program.wait_for_text("SIGUSR2 1\n")
        program.send_signal(signal.SIGTERM)

    plain = counter(programs, "--echo", "--to-group", "USR2")
    alone = counts_of(plain, act)
    assert alone == {"SIGUSR2": 1, "SIGTERM": 1}
    for _ in range(RUNS):
        assert counts_of(supervised(plain, "--headless"), act) == alone


def test_timeout_ends_it_as_it_would_alone(programs: Path, tmp_path: Path) -> None:
    output = tmp_path / "counts"
    plain = counter(programs, "--output", str(output))

    def under_timeout(command: Sequence[str | Path]) -> tuple[str, Counts]:
        with running(["timeout", "-s", "TERM", "600", *command]) as program:
            program.wait_for_text("ready")
            program.send_signal(signal.SIGALRM)  # as its own timer does
            ending = program.wait_for_end()
        counts: Counts = json.loads(output.read_text())
        output.unlink()
        return ending.fate, counts

    # timeout signals its child and then the group: once or twice, as merged.
    alone, counts = under_timeout(plain)
    assert set(counts) == {"SIGTERM", "SIGCONT"}
    watched, counts = under_timeout(supervised(plain, "--headless"))
    assert watched == alone
    assert set(counts) == {"SIGTERM", "SIGCONT"}
    assert max(counts.values()) <= 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGSEGV])
def test_a_deadly_signal_to_the_launcher_kills_both(
    number: signal.Signals,
) -> None:
    sleeper = [sys.executable, "-c", "print('ready', flush=True); input()"]
    command = ["sh", "-c", 'exec "$@"', "-", *supervised(sleeper, "--headless")]
    with running(command, on_terminal=True) as program:
        program.wait_for_text("ready")
        children = process_table.descendants(program.pid)
        program.send_signal(number)
        assert program.wait_for_end().fate == number.name
        assert not process_table.wait_until_gone(children, 30.0)


def test_the_users_own_sigchld_is_passed_on() -> None:
    script = (
        "import signal; signal.signal(signal.SIGCHLD, lambda *a: None);"
        "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD});"
        "print('ready', flush=True);"
        "print(signal.sigwait({signal.SIGCHLD}).name)"
    )
    command = supervised([sys.executable, "-c", script], "--headless")
    with running(command) as program:
        program.wait_for_text("ready")
        program.send_signal(signal.SIGCHLD)
        assert program.wait_for_end().output.endswith(b"SIGCHLD\n")


@pytest.mark.parametrize("name", ["CHLD", "HUP", "INT", "TERM", "PIPE"])
def test_an_ignored_signal_stays_ignored_and_the_status_is_kept(
    name: str, programs: Path
) -> None:
    script = (
        "import os, signal, subprocess, sys;"
        "me = [n.name for n in map(signal.Signals, (17, 1, 2, 15))"
        " if signal.getsignal(n) == signal.SIG_IGN];"
        "print(*me); sys.exit(7)"
    )
    plain: list[str | Path] = [sys.executable, "-c", script]
    # Not every sh may ignore SIGCHLD; Python may.
    ignoring: list[str | Path] = [
        sys.executable,
        "-c",
        (
            "import os, signal, sys;"
            f"signal.signal(signal.SIG{name}, signal.SIG_IGN);"
            "os.execv(sys.argv[1], sys.argv[1:])"
        ),
    ]
    alone = run_to_end([*ignoring, *plain])
    watched = run_to_end([*ignoring, *supervised(plain, "--headless")])
    assert alone.fate == "exit 7"
    assert (watched.fate, watched.output) == (alone.fate, alone.output), watched.errors


def test_a_blocked_signal_waits_for_the_program_as_it_would_alone() -> None:
    blocking = [
        sys.executable,
        "-c",
        (
            "import os, signal, sys;"
            "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM});"
            "os.execv(sys.argv[1], sys.argv[1:])"
        ),
    ]
    script = "import signal; print('ready', flush=True); print(+signal.sigwait({15}))"
    command = [*blocking, *supervised([sys.executable, "-c", script], "--headless")]
    with running(command) as program:
        program.wait_for_text("ready")
        program.send_signal(signal.SIGTERM)
        ending = program.wait_for_end()
    assert ending.fate == "exit 0"
    assert ending.output.splitlines()[-1] == b"15"


CODES = [0, 1, 2, 3, 7, 42, 64, 126, 127, 128, 130, 137, 143, 200, 254, 255]


@pytest.mark.parametrize("code", CODES)
def test_exit_status_is_kept(code: int) -> None:
    command = ["sh", "-c", f"exit {code}"]
    assert run_to_end(supervised(command, "--headless")).fate == f"exit {code}"


DEADLY = [signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGKILL]


@pytest.mark.parametrize(
    "number", [*map(int, DEADLY), 34, 64, 32, 33], ids=lambda n: f"signal {n}"
)
def test_death_by_any_signal_is_kept(number: int) -> None:
    script = ["sh", "-c", f"kill -{number} $$; echo survived"]
    alone = run_to_end(script)
    watched = run_to_end(supervised(script, "--headless"))
    assert watched.wait_status == alone.wait_status, watched.errors
    assert watched.output == alone.output


@pytest.mark.parametrize("closing", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_exit_status_is_kept_with_closed_streams(closing: str) -> None:
    plain = supervised(["sh", "-c", "exit 9"], "--headless")
    command = ["sh", "-c", f'"$@" {closing}', "-", *plain]
    assert run_to_end(command).fate == "exit 9"


def test_the_launcher_leaves_no_core_of_its_own(programs: Path, tmp_path: Path) -> None:
    pattern = Path("/proc/sys/kernel/core_pattern").read_text(encoding="ascii")
    plain_name = not pattern.startswith(("|", "/"))
    require(plain_name, "cores go elsewhere", "set kernel.core_pattern to core")
    command = supervised([sys.executable, str(programs / "null_read.py")], "--headless")
    words = ["prlimit", "--core=unlimited:unlimited", "--", *command]
    require(shutil.which("prlimit"), "prlimit is missing", "apt-get install util-linux")
    with running(words, directory=tmp_path) as program:
        ending = program.wait_for_end()
    if b"prlimit" in ending.errors:
        pytest.skip("the hard limit of cores cannot be raised here")
    assert ending.fate == "SIGSEGV"
    # The kernel's own wait status says whether a core was written of the launcher.
    assert not os.WCOREDUMP(ending.wait_status)
    cores = collections.Counter(path.name[:4] for path in tmp_path.glob("core*"))
    assert cores["core"] <= 1


def test_ctrl_c_before_the_program_runs_is_death_by_sigint() -> None:
    """A loop in a shell ends at Ctrl-C only when the command died of it."""
    script = """
import os, signal, sys

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == "crashwatch.supervisor.begin":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupt())
sys.argv = ["crashwatch", "run", "--headless", "--", "true"]
from crashwatch.__main__ import main
main()
"""
    ending = run_to_end([sys.executable, "-c", script])
    assert ending.fate == "SIGINT"
    assert ending.errors == b""
