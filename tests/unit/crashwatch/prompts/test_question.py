"""The words of the question and what each answer does."""

from __future__ import annotations

import pytest

from crashwatch.prompts.question import (
    OPTIONS,
    Answer,
    Consequences,
    Reply,
    Subject,
    again,
    answer_of,
    comment_refused,
    consequences,
    farewell,
    input_line,
    question_lines,
    safe_start_lines,
)
from crashwatch.prompts.size_text import counted, size_text
from reports.crash_report import LONGEST_COMMENT

SUBJECT = Subject(
    program="pachyterm",
    reason="died of SIGSEGV in its main thread",
    holds="3 threads with their calls, versions of Python and kernel",
    removed="7 paths, 2 user names",
    size=3412,
    recipient="crashes.example.org",
    report="0a1b2c3d",
)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer.SEND_ONCE, Consequences(True, None, False, False)),
        (Answer.ALWAYS, Consequences(True, "always", False, False)),
        (Answer.DONT_SEND, Consequences(False, None, True, False)),
        (Answer.NEVER, Consequences(False, "never", False, True)),
        (Answer.COMMENT, Consequences(False, None, True, False)),
        (Answer.VIEW, Consequences(False, None, True, False)),
        (Answer.READ, Consequences(False, None, True, False)),
        (Answer.UNANSWERED, Consequences(False, None, True, False)),
    ],
)
def test_what_each_answer_does(answer, expected):
    assert consequences(answer) == expected


def test_only_two_answers_approve_anything():
    approving = {answer for answer in Answer if consequences(answer).approve}
    assert approving == {Answer.SEND_ONCE, Answer.ALWAYS}


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("", Answer.DONT_SEND),
        ("  ", Answer.DONT_SEND),
        ("s", Answer.SEND_ONCE),
        ("SEND", Answer.SEND_ONCE),
        ("a", Answer.ALWAYS),
        ("n", Answer.DONT_SEND),
        ("no", Answer.DONT_SEND),
        ("never", Answer.NEVER),
        ("x", Answer.NEVER),
        ("c", Answer.COMMENT),
        ("comment", Answer.COMMENT),
        ("v", Answer.VIEW),
        ("r", Answer.READ),
        ("y", None),
        ("yes", None),
        ("ok", None),
        ("se", None),
        ("s a", None),
        ("alwayss", None),
    ],
)
def test_which_line_is_which_answer(typed, answer):
    assert answer_of(typed) is answer


def test_every_answer_but_silence_is_offered_by_one_letter():
    assert {o.answer for o in OPTIONS} == set(Answer) - {Answer.UNANSWERED, Answer.YES}
    assert len({o.key for o in OPTIONS}) == len(OPTIONS)
    assert all(len(o.key) == 1 for o in OPTIONS)


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("columns", [1, 20, 40, 80, 200])
def test_the_question_fits_its_screen(columns, plain):
    worst = SUBJECT._replace(
        program="p" * 500, reason="r " * 500, holds="h " * 500, removed="m " * 500
    )
    lines = question_lines(worst, columns=columns, plain=plain)
    assert max(map(len, lines)) <= max(20, min(78, columns - 2))
    if columns >= 80 and not plain:
        assert len(lines) + 2 <= 24
        assert len(input_line()) < 80


@pytest.mark.parametrize("plain", [False, True])
def test_everything_the_person_must_know_is_said(plain):
    text = " ".join(" ".join(question_lines(SUBJECT, plain=plain)).split())
    for said in (
        "pachyterm died of SIGSEGV in its main thread.",
        "nothing has been sent",
        SUBJECT.holds,
        SUBJECT.removed,
        "3.4 KB",
        "crashes.example.org",
        "screen contents, input, arguments, environment, your name or files",
        *(option.meaning for option in OPTIONS),
    ):
        assert said in text


@pytest.mark.parametrize(
    ("plain", "said"),
    [(False, "Goes to nowhere yet: no DSN is set,"), (True, "It goes nowhere yet: ")],
)
def test_without_a_dsn_it_goes_nowhere(plain, said):
    lines = question_lines(SUBJECT._replace(recipient=""), plain=plain)
    text = " ".join(" ".join(lines).split())
    assert said in text
    assert "nothing is sent whatever you choose" in text


@pytest.mark.parametrize("plain", [False, True])
def test_a_comment_is_shown_whole(plain):
    words = " ".join(f"word{n}" for n in range(42))[:LONGEST_COMMENT]
    subject = SUBJECT._replace(comment=words)
    text = " ".join(" ".join(question_lines(subject, plain=plain)).split())
    assert words in text
    assert plain or len(question_lines(subject)) + 1 <= 24
    assert "omment" not in "".join(
        line for line in question_lines(SUBJECT, plain=plain) if " add a " not in line
    )


def test_a_refused_comment_is_told_by_its_rules_only():
    said = comment_refused(["user", "home", "user"])
    assert "it names you (home, user)" in said


def test_nothing_removed_and_nowhere_to_go_are_said():
    bare = SUBJECT._replace(removed="", recipient="")
    text = " ".join(question_lines(bare))
    assert "nothing had to be" in text
    assert "no DSN is set" in text


@pytest.mark.parametrize("plain", [False, True])
def test_foreign_text_is_shown_not_obeyed(plain):
    nasty = "\x1b[2J\u202e\n\x9b31m\u200b"
    subject = Subject(*[nasty] * 4, 1, nasty, nasty)
    assert all(line.isprintable() for line in question_lines(subject, plain=plain))
    for answer in Answer:
        assert farewell(Reply(answer, "time-out"), subject).isprintable()


def test_the_farewell_says_how_to_undo():
    assert "consent revoke crash" in farewell(Reply(Answer.ALWAYS, ""), SUBJECT)
    assert "consent grant crash" in farewell(Reply(Answer.NEVER, ""), SUBJECT)
    silent = farewell(Reply(Answer.UNANSWERED, "time-out"), SUBJECT)
    assert silent == "Not sent (time-out). Kept: crashwatch reports show 0a1b2c3d"
    nowhere = SUBJECT._replace(recipient="")
    assert "No DSN is set" in farewell(Reply(Answer.SEND_ONCE, ""), nowhere)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 KB"),
        (3412, "3.4 KB"),
        (1_200_000, "1.2 MB"),
    ],
)
def test_sizes(size, text):
    assert size_text(size) == text


def test_counts():
    words = [counted(n, "report") for n in (0, 1, 2, 12_345)]
    assert words == ["0 reports", "1 report", "2 reports", "12,345 reports"]
    assert [counted(n, "is", "are") for n in (1, 2)] == ["1 is", "2 are"]


def test_a_crash_in_a_loop_is_said_in_words_of_ours_only():
    lines = safe_start_lines("p\x1bterm", 3, ["--no-plugins", "\x1b[2J"])
    assert lines == (
        "p\\x1bterm crashed 3 times within 10 minutes.",
        "It can be started with: --no-plugins \\x1b[2J",
        "Type y and Enter to start p\\x1bterm so (Enter alone: don't): ",
    )
    assert (
        "the same crash as in report 0123abcd"
        in again(SUBJECT, before="0123abcd" + "0" * 24, deaths=1).lower()
    )
    assert "3 crashes within 10 minutes" in again(SUBJECT, before="", deaths=3)


def test_yes_agrees_to_no_report():
    assert consequences(Answer.YES) == consequences(Answer.UNANSWERED)
