"""Odd words to each command: one clear line and an exit status, never a traceback."""

from __future__ import annotations

import io
import sys

import click
import pytest

from crashwatch.cli.commands import main
from reports.home import open_home
from reports.spool.directory import Spool
from tests.doubles.command_line import answer_here
from tests.doubles.command_tree import every_command
from tests.doubles.sample_payload import sample_payload

COMMANDS = dict(every_command())
STARTS_SOMETHING = {"run", "doctor", "demo", "view", "timer on", "timer off"}
"""They start programs, stay until they are stopped, or change the person's systemd."""

ODD = {
    "empty": "",
    "dash": "-",
    "two dashes": "--",
    "no UTF-8": "\udcff",
    "long": "x" * 5000,
    "path": "../../../etc/passwd",
    "digits of others": "\u0663\u0663\u0663\u0663",
    "negative": "-1",
    "large": "1" * 400,
    "device": "/dev/full",
    "line break": "a\nb",
    "escape": "\x1b]0;x\x07",
}


def leaves():
    return sorted(
        name
        for name, command in COMMANDS.items()
        if not isinstance(command, click.Group) and name not in STARTS_SOMETHING
    )


def lines_of(name):
    """The command with an odd word in each place, one at a time."""
    options = [p for p in COMMANDS[name].params if isinstance(p, click.Option)]
    valued = [p for p in options if not p.is_flag and not p.count]
    yield []
    yield ["WORD"]
    yield ["WORD", "WORD"]
    for option in valued:
        yield [option.opts[0], "WORD"]
        yield [f"{option.opts[0]}=WORD", "0123"]
    for option in options:
        if option.is_flag:
            yield [option.opts[0], "WORD"]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", leaves())
def test_an_odd_word_anywhere(name, odd, capfd, tmp_path, monkeypatch, crashwatch_home):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    Spool(open_home(crashwatch_home)).add(sample_payload("0123" + "0" * 28))
    for line in lines_of(name):
        words = [word.replace("WORD", ODD[odd]) for word in line]
        answer = answer_here(capfd, *name.split(), *words)
        assert answer.status in {0, 1, 2, 3}, (words, answer)
        assert "Traceback" not in answer.err, words
        if answer.status == 2:
            assert answer.out == "", words
            assert answer.err.startswith("crashwatch: "), (words, answer.err)
            assert len(answer.error_lines) <= 2, (words, answer.err)


@pytest.mark.parametrize("words", [["status"], ["reports", "list"], ["disclosure"]])
@pytest.mark.parametrize("encoding", ["latin-1", "koi8-r"])
def test_a_screen_that_lacks_a_character_shows_its_escape(
    words, encoding, monkeypatch, crashwatch_home
):
    config = open_home(crashwatch_home.with_name("håme …")).config
    monkeypatch.setenv("CRASHWATCH_HOME", str(config.parent))
    written = io.BytesIO()
    screen = io.TextIOWrapper(written, encoding=encoding)
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setattr(sys, "stderr", screen)
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 0
    screen.flush()
    shown = written.getvalue().decode(encoding)
    assert ("\\u2026" in shown) is (words == ["status"])
