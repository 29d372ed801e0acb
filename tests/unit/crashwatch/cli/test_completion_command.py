"""Completion in the shells themselves: each loads the text and asks us."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from crashwatch.cli.commands import crashwatch
from tests.doubles.requirement import require

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


def test_another_shell_is_refused():
    result = CliRunner().invoke(crashwatch, ["completion", "tcsh"])
    assert result.exit_code == 2
