"""Completion in the shells themselves: each loads the text and asks us."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from crashwatch.cli.commands import crashwatch
from crashwatch.cli.run_arguments import MODES, USAGE, parse_run_arguments
from reports.home import open_home
from reports.spool.directory import Spool
from tests.doubles.command_tree import every_command
from tests.doubles.requirement import require
from tests.doubles.sample_payload import sample_payload

COMMANDS = dict(every_command())
OURS = Path(sys.executable).with_name("crashwatch")

ASK = {
    "bash": """
        source "$1"
        COMP_WORDS=(crashwatch reports l) COMP_CWORD=2
        _crashwatch_completion "$2"
        printf '%s\\n' "${COMPREPLY[@]}"
    """,
    "zsh": """
        compdef() { :; }
        compadd() { print -l -- "${(@P)@[-1]}"; }
        _describe() { print -l -- "${(@P)3}"; }
        words=(crashwatch reports l) CURRENT=3
        path=("${2:h}" $path)
        source "$1"
        _crashwatch_completion
    """,
    "fish": """
        source $argv[1]
        set -gx PATH (path dirname $argv[2]) $PATH
        complete --do-complete 'crashwatch reports l'
    """,
}


def made_for(shell):
    result = CliRunner().invoke(crashwatch, ["completion", shell])
    assert result.exit_code == 0
    return result.output


@pytest.mark.parametrize("shell", ASK)
def test_the_shell_is_told_the_command(shell, tmp_path):
    program = shutil.which(shell)
    require(program, f"{shell} is missing", f"apt-get install {shell}")
    text = tmp_path / "completion"
    text.write_text(made_for(shell), encoding="utf-8")
    ask = ["-c", ASK[shell], *([] if shell == "fish" else [shell]), str(text), OURS]
    told = subprocess.run(
        [str(program), *ask], capture_output=True, text=True, check=True, timeout=60
    )
    assert "list" in [
        line.partition("\t")[0].split(":")[0] for line in told.stdout.split("\n")
    ]
    assert "discard" not in told.stdout
    assert told.stderr == ""


def completed(*words, begun=""):
    """What is offered after these words, without a shell around it."""
    asked = ShellComplete(crashwatch, {}, "crashwatch", "_CRASHWATCH_COMPLETE")
    return {item.value for item in asked.get_completions(list(words), begun)}


@pytest.mark.parametrize("name", COMMANDS)
def test_each_option_of_each_command_is_offered(name):
    options = {
        word
        for each in COMMANDS[name].params
        if isinstance(each, click.Option)
        for word in each.opts
        if word.startswith("--")
    }
    assert completed(*name.split(), begun="--") == options | {"--help"}


def test_every_option_that_run_names_is_offered():
    offered = completed("run", begun="--")
    for option in re.findall(r"--[a-z][a-z-]+", USAGE):
        assert option in offered
    assert completed("run", "--capture") == set(MODES)
    assert parse_run_arguments(["--capture", "hold", "--", "x"]).capture == "hold"


def test_programs_are_offered_to_run(tmp_path, monkeypatch):
    for name, mode in (("pachy", 0o755), ("pachyterm", 0o755), ("pachy.txt", 0o644)):
        (tmp_path / name).write_text("")
        (tmp_path / name).chmod(mode)
    monkeypatch.setenv("PATH", f"{tmp_path}:/no/such/folder")
    assert completed("run", "--", begun="pachy") == {"pachy", "pachyterm"}
    assert completed("run", "--", begun="./pa") == {"./pa"}


def test_ids_are_offered_as_the_list_shows_them(crashwatch_home, monkeypatch):
    spool = Spool(open_home(crashwatch_home))
    for digit in "ab":
        spool.add(sample_payload(digit * 32))
    for words in (("reports", "show"), ("reports", "approve"), ("audit",)):
        assert completed(*words) == {"a" * 8, "b" * 8}
    assert completed("reports", "show", "--diff", "aaaa") == {"a" * 8, "b" * 8}
    assert completed("reports", "discard", begun="b" * 9) == {"b" * 9}
    monkeypatch.setenv("CRASHWATCH_DSN", "nope")
    assert completed("reports", "show") == set()


def test_another_shell_is_refused():
    result = CliRunner().invoke(crashwatch, ["completion", "tcsh"])
    assert result.exit_code == 2
