"""Job control around and inside a traced program is as without us."""

import shlex
from pathlib import Path

import pytest

from tests.doubles.target_program import supervised
from tests.doubles.tmux_screen import Screen, tmux_screen

pytestmark = [pytest.mark.process, pytest.mark.ptrace, pytest.mark.slow]

SHELL = ["bash", "--norc", "--noprofile", "-i"]
ECHO = "echo rea''dy; while read line; do echo got $line; done"
HOW = pytest.mark.parametrize("how", ["alone", "traced"])


def words(how: str, *command: str) -> list[str | Path]:
    if how == "alone":
        return list(command)
    return supervised(list(command), "--headless", "--capture", "trace")


def enter(screen: Screen, line: str) -> None:
    screen.press(line, "Enter")


def tell_cat(screen: Screen, line: str) -> None:
    """See what the terminal echoes, and what ``cat`` says: it has the terminal."""
    enter(screen, line)
    screen.wait_until(lambda lines: lines.count(line) == 2)


def name_the_prompt(screen: Screen, *, before: str = "") -> None:
    enter(screen, f"{before}PS1='P> '; clear")
    screen.wait_until(lambda lines: lines[0] == "P>")


def show_stopped_job(screen: Screen) -> None:
    """``jobs``, as soon as the job in the background has stopped."""
    screen.command("clear; until jobs | grep -q Stopped; do sleep 0.05; done; jobs")
    screen.wait_until(
        lambda lines: any("Stopped" in one and "clear;" not in one for one in lines)
    )


@HOW
def test_a_traced_shell_runs_its_own_jobs(how: str, tmp_path: Path) -> None:
    """It stops and continues children, takes the terminal and gives it away."""
    with tmux_screen(tmp_path, words(how, *SHELL)) as screen:
        screen.wait_for("bash-")
        name_the_prompt(screen)
        screen.command("clear; echo rea''dy; cat")
        screen.wait_for("ready")
        tell_cat(screen, "one")
        screen.press("C-z")
        screen.wait_for("Stopped")
        screen.command("clear; bg")
        # It reads its terminal in the background: SIGTTIN stops it again.
        screen.wait_for("cat &")
        show_stopped_job(screen)
        screen.command("clear; fg")
        screen.wait_until(lambda lines: "cat" in lines)
        tell_cat(screen, "two")
        screen.press("C-c")
        screen.command("echo status=$?")
        screen.wait_for("status=130")
        screen.command("clear; (kill -SEGV $BASHPID); echo status=$?")
        screen.wait_for("status=139")
        screen.command("clear; sh -c 'kill -STOP $$; echo woken'; fg")
        screen.wait_for("woken")


@HOW
def test_a_traced_program_is_a_job_as_any_other(how: str, tmp_path: Path) -> None:
    script = tmp_path / "go"
    line = shlex.join(map(str, words(how, "bash", "-c", ECHO)))
    script.write_text(f"exec {line}\n", encoding="utf-8")
    with tmux_screen(tmp_path, SHELL) as screen:
        name_the_prompt(screen, before=f"cd {shlex.quote(str(tmp_path))}; ")
        screen.command("clear; sh go")
        screen.wait_for("ready")
        screen.press("C-z")
        screen.wait_for("P>")
        screen.command("clear; jobs")
        screen.wait_for("topped")
        screen.command("clear; fg")
        screen.wait_until(lambda lines: "sh go" in lines)
        enter(screen, "one")
        screen.wait_for("got one")
        screen.press("C-z")
        screen.wait_for("P>")
        screen.command("clear; bg")
        # It reads its terminal in the background: SIGTTIN stops it again.
        screen.wait_for("sh ")
        show_stopped_job(screen)
        screen.command("clear; kill -CONT %1; sleep 0.1; fg")
        screen.wait_until(lambda lines: "sh go" in lines)
        enter(screen, "two")
        screen.wait_for("got two")
        screen.press("C-c")
        screen.command("echo status=$?")
        screen.wait_for("status=130")
