"""The timer: units that systemd itself takes, switched on and off and nothing left."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crashwatch.cli.timer_units import SERVICE, TIMER, units
from tests.doubles.command_line import answer_here
from tests.doubles.requirement import require

ODD = "/tmp/a b%c$d\"e\\f'g é;#"

SYSTEMCTL = """#!/bin/sh
echo "$*" >>"$SYSTEMCTL_LOG"
test "$3" != "$SYSTEMCTL_FAILS" || { echo "Failed to connect to bus" >&2; exit 1; }
"""


@pytest.fixture
def calls(tmp_path, monkeypatch):
    """Puts a systemctl in place that writes down what it is told."""
    tools, log = tmp_path / "tools", tmp_path / "log"
    tools.mkdir()
    (tools / "systemctl").write_text(SYSTEMCTL)
    (tools / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    monkeypatch.setenv("SYSTEMCTL_LOG", str(log))
    monkeypatch.setenv("SYSTEMCTL_FAILS", "nothing")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    def calls():
        lines = log.read_text().splitlines() if log.exists() else []
        return [line.removeprefix("--user --no-ask-password ") for line in lines]

    return calls


@pytest.fixture
def here(capfd):
    return lambda *words: answer_here(capfd, *words)


def written(tmp_path):
    folder = tmp_path / "config" / "systemd" / "user"
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


@pytest.mark.process
@pytest.mark.parametrize("home", ["/home/somebody/.local/state/crashwatch", ODD])
def test_systemd_takes_them(tmp_path, home):
    tool = shutil.which("systemd-analyze")
    require(tool, "systemd-analyze is missing", "apt-get install systemd")
    for name, text in units(sys.executable, home, {"CRASHWATCH_HOME": home}).items():
        (tmp_path / name).write_text(text)
    paths = [str(tmp_path / name) for name in (TIMER, SERVICE)]
    ended = subprocess.run(
        [tool, "--user", "--man=no", "verify", *paths],
        env={"XDG_RUNTIME_DIR": str(tmp_path), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def unquoted(line):
    """A line's words, by systemd.syntax(7), read by hand."""
    words, at = [], 0
    while at < len(line):
        assert line[at] == '"'
        at += 1
        word = ""
        while line[at] != '"':
            if line[at] == "\\":
                at += 1
                word += {"n": "\n"}.get(line[at], line[at])
            elif line[at] == "%":
                at += 1
                assert line[at] == "%", "a specifier"
                word += "%"
            else:
                word += line[at]
            at += 1
        words.append(word)
        at += 2
    return words


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), min_size=1)


@settings(deadline=None)
@given(TEXT, TEXT)
@example(ODD, ODD)
@example("a\nExecStart=/bin/evil", "x\n[Service]")
def test_no_name_becomes_a_setting(python, value):
    """Whatever stands in a path or a variable: systemd reads it back as it was."""
    text = units(python, "/home", {"NAME": value})[SERVICE]
    lines = text.split("\n")
    (command,) = [line for line in lines if line.startswith("ExecStart=")]
    read = unquoted(command.removeprefix("ExecStart="))
    words = [word.replace("$$", "$") for word in read]
    assert words == [python, "-m", "crashwatch", "upkeep", "--quiet"]
    (variable,) = [line for line in lines if line.startswith("Environment=")]
    assert unquoted(variable.removeprefix("Environment=")) == [f"NAME={value}"]


def test_on_shown_and_off(tmp_path, calls, here, monkeypatch):
    assert json.loads(here("timer", "show", "--json").out)["on"] is False
    monkeypatch.setenv("DO_NOT_TRACK", "1")
    told = here("timer", "on")
    assert (told.status, told.err) == (0, "")
    assert written(tmp_path) == {TIMER, SERVICE}
    assert calls() == ["daemon-reload", f"enable --now {TIMER}"]
    shown = json.loads(here("timer", "show", "--json").out)
    assert shown["on"]
    assert 'Environment="DO_NOT_TRACK=1"' in shown["units"][SERVICE]
    assert "RandomizedDelaySec" in shown["units"][TIMER]
    for path in (tmp_path / "config" / "systemd" / "user").iterdir():
        assert path.stat().st_mode & 0o077 == 0
    assert json.loads(here("timer", "on", "--json").out) == shown, "twice is no harm"
    assert "crashwatch timer off" in here("erase", "--yes").out
    assert here("timer", "off").out == "The timer is gone.\n"
    assert written(tmp_path) == set()
    assert calls()[-2:] == [f"disable --now {TIMER}", "daemon-reload"]
    assert "no timer" in here("timer", "off").out
    assert "timer" not in here("erase", "--yes").out


@pytest.mark.parametrize("fails", ["daemon-reload", "enable"])
def test_where_systemd_does_not_do_it_nothing_is_left(
    tmp_path, calls, here, monkeypatch, fails
):
    monkeypatch.setenv("SYSTEMCTL_FAILS", fails)
    told = here("timer", "on")
    assert told.status == 1
    assert "Failed to connect to bus" in told.err
    assert "cron" in told.err
    assert written(tmp_path) == set()
    assert calls()


def test_without_systemd_cron_is_named(tmp_path, here, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    told = here("timer", "on")
    assert told.status == 1
    assert "cron" in told.err
    assert written(tmp_path) == set()
