"""After a real crash in a real terminal: what is asked, and what each answer does."""

import json
import os
import shlex
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from reports.home import open_home
from tests.doubles.command_line import (
    crashwatch,
    crashwatch_json,
    everything_kept,
)
from tests.doubles.target_program import supervised
from tests.doubles.tmux_pane import Pane, tmux_pane

pytestmark = [pytest.mark.process, pytest.mark.ptrace]

PROMPT = "(Enter alone: don't send):"
SIGSEGV_OF_A_SHELL = 128 + 11
NULL_READ = ["--crash", "null_read"]

ABOVE_THE_NUMBERS = """
pachyterm_mini crashed (SIGSEGV).
A report was made. It is on this machine, and nothing has been sent.

  Holds    the stacks of 3 threads, a sanitized minidump, versions, memory and
           CPU use
  Never    screen contents, input, arguments, environment, your name or files
"""
BELOW_THE_NUMBERS = """
  Goes to  nowhere yet: no DSN is set, nothing is sent whatever you choose

  s  send this report, once
  a  always send crash reports, this one too
  n  don't send; keep it on this machine
  x  never ask: delete it, and make no more
  c  add a comment; see it as it would be sent
  v  view exactly what would be sent
  r  read the whole disclosure

Type s, a, n, x, c, v, r and Enter (Enter alone: don't send):
"""

Crashed = Callable[..., AbstractContextManager[Pane]]


@pytest.fixture
def crashed(tmp_path: Path, pachyterm_mini: list[str]) -> Crashed:
    """Starts the fixture terminal, supervised, in a pane; to be used in `with`."""

    def start(*options: str) -> AbstractContextManager[Pane]:
        return tmux_pane(tmp_path, supervised([*pachyterm_mini, *options]))

    return start


@pytest.fixture
def asked(crashed: Crashed) -> Iterator[Pane]:
    """A pane in which the question after a null read is on the screen."""
    with crashed(*NULL_READ) as pane:
        pane.wait_for(PROMPT)
        yield pane


def answer(pane: Pane, *keys: str) -> str:
    """Type an answer, wait for the crash's own end; what the screen shows then."""
    pane.type(*keys, "Enter")
    assert pane.wait_for_end() == SIGSEGV_OF_A_SHELL
    return "\n".join(pane.capture())


def the_report() -> dict[str, Any]:
    (row,) = crashwatch_json("reports", "list")
    shown: dict[str, Any] = row
    return shown


def crash_consent() -> str:
    rows = crashwatch_json("consent", "show")
    return str({row["category"]: row["state"] for row in rows}["crash"])


def test_all_of_the_question_fits_and_is_true(asked: Pane) -> None:
    screen = "\n".join(asked.capture())
    assert ABOVE_THE_NUMBERS.strip() in screen
    assert BELOW_THE_NUMBERS.strip() in screen
    (removed,) = [line for line in asked.capture() if "Removed" in line]
    assert "paths" in removed
    (size,) = [line for line in asked.capture() if "  Size" in line]
    report = the_report()
    assert report["state"] == "pending"
    assert size == f"  Size     {report['bytes'] / 1000:.1f} KB"
    text = crashwatch("reports", "list").out
    assert size.split(maxsplit=1)[1] in text
    answer(asked, "n")


def test_send_once_queues_this_report_and_changes_nothing_else(asked: Pane) -> None:
    screen = answer(asked, "s")
    assert "Agreed to, this report only. No DSN is set" in screen
    assert the_report()["state"] == "queued"
    assert crash_consent() == "ask"


def test_always_is_recorded_and_queues(asked: Pane, crashwatch_home: Path) -> None:
    screen = answer(asked, "a")
    assert "Undo: crashwatch consent revoke crash" in screen
    assert the_report()["state"] == "queued"
    assert crash_consent() == "always"
    record = json.loads((crashwatch_home / "consent.json").read_text())
    assert "prompt" in json.dumps(record)


def test_dont_send_keeps_it_and_says_how_to_see_it(asked: Pane) -> None:
    screen = answer(asked, "n")
    report = the_report()
    assert f"Not sent. Kept: crashwatch reports show {report['id'][:8]}" in screen
    assert report["state"] == "pending"
    assert crash_consent() == "ask"


def test_never_deletes_it_and_makes_no_more(asked: Pane, programs: Path) -> None:
    screen = answer(asked, "x")
    assert "Deleted. To allow them again: crashwatch consent grant crash" in screen
    assert crashwatch_json("reports", "list") == []
    assert crash_consent() == "never"
    null_read = programs / "null_read.py"
    assert crashwatch("run", "--", sys.executable, null_read).status == -11
    assert crashwatch_json("reports", "list") == []


def test_view_shows_the_payload_itself(asked: Pane) -> None:
    asked.type("v", "Enter")
    screen = "\n".join(asked.wait_for("-- Enter: more"))
    event, *_ = crashwatch_json("reports", "show", the_report()["id"])["items"]
    assert f"SHA-256 {event['sha256']}" in screen
    assert '"type": "SIGSEGV"' in screen
    asked.type("q", "Enter")
    asked.wait_to_type(PROMPT)
    answer(asked, "n")


def test_a_comment_goes_with_the_report_as_it_was_shown(
    asked: Pane, crashwatch_home: Path
) -> None:
    (before, dump) = crashwatch_json("reports", "show", the_report()["id"])["items"]
    asked.type("c", "Enter")
    asked.wait_for("Enter alone: no comment.")
    asked.type("I opened /home/zoe/diary.txt and then it died", "Enter")
    asked.wait_for("  Comment  I opened <home>/<path> and then it died")
    asked.wait_to_type(PROMPT)
    # What was typed is not on the disk before it is agreed to.
    assert b"it died" not in everything_kept(crashwatch_home)
    asked.type("v", "Enter")
    screen = "\n".join(asked.wait_for("-- Enter: more"))
    asked.type("q", "Enter")
    asked.wait_to_type(PROMPT)
    answer(asked, "s")
    assert the_report()["state"] == "queued"
    shown = crashwatch_json("reports", "show", the_report()["id"])
    assert shown["comment"] == "I opened <home>/<path> and then it died"
    (event, same_dump) = shown["items"]
    assert f"SHA-256 {event['sha256']}" in screen
    assert event["sha256"] != before["sha256"]
    assert same_dump == dump
    (approval,) = crashwatch_home.glob("reports/queued/*/approval.json")
    agreed = [item["sha256"] for item in json.loads(approval.read_text())["items"]]
    assert agreed == [event["sha256"], dump["sha256"]]
    kept = everything_kept(crashwatch_home)
    assert b"it died" in kept  # what is searched is what is stored, expanded
    assert b"diary" not in kept
    assert {"rule": "path", "place": "comment", "count": 2} in shown["removed"]


def test_a_comment_without_a_yes_is_forgotten(
    asked: Pane, crashwatch_home: Path
) -> None:
    asked.type("c", "Enter")
    asked.wait_for("Enter alone: no comment.")
    asked.type("I split the pane", "Enter")
    asked.wait_for("  Comment  I split the pane")
    asked.wait_to_type(PROMPT)
    answer(asked, "n")
    assert the_report()["state"] == "pending"
    assert b"I split" not in everything_kept(crashwatch_home)


def test_enter_alone_is_dont_send(asked: Pane) -> None:
    assert "Not sent. Kept:" in answer(asked)
    assert the_report()["state"] == "pending"


def test_no_answer_in_time_is_dont_send(
    crashed: Crashed, crashwatch_home: Path
) -> None:
    config = open_home(crashwatch_home).config
    config.write_text("prompt_timeout = 1\n")
    config.chmod(0o600)
    with crashed(*NULL_READ) as pane:
        assert pane.wait_for_end() == SIGSEGV_OF_A_SHELL
        pane.wait_for("Not sent (time-out). Kept: crashwatch reports show ")
    assert the_report()["state"] == "pending"
    assert crash_consent() == "ask"


@pytest.mark.parametrize("name", ["TERM", "HUP"])
def test_a_signal_while_asking_ends_it_without_an_answer(
    tmp_path: Path, pachyterm_mini: list[str], name: str
) -> None:
    told = tmp_path / "launcher"
    command = supervised([*pachyterm_mini, *NULL_READ])
    script = f"echo $$ >{told}; exec {shlex.join(map(str, command))}"
    with tmux_pane(tmp_path, ["sh", "-c", script]) as pane:
        pane.wait_for(PROMPT)
        pane.type("s")
        os.kill(int(told.read_text()), getattr(signal, f"SIG{name}"))
        pane.wait_for(f"Not sent (SIG{name}). Kept: crashwatch reports show ")
        assert pane.wait_for_end() == SIGSEGV_OF_A_SHELL
        # The terminal was put right: it echoes, and ends a line where it should.
        pane.type("still usable", "Enter")
        assert "still usable" in pane.wait_for("still usable")
    assert the_report()["state"] == "pending"


@pytest.mark.parametrize("when", ["key", "marker"])
def test_a_crash_in_the_midst_of_work_leaves_a_usable_terminal(
    crashed: Crashed, when: str
) -> None:
    marker = r"printf '\033]7777;crash=null_read\033\\\\'"
    keys = ["F12"] if when == "key" else [marker, "Enter"]
    shell = ["--", "env", "PS1=ready> ", "sh"]
    with crashed(*NULL_READ, "--when", when, *shell) as pane:
        pane.wait_for("ready>")
        pane.type(*keys)
        screen = "\n".join(pane.wait_for(PROMPT))
        assert "ready>" not in screen
        assert ABOVE_THE_NUMBERS.strip() in screen
        assert "Not sent. Kept:" in answer(pane, "n")
        # `cat` runs now: the terminal echoes, and a line ends where it should.
        pane.type("still usable", "Enter")
        lines = pane.wait_for("still usable")
        assert "still usable" in lines
        assert pane.capture(with_colours=True)[-1].count("\x1b[7m") == 0


def test_asked_about_an_exception_in_the_same_words(
    tmp_path: Path, programs: Path
) -> None:
    command = supervised([sys.executable, programs / "uncaught_thread.py"])
    with tmux_pane(tmp_path, command) as pane:
        screen = "\n".join(pane.wait_for(PROMPT))
        pane.type("Enter")
        assert pane.wait_for_end() == 0
    headline = "uncaught_thread.py lost a thread: an error nobody handled"
    assert f"{headline} (ZeroDivisionError)." in screen
    assert "  Holds    where ZeroDivisionError was raised, versions" in screen
    assert "main went on" in screen


def test_with_always_on_record_nothing_is_asked(crashed: Crashed) -> None:
    crashwatch_json("consent", "grant", "crash")
    with crashed(*NULL_READ) as pane:
        assert pane.wait_for_end() == SIGSEGV_OF_A_SHELL
        assert not any(PROMPT in line for line in pane.capture())
    assert the_report()["state"] == "queued"


@pytest.mark.parametrize("quiet", ["--headless", "CI=true"])
def test_where_nobody_is_nothing_is_asked(
    tmp_path: Path, pachyterm_mini: list[str], quiet: str
) -> None:
    program = [*pachyterm_mini, *NULL_READ]
    command = supervised(program, *([quiet] if quiet[0] == "-" else []))
    words = command if quiet[0] == "-" else ["env", quiet, *command]
    with tmux_pane(tmp_path, words) as pane:
        assert pane.wait_for_end() == SIGSEGV_OF_A_SHELL
        assert not any(PROMPT in line for line in pane.capture())
    assert the_report()["state"] == "pending"
