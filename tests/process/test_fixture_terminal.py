"""The fixture terminal is a true terminal, and dies exactly as it is told to."""

import os
import signal
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.other_pythons import OtherPython
from tests.doubles.ready_fifo import ready_fifo
from tests.doubles.target_program import (
    DEADLINE,
    Ending,
    TargetProgram,
    run_to_end,
    running,
)
from tests.doubles.tmux_pane import Pane, tmux_pane

pytestmark = pytest.mark.process

FATES = {
    "null_read": "SIGSEGV",
    "null_read_thread": "SIGSEGV",
    "stack_overflow": "SIGSEGV",
    "stack_overflow_thread": "SIGSEGV",
    "abort": "SIGABRT",
    "bus": "SIGBUS",
    "fpe": "SIGFPE",
    "ill": "SIGILL",
    "kill9": "SIGKILL",
    "term": "SIGTERM",
    "uncaught_main": "exit 1",
    "exit7": "exit 7",
    "os_exit3": "exit 3",
    "clean": "exit 0",
}
SURVIVED = {
    "uncaught_thread": b"PaneError: no room for another pane",
    "unraisable": b"PaneError: glyph cache is gone",
    "handled": b"",
}
ENDLESS = {"hang", "hang_io", "segv_handler_spin"}
KEY_F12 = "\x1b[24~"
WAITING_SHELL = ["sh", "-c", "read line; exit 5"]


@pytest.fixture
def pane(tmp_path: Path, pachyterm_mini: list[str]) -> Iterator[Pane]:
    shell = ["env", "PS1=ready> ", "sh"]
    with tmux_pane(tmp_path, [*pachyterm_mini, *shell], size=(24, 80)) as pane:
        pane.wait_for("ready>")
        yield pane


def test_a_shell_runs_in_it_and_what_it_writes_is_drawn(pane: Pane) -> None:
    pane.type("echo $((6 * 7)) 'naïve 你好'; tty", "Enter")
    screen = pane.wait_for("/dev/pts/")

    assert "pachyterm mini · 80x23" in screen[0]
    assert "42 naïve 你好" in screen


def test_a_title_set_by_the_program_is_shown(pane: Pane) -> None:
    pane.type(r"printf '\033]2;build: done\007'", "Enter")

    assert "build: done" in pane.wait_for("build: done ·")[0]


def test_colours_reach_the_screen(pane: Pane) -> None:
    pane.type(r"printf '\033[31mre''d\033[0m \033[1;44mbo''ld\033[m\n'", "Enter")
    pane.wait_for("red bold")

    coloured = pane.capture(with_colours=True)
    assert any("\x1b[31mred\x1b[39m" in line for line in coloured)
    assert any("\x1b[1m\x1b[44mbold" in line for line in coloured)


def test_a_resize_reaches_the_shell(pane: Pane) -> None:
    pane.type("stty size", "Enter")
    pane.wait_for("23 80")

    pane.resize(lines=30, columns=100)
    pane.wait_for("· 100x29 ·")
    pane.type("stty size", "Enter")

    pane.wait_for("29 100")


def test_the_shells_exit_status_becomes_its_own(pane: Pane) -> None:
    pane.type("exit 9", "Enter")

    assert pane.wait_for_end() == 9


def test_a_crash_is_seen_by_the_terminal_around_it(pane: Pane) -> None:
    pane.type(r"printf '\033]7777;crash=abort\033\\\\'", "Enter")

    assert pane.wait_for_end() == 128 + signal.SIGABRT


def modes_of(program: TargetProgram) -> list[Any]:
    assert program.terminal is not None
    return termios.tcgetattr(program.terminal)


def modes_of_a_new_one() -> list[Any]:
    """As the program found its own; when one could look it may have changed them."""
    near, far = os.openpty()
    try:
        return termios.tcgetattr(far)
    finally:
        os.close(near)
        os.close(far)


def test_its_own_terminal_is_raw_while_it_runs_and_put_back(
    pachyterm_mini: list[str],
) -> None:
    before = modes_of_a_new_one()
    with running([*pachyterm_mini, *WAITING_SHELL], on_terminal=True) as program:
        program.wait_for_text("pachyterm mini")
        during = modes_of(program)
        program.send_keys("\r")
        ending = program.wait_for_end()
        after = modes_of(program)

    assert before[3] & termios.ICANON
    assert not during[3] & termios.ICANON
    assert after == before
    assert ending.fate == "exit 5"
    assert ending.output.endswith(b"\x1b[?1049l")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_it_dies_by_a_polite_signal_with_its_terminal_in_order(
    pachyterm_mini: list[str], number: signal.Signals
) -> None:
    with running([*pachyterm_mini, *WAITING_SHELL], on_terminal=True) as program:
        program.wait_for_text("pachyterm mini")
        program.send_signal(number)

        assert program.wait_for_end().fate == number.name
        assert modes_of(program) == modes_of_a_new_one()


def test_a_closed_window_hangs_up_terminal_and_shell(
    pachyterm_mini: list[str], tmp_path: Path
) -> None:
    told = tmp_path / "told"
    shell = ["sh", "-c", f"trap 'echo hung up >{told}; exit' HUP; echo up; read line"]
    with (
        ready_fifo(told) as fifo,
        running([*pachyterm_mini, *shell], on_terminal=True) as program,
    ):
        program.wait_for_text("up")
        program.hang_up()

        assert program.wait_for_end().fate == "SIGHUP"
        assert fifo.wait() == b"hung up\n"


def test_in_batch_the_final_screen_is_printed(pachyterm_mini: list[str]) -> None:
    ending = run_to_end([*pachyterm_mini, "cat"], typed=b"over\rdone\n")

    assert ending.fate == "exit 0"
    assert ending.output == b"over\ndone\nover\ndone\n"  # the echo, then cat


def test_a_program_that_does_not_exist_ends_as_in_a_shell(
    pachyterm_mini: list[str],
) -> None:
    ending = run_to_end([*pachyterm_mini, "no-such-program"])

    assert ending.fate == "exit 127"
    assert b"no-such-program: No such file or directory" in ending.output


def test_it_runs_three_threads(pachyterm_mini: list[str], tmp_path: Path) -> None:
    with ready_fifo(tmp_path / "ready") as fifo:
        command = [*pachyterm_mini, "--ready", str(fifo.path), *WAITING_SHELL]
        with running(command, on_terminal=True) as program:
            fifo.wait()

            assert len(list(Path(f"/proc/{program.pid}/task").iterdir())) == 3


def test_every_kind_of_crash_is_covered_here(pachyterm_mini: list[str]) -> None:
    listed = run_to_end([*pachyterm_mini, "--list"]).output.decode().splitlines()

    kinds = {line.split()[0] for line in listed}
    assert kinds == FATES.keys() | SURVIVED.keys() | ENDLESS | {"suspend"}


@pytest.mark.parametrize("kind", FATES)
def test_it_dies_as_named_and_twice_the_same(
    pachyterm_mini: list[str], kind: str
) -> None:
    def die() -> Ending:
        return run_to_end([*pachyterm_mini, "--crash", kind, *WAITING_SHELL])

    first, second = die(), die()

    assert first.fate == second.fate == FATES[kind]
    assert (first.output, first.errors) == (second.output, second.errors)


@pytest.mark.parametrize("kind", FATES)
def test_it_dies_as_named_at_a_key(pachyterm_mini: list[str], kind: str) -> None:
    command = [*pachyterm_mini, "--crash", kind, "--when", "key", *WAITING_SHELL]
    with running(command, on_terminal=True) as program:
        program.wait_for_text("pachyterm mini")
        program.send_keys(KEY_F12)

        assert program.wait_for_end().fate == FATES[kind]


@pytest.mark.parametrize("kind", FATES)
def test_it_dies_as_named_at_a_marker_in_the_output(
    pachyterm_mini: list[str], kind: str
) -> None:
    # Byte by byte, so that a marker arrives in more than one read.
    speaker = (
        "import sys, os; marker = sys.argv[1].encode()\n"
        "for at in range(len(marker)): os.write(1, marker[at:at + 1])\n"
        "sys.stdin.read()"
    )
    marker = f"\x1b]7777;crash={kind}\x1b\\"
    with running(
        [*pachyterm_mini, sys.executable, "-c", speaker, marker], on_terminal=True
    ) as program:
        assert program.wait_for_end().fate == FATES[kind]
        assert b"7777" not in program.output


def test_a_marker_without_a_kind_uses_the_option(pachyterm_mini: list[str]) -> None:
    options = ["--crash", "exit7", "--when", "marker"]
    shell = ["sh", "-c", r"printf '\033]7777;crash\007'; read line"]

    assert run_to_end([*pachyterm_mini, *options, *shell]).fate == "exit 7"


def test_a_marker_of_an_unknown_kind_is_shown_not_obeyed(
    pachyterm_mini: list[str],
) -> None:
    shell = ["sh", "-c", r"printf '\033]7777;crash=explode\007'; exit 5"]
    ending = run_to_end([*pachyterm_mini, *shell])

    assert ending.fate == "exit 5"
    assert b"[no such crash: explode]" in ending.output


@pytest.mark.parametrize("kind", SURVIVED)
def test_it_survives_an_error_and_keeps_the_shells_status(
    pachyterm_mini: list[str], kind: str
) -> None:
    shell = ["sh", "-c", "echo still here; exit 5"]
    ending = run_to_end([*pachyterm_mini, "--crash", kind, *shell])

    assert ending.fate == "exit 5"
    assert ending.output == b"still here\n"
    assert ending.errors.strip().endswith(SURVIVED[kind])


def test_it_stops_itself_and_draws_again_when_continued(
    pachyterm_mini: list[str],
) -> None:
    command = [*pachyterm_mini, "--crash", "suspend", *WAITING_SHELL]
    with running(command, on_terminal=True) as program:
        assert program.wait_until_stopped() == signal.SIGSTOP
        so_far = len(program.output)
        program.send_signal(signal.SIGCONT)
        program.wait_for_text("pachyterm mini", since=so_far)
        program.send_keys("\r")

        assert program.wait_for_end().fate == "exit 5"


def wait_until_true(condition: Any) -> None:
    """Look at a state of the kernel for which there is no event, with a deadline."""
    limit = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < limit, "it did not come to that"
        time.sleep(0.01)


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("kind", ["hang", "segv_handler_spin"])
def test_it_spins_until_it_is_killed(
    pachyterm_mini: list[str], tmp_path: Path, kind: str
) -> None:
    with ready_fifo(tmp_path / "ready") as fifo:
        options = ["--crash", kind, "--ready", str(fifo.path)]
        with running([*pachyterm_mini, *options, *WAITING_SHELL]) as program:
            fifo.wait()
            spent = cpu_seconds(program.pid)
            wait_until_true(lambda: cpu_seconds(program.pid) > spent + 0.5)
            program.send_signal(signal.SIGTERM)  # nobody comes round to it
            program.send_signal(signal.SIGKILL)

            assert program.wait_for_end().fate == "SIGKILL"


def test_it_waits_for_ever_in_a_read(pachyterm_mini: list[str], tmp_path: Path) -> None:
    with ready_fifo(tmp_path / "ready") as fifo:
        options = ["--crash", "hang_io", "--ready", str(fifo.path)]
        with running([*pachyterm_mini, *options, *WAITING_SHELL]) as program:
            fifo.wait()
            wait_until_true(lambda: "pipe_read" in wait_channel(program.pid))
            program.send_signal(signal.SIGKILL)

            assert program.wait_for_end().fate == "SIGKILL"


def wait_channel(pid: int) -> str:
    return Path(f"/proc/{pid}/wchan").read_text()


@pytest.mark.parametrize("kind", ["null_read", "bus", "uncaught_main", "exit7"])
def test_it_runs_and_dies_under_each_python(
    pachyterm_mini: list[str], each_python: OtherPython, lent_pyte: Path, kind: str
) -> None:
    command = [str(each_python.executable), *pachyterm_mini[1:]]
    environment = {**os.environ, "PYTHONPATH": str(lent_pyte)}

    def run(*options: str) -> Ending:
        return run_to_end([*command, *options], environment=environment)

    assert run("sh", "-c", "echo up; exit 5").output == b"up\n"
    assert run("--crash", kind, *WAITING_SHELL).fate == FATES[kind]
