"""The question in a real terminal, answered by keys, read from the screen."""

from __future__ import annotations

import sys
import textwrap

import pytest

from tests.doubles.tmux_screen import tmux_screen

pytestmark = pytest.mark.process

DRIVER = '''\
"""Leave the terminal as a crash would, ask, and say what came of it."""
import json, os, re, select, signal, subprocess, sys, termios, time, tty

from crashwatch.prompts import tty_state
from crashwatch.prompts.question import Draft, Subject, consequences, farewell
from crashwatch.prompts.terminal import Terminal, ask
from reports.payload import Item

scenario, timeout = sys.argv[1], float(sys.argv[2])
saved = tty_state.save(0)
before = termios.tcgetattr(0)
print("an earlier line", flush=True)
if scenario == "typed ahead":
    print("BUSY", flush=True)
    select.select([0], [], [])
if scenario == "left wrong":
    tty.setraw(0)
    os.set_blocking(0, False)
    os.write(1, b"\\x1b[?1049h\\x1b[?25l\\x1b[?1003h\\x1b[?1006h\\x1b[?2004h"
                b"\\x1b[5;9r\\x1b[4h\\x1b[31m\\x1b(0half drawn")
if scenario == "output stopped":
    termios.tcflow(1, termios.TCOOFF)
if scenario == "dead foreground":
    # A shell of the crashed program had the terminal, and is gone.
    child = subprocess.Popen(["true"], process_group=0)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    os.tcsetpgrp(0, child.pid)
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    child.wait()
event = json.dumps({"planted": "\\x1b[2J\\u202e", "numbers": list(range(60))})
subject = Subject(
    program="pachyterm", reason="died of SIGSEGV in its main \\x1b[31mthread",
    holds="3 threads with their calls, versions of Python and kernel",
    removed="7 paths, 2 user names", size=len(event),
    recipient="" if scenario == "no dsn" else "crashes.example.org",
    report="0a1b2c3d",
)
def draft(comment="", refused=""):
    told = event if not comment else json.dumps({"comment": comment})
    drawn = subject._replace(comment=comment, size=len(told))
    return Draft(drawn, [Item("event", "", told.encode())], refused)

def comment(text):
    """In the place of the walls: numbers go, and Zoe is refused."""
    print("\\r\\nTYPED", ascii(text))
    if "zoe" in text:
        return draft(refused="The comment was not taken: it names you (user).")
    return draft(re.sub("[0-9]+", "<number>", text))

reply = ask(
    draft(), comment=comment, disclosure="All is disclosed.",
    terminal=Terminal(0, 1, saved, plain=scenario == "plain"),
    timeout=timeout, clock=time.monotonic,
)
print(farewell(reply, subject))
print("RESULT", reply.answer.name, "because", reply.why)
print(*consequences(reply.answer))
print("attributes", "as before" if termios.tcgetattr(0) == before else "CHANGED")
print("blocking", os.get_blocking(0), flush=True)
print("THAT IS ALL", flush=True)
sys.stdin.readline()
'''

QUESTION = """\
an earlier line

pachyterm died of SIGSEGV in its main \\x1b[31mthread.
A report was made. It is on this machine, and nothing has been sent.

  Holds    3 threads with their calls, versions of Python and kernel
  Never    screen contents, input, arguments, environment, your name or files
  Removed  7 paths, 2 user names
  Size     273 bytes
  Goes to  crashes.example.org

  s  send this report, once
  a  always send crash reports, this one too
  n  don't send; keep it on this machine
  x  never ask: delete it, and make no more
  c  add a comment; see it as it would be sent
  v  view exactly what would be sent
  r  read the whole disclosure

Type s, a, n, x, c, v, r and Enter (Enter alone: don't send):
"""
PROMPT = "(Enter alone: don't send):"


@pytest.fixture
def asked(tmp_path):
    """Start the driver on a screen; give the screen."""
    driver = tmp_path / "driver.py"
    driver.write_text(DRIVER)

    def start(scenario="plain question", timeout=60):
        command = [sys.executable, driver, scenario, str(timeout)]
        return tmux_screen(tmp_path, command)

    return start


def ended(screen):
    """What the driver said after the question."""
    return "\n".join(screen.wait_for("THAT IS ALL"))


def assert_left_right(text):
    assert "attributes as before" in text
    assert "blocking True" in text


def test_the_question_fits_and_nothing_foreign_commands_the_screen(asked):
    with asked() as screen:
        lines = screen.wait_for(PROMPT)
        start = lines.index("an earlier line")
        assert "\n".join(lines[start:]).rstrip() == QUESTION.rstrip()
        screen.press("Enter")
        assert "RESULT DONT_SEND" in ended(screen)


@pytest.mark.parametrize(
    ("keys", "result", "does", "said"),
    [
        (["s"], "SEND_ONCE", "True None False False", "Agreed to, this report only."),
        (["send"], "SEND_ONCE", "True None False False", "Agreed to, this report"),
        (["a"], "ALWAYS", "True always False False", "Undo: crashwatch consent revoke"),
        (["n"], "DONT_SEND", "False None True False", "crashwatch reports show 0a1b"),
        ([], "DONT_SEND", "False None True False", "Not sent. Kept:"),
        (["x"], "NEVER", "False never False True", "Deleted. To allow them again"),
        (["N", "O"], "DONT_SEND", "False None True False", "Not sent. Kept:"),
    ],
)
def test_each_choice_is_a_letter_and_enter(asked, keys, result, does, said):
    with asked() as screen:
        screen.wait_for(PROMPT)
        screen.press(*keys, "Enter")
        text = ended(screen)
    assert f"RESULT {result} because the person's answer" in text
    assert does in text
    assert said in text
    assert_left_right(text)


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        (["C-c"], "interrupted"),
        (["a", "C-c"], "interrupted"),
        (["C-\\"], "interrupted"),
        (["C-z"], "interrupted"),
        (["C-d"], "end of input"),
    ],
)
def test_getting_out_sends_nothing(asked, keys, why):
    with asked() as screen:
        screen.wait_for(PROMPT)
        screen.press(*keys)
        text = ended(screen)
    assert f"RESULT UNANSWERED because {why}" in text
    assert "False None True False" in text
    assert_left_right(text)


def test_no_answer_in_time_sends_nothing_even_half_typed(asked):
    with asked(timeout=2) as screen:
        screen.wait_for(PROMPT)
        screen.press("s")
        text = ended(screen)
    assert "RESULT UNANSWERED because time-out" in text
    assert "Not sent (time-out). Kept: crashwatch reports show 0a1b2c3d" in text
    assert_left_right(text)


def test_what_was_typed_ahead_is_no_answer(asked):
    with asked("typed ahead") as screen:
        screen.wait_for("BUSY")
        screen.press("a", "Enter", "s", "Enter")
        lines = screen.wait_for(PROMPT)
        assert not any("RESULT" in line for line in lines)
        screen.press("n", "Enter")
        assert "RESULT DONT_SEND" in ended(screen)


def test_a_terminal_left_wrong_is_put_right_first(asked):
    with asked("left wrong") as screen:
        lines = screen.wait_for(PROMPT)
        # The main screen again, with what stood on it before.
        assert "an earlier line" in lines
        assert not any("half drawn" in line for line in lines)
        assert "  s  send this report, once" in lines
        flags = (
            "#{alternate_on}#{cursor_flag}#{mouse_any_flag}#{insert_flag}"
            "#{wrap_flag} #{scroll_region_upper} #{scroll_region_lower}"
        )
        assert screen.format(flags) == "01001 0 23"
        screen.press("s", "Enter")
        text = ended(screen)
    assert "RESULT SEND_ONCE" in text
    assert_left_right(text)


def test_stopped_output_is_started_again(asked):
    with asked("output stopped") as screen:
        screen.wait_for(PROMPT)
        screen.press("n", "Enter")
        assert "RESULT DONT_SEND" in ended(screen)


def test_a_foreground_group_that_died_gives_the_terminal_back(asked):
    with asked("dead foreground") as screen:
        screen.wait_for(PROMPT)
        screen.press("s", "Enter")
        assert "RESULT SEND_ONCE" in ended(screen)


@pytest.mark.parametrize(
    "keys",
    [["y"], ["sx"], ["Up"], ["Up", "s"], ["1"], ["s", "Space", "BSpace", "e"]],
)
def test_anything_else_is_no_answer_and_asked_again(asked, keys):
    with asked() as screen:
        screen.wait_for(PROMPT)
        screen.press(*keys, "Enter")
        screen.wait_for("That is none of the answers. Nothing was sent.")
        screen.press("n", "Enter")
        assert "RESULT DONT_SEND" in ended(screen)


def test_a_letter_can_be_rubbed_out(asked):
    with asked() as screen:
        screen.wait_for(PROMPT)
        screen.press("a", "BSpace", "x", "x", "C-u", "n", "Enter")
        assert "RESULT DONT_SEND" in ended(screen)


def test_view_shows_the_payload_by_pages_and_asks_again(asked):
    with asked() as screen:
        screen.wait_for(PROMPT)
        screen.press("v", "Enter")
        first = "\n".join(screen.wait_for("-- Enter: more"))
        assert "event, " in first
        assert "SHA-256 " in first
        assert '"planted": "\\u001b[2J\\u202e"' in first
        screen.press("Enter")
        screen.wait_for("  37,")
        screen.press("q", "Enter")
        screen.wait_to_type(PROMPT)
        screen.press("s", "Enter")
        assert "RESULT SEND_ONCE" in ended(screen)


def test_leaving_a_page_by_ctrl_c_sends_nothing(asked):
    with asked() as screen:
        screen.wait_for(PROMPT)
        screen.press("v", "Enter")
        screen.wait_for("-- Enter: more")
        screen.press("C-c")
        assert "RESULT UNANSWERED because interrupted" in ended(screen)


def test_the_disclosure_can_be_read(asked):
    with asked() as screen:
        screen.wait_for(PROMPT)
        screen.press("r", "Enter")
        screen.wait_for("All is disclosed.")
        screen.wait_to_type(PROMPT)
        screen.press("n", "Enter")
        assert "RESULT DONT_SEND" in ended(screen)


COMMENT_LINE = "Enter ends it; Enter alone: no comment."


def commented(screen, *keys, shown="TYPED"):
    """Answer "comment", type it; the screen with the question again."""
    screen.wait_to_type(PROMPT)
    screen.press("c", "Enter")
    screen.wait_for(COMMENT_LINE)
    screen.press(*keys, "Enter")
    screen.wait_for(shown)
    return screen.wait_to_type(PROMPT)


def test_a_comment_is_shown_as_it_would_be_sent_before_anything_is(asked):
    with asked() as screen:
        text = "\n".join(commented(screen, "I split pane 37, ä 漢"))
        assert "TYPED 'I split pane 37, \\xe4 \\u6f22'" in text
        assert "  Comment  I split pane <number>, ä 漢" in text
        assert "RESULT" not in text
        screen.press("v", "Enter")
        viewed = "\n".join(screen.wait_for("-- End."))
        screen.wait_to_type(PROMPT)
        assert '"comment": "I split pane <number>, \\u00e4 \\u6f22"' in viewed
        screen.press("s", "Enter")
        assert "RESULT SEND_ONCE" in ended(screen)


def test_a_comment_that_the_walls_refuse_changes_nothing(asked):
    with asked() as screen:
        text = "\n".join(commented(screen, "zoe was here"))
        assert "The comment was not taken: it names you (user)." in text
        assert "  Comment" not in text
        screen.press("n", "Enter")
        assert "RESULT DONT_SEND" in ended(screen)


@pytest.mark.parametrize(
    ("keys", "typed"),
    [
        (["ab", "BSpace", "c"], "'ac'"),
        (["ab", "Left", "Up", "c", "F5", "d"], "'abcd'"),
        (["ab", "C-u", "x", "Tab", "y"], "'x y'"),
        (["C-d" + "ab"], "'C-dab'"),
        # A paste of several lines: none of them is an answer.
        (["one", "Enter", "always", "Enter", "x"], "'one always x'"),
        ([], "''"),
    ],
)
def test_what_is_typed_is_the_comment(asked, keys, typed):
    with asked() as screen:
        text = "\n".join(commented(screen, *keys))
        assert f"TYPED {typed}" in text
        screen.press("n", "Enter")
        assert "RESULT DONT_SEND" in ended(screen)


def test_the_longest_comment_and_the_question_fit_the_screen(asked):
    with asked() as screen:
        lines = commented(screen, "word " * 70, shown="  Comment")
        assert "pachyterm died of SIGSEGV in its main \\x1b[31mthread." in lines
        assert sum("word word" in line for line in lines) == 5
        screen.press("n", "Enter")
        assert "RESULT DONT_SEND" in ended(screen)


def test_a_row_is_rubbed_out_over_the_edge_of_the_screen(asked):
    with asked() as screen:
        screen.wait_to_type(PROMPT)
        screen.press("c", "Enter")
        screen.wait_for(COMMENT_LINE)
        screen.press("a" * 79 + "bcd")
        screen.wait_for("cd")
        screen.press("BSpace", "BSpace", "BSpace", "e")
        lines = screen.wait_for("a" * 79 + "e")
        assert lines[lines.index("a" * 79 + "e") + 1 :] == [""] * (
            len(lines) - lines.index("a" * 79 + "e") - 1
        )
        screen.press("Enter")
        screen.wait_for("TYPED '" + "a" * 73)
        screen.wait_to_type(PROMPT)
        screen.press("n", "Enter")
        assert "RESULT DONT_SEND" in ended(screen)


@pytest.mark.parametrize("keys", [["C-c"], ["text", "C-c"], ["text", "C-z"], ["C-d"]])
def test_getting_out_of_a_comment_sends_nothing(asked, keys):
    with asked() as screen:
        screen.wait_to_type(PROMPT)
        screen.press("c", "Enter")
        screen.wait_for(COMMENT_LINE)
        screen.press(*keys)
        text = ended(screen)
    assert "RESULT UNANSWERED because" in text
    assert "False None True False" in text
    assert_left_right(text)


def test_the_question_is_shown_again_in_a_new_size(asked):
    with asked() as screen:
        screen.wait_for(PROMPT)
        screen.resize(lines=40, columns=44)
        screen.wait_for("  Never    screen contents, input,")
        screen.wait_for("alone: don't send):")  # a line of its own: no word is broken
        screen.press("n", "Enter")
        assert "RESULT DONT_SEND" in ended(screen)


def test_plain_mode_sends_no_escape_and_no_columns(asked):
    with asked("plain") as screen:
        lines = screen.wait_for(PROMPT)
        assert "It goes to crashes.example.org." in lines
        assert "no, or n: don't send; keep it on this machine." in lines
        screen.press("n", "Enter")
        assert "RESULT DONT_SEND" in ended(screen)


def test_without_a_dsn_the_question_says_so(asked):
    with asked("no dsn") as screen:
        screen.wait_for("  Goes to  nowhere yet: no DSN is set, nothing is sent")
        screen.wait_for(PROMPT)
        screen.press("s", "Enter")
        assert "No DSN is set, so it stays here for now." in ended(screen)


SHELL = textwrap.dedent("""\
    set -m
    {python} {driver} background 60 &
    wait $!
    echo SHELL GOES ON
    read line
    """)


def test_a_background_job_neither_reads_nor_stops(tmp_path):
    driver, shell = tmp_path / "driver.py", tmp_path / "shell.sh"
    driver.write_text(DRIVER.replace("sys.stdin.readline()", ""))
    shell.write_text(SHELL.format(python=sys.executable, driver=driver))
    with tmux_screen(tmp_path, ["bash", shell]) as screen:
        text = "\n".join(screen.wait_for("SHELL GOES ON"))
    assert "RESULT UNANSWERED because another job has the terminal" in text
    assert "Type s, a" not in text
