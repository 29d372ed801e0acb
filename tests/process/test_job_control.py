"""Job control is as without us: keyboard, fg, bg, background reads, hang-ups, sizes."""

import contextlib
import json
import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doubles.ready_fifo import ready_fifo
from tests.doubles.requirement import require
from tests.doubles.target_program import running, supervised
from tests.doubles.tmux_screen import Screen, tmux_screen

pytestmark = [pytest.mark.process, pytest.mark.slow]

SHELLS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
}
READ_LINES = """
import sys
print("rea" + "dy", flush=True)
for line in sys.stdin:
    print("got", line.strip().upper(), flush=True)
"""
HOW = pytest.mark.parametrize("how", ["alone", "supervised"])


def words(how: str, *command: str | Path) -> list[str | Path]:
    full = [sys.executable, *command]
    return full if how == "alone" else supervised(full, "--headless")


@contextlib.contextmanager
def in_shell(name: str, folder: Path) -> Iterator[Screen]:
    require(shutil.which(name), f"{name} is missing", f"apt-get install {name}")
    with tmux_screen(folder, SHELLS[name]) as screen:
        enter(screen, f"cd {shlex.quote(str(folder))}; PS1='P> '; clear")
        screen.wait_until(lambda lines: lines[0] == "P>")
        yield screen


def enter(screen: Screen, line: str) -> None:
    screen.press(line, "Enter")


def start(screen: Screen, command: list[str | Path], folder: Path) -> None:
    """Through a script of one word: zsh leaves out of a job what is too long a line."""
    script = folder / "go"
    script.write_text(f"exec {shlex.join(map(str, command))}\n", encoding="utf-8")
    screen.command("clear; sh go")


def wait_in_foreground(screen: Screen) -> None:
    """After ``clear; fg``: what the shell says of the job it gives the terminal to."""
    said = ("sh go", "[1]  + continued  sh go")  # bash, zsh
    screen.wait_until(lambda lines: any(line in said for line in lines))


def show_stopped_job(screen: Screen, word: str) -> None:
    """``jobs``, as soon as the job in the background has stopped."""
    screen.command(f"clear; until jobs | grep -q '{word}'; do sleep 0.05; done; jobs")
    screen.wait_until(lambda lines: said_below(lines, word))


def said_below(lines: list[str], word: str) -> bool:
    """Not in the line that was typed."""
    return any(word in line and "clear;" not in line for line in lines)


@pytest.mark.parametrize("shell", SHELLS)
@HOW
def test_keyboard_stop_foreground_background_and_interrupt(
    how: str, shell: str, tmp_path: Path
) -> None:
    program = tmp_path / "read_lines.py"
    program.write_text(READ_LINES, encoding="utf-8")
    with in_shell(shell, tmp_path) as screen:
        start(screen, words(how, program), tmp_path)
        screen.wait_for("ready")
        for turn in ("one", "two"):
            screen.press("C-z")
            screen.wait_for("P>")
            screen.command("clear; jobs")
            screen.wait_for("topped" if shell == "bash" else "suspended")
            screen.command("clear; fg")
            wait_in_foreground(screen)
            enter(screen, turn)
            screen.wait_for(f"got {turn.upper()}")
        screen.press("C-z")
        screen.wait_for("P>")
        screen.command("clear; bg")
        # It reads its terminal in the background: SIGTTIN stops it again.
        screen.wait_for("tty input" if shell == "zsh" else "sh ")
        show_stopped_job(screen, "Stopped" if shell == "bash" else "tty input")
        screen.command("clear; fg")
        wait_in_foreground(screen)
        enter(screen, "three")
        screen.wait_for("got THREE")
        screen.press("C-c")
        screen.wait_for("P>")
        screen.command("echo status=$?")
        screen.wait_for("status=130")


@HOW
def test_keyboard_quit(how: str, tmp_path: Path) -> None:
    program = tmp_path / "read_lines.py"
    program.write_text(READ_LINES, encoding="utf-8")
    with in_shell("bash", tmp_path) as screen:
        start(screen, words(how, program), tmp_path)
        screen.wait_for("ready")
        screen.press("C-\\")
        screen.wait_for("P>")
        screen.command("echo status=$?")
        screen.wait_for("status=131")


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("number", ["STOP", "TSTP"])
@HOW
def test_a_program_that_stops_itself_is_seen_by_the_shell(
    how: str, number: str, shell: str, programs: Path, tmp_path: Path
) -> None:
    with in_shell(shell, tmp_path) as screen:
        command = words(how, programs / "suspend_self.py", number)
        start(screen, command, tmp_path)
        screen.wait_for("topped" if shell == "bash" else "suspended")
        screen.command("clear; fg")
        screen.wait_for("continued")
        screen.command("echo status=$?")
        screen.wait_for("status=0")


@HOW
def test_background_output_stops_it_where_the_terminal_says_so(
    how: str, tmp_path: Path
) -> None:
    program = tmp_path / "write.py"
    program.write_text("print('writ' + 'ten', flush=True)\n", encoding="utf-8")
    with in_shell("bash", tmp_path) as screen:
        enter(screen, "stty tostop; clear")
        script = tmp_path / "go"
        line = shlex.join(map(str, words(how, program)))
        script.write_text(f"exec {line}\n", encoding="utf-8")
        screen.command(f"set -b; clear; sh {script} &")
        screen.wait_for("Stopped")
        enter(screen, "clear; fg; echo status=$?")
        screen.wait_for("written")
        screen.wait_for("status=0")


@HOW
@pytest.mark.parametrize("where", ["leader", "bash", "zsh"])
def test_a_closing_window_hangs_up_once(
    how: str, where: str, programs: Path, tmp_path: Path
) -> None:
    options = ["--until", "HUP", "--output", str(tmp_path / "counts")]
    command = words(how, programs / "sleep_until_term.py", *options)
    with ready_fifo(tmp_path / "counts") as counts:
        if where == "leader":
            with tmux_screen(tmp_path, command) as screen:
                screen.wait_for("ready")
                screen.tmux("kill-pane")
                text = counts.wait()
        else:
            with in_shell(where, tmp_path) as screen:
                start(screen, command, tmp_path)
                screen.wait_for("ready")
                screen.tmux("kill-pane")
                text = counts.wait()
    got = json.loads(text)
    if where == "leader":
        assert got == {"SIGHUP": 1, "SIGCONT": 1}
    else:
        # The shell's own and, as it ends, the kernel's: both alone and supervised.
        assert 1 <= got["SIGHUP"] <= 2
        assert got.get("SIGCONT", 0) <= 2


@HOW
def test_a_new_size_is_told_once(how: str, programs: Path) -> None:
    command = words(how, programs / "sleep_until_term.py", "--echo")
    with running(command, on_terminal=True) as program:
        program.wait_for_text("ready")
        for count in (1, 2, 3):
            program.resize(30 + count, 100)
            program.wait_for_text(f"SIGWINCH {count}\r\n")
        program.send_keys("\x03")
        program.wait_for_text("SIGINT 1\r\n")
        program.send_keys("\x1c")
        program.wait_for_text("SIGQUIT 1\r\n")
        os.kill(program.pid, 15)
        output = program.wait_for_end().output
    counts = {"SIGINT": 1, "SIGQUIT": 1, "SIGTERM": 1, "SIGWINCH": 3}
    assert json.loads(output.splitlines()[-1]) == counts
