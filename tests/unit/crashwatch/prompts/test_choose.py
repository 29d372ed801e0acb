"""Terminal or nobody."""

from __future__ import annotations

import itertools
import os

import pytest

from crashwatch.prompts.choose import Face, Facts, choose_face, look

PERSON = Facts(
    headless=False,
    automated=False,
    source_is_terminal=True,
    screen_is_terminal=True,
    foreground=True,
    plain=False,
    display=False,
)


def test_a_person_at_a_terminal_is_asked():
    assert choose_face(PERSON)[0] is Face.TERMINAL
    assert choose_face(PERSON._replace(plain=True)).plain


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"headless": True}, "headless mode never asks"),
        ({"automated": True}, "this is a build server"),
        ({"source_is_terminal": False}, "the input is not a terminal"),
        ({"screen_is_terminal": False}, "the output is not a terminal"),
        ({"foreground": False}, "another job has the terminal"),
    ],
)
def test_each_reason_alone_is_enough(change, why):
    assert choose_face(PERSON._replace(**change))[:2] == (Face.UNATTENDED, why)


@pytest.mark.parametrize(
    "change",
    [
        {"source_is_terminal": False},
        {"screen_is_terminal": False},
        {"foreground": False},
    ],
)
def test_where_the_terminal_cannot_be_used_a_window_is_opened(change):
    person = PERSON._replace(display=True, **change)
    assert choose_face(person).face is Face.WINDOW
    assert choose_face(person._replace(headless=True)).face is Face.UNATTENDED
    assert choose_face(person._replace(automated=True)).face is Face.UNATTENDED


def test_over_all_facts_only_that_person_is_asked():
    asked = [
        facts
        for values in itertools.product([False, True], repeat=len(Facts._fields))
        if choose_face(facts := Facts(*values)).face is Face.TERMINAL
    ]
    assert asked == [
        PERSON._replace(plain=plain, display=display)
        for plain in (False, True)
        for display in (False, True)
    ]


def test_pipes_are_no_terminal():
    source, screen = os.pipe()
    try:
        facts = look({}, source=source, screen=screen, headless=False)
    finally:
        os.close(source)
        os.close(screen)
    assert not facts.source_is_terminal
    assert not facts.foreground


@pytest.mark.parametrize(
    ("environment", "automated", "plain"),
    [
        ({"TERM": "xterm"}, False, False),
        ({"TERM": "xterm", "CI": "true"}, True, False),
        ({"TERM": "xterm", "CI": "false"}, False, False),
        ({"TERM": "dumb"}, False, True),
        ({}, False, True),
        ({"TERM": "xterm", "CRASHWATCH_PLAIN": "1"}, False, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False, False),
    ],
)
def test_what_the_environment_says(environment, automated, plain):
    master, slave = os.openpty()
    try:
        facts = look(environment, source=slave, screen=slave, headless=False)
    finally:
        os.close(master)
        os.close(slave)
    assert facts.source_is_terminal
    assert facts.screen_is_terminal
    # It is a terminal, but not the one this process belongs to.
    assert not facts.foreground
    assert (facts.automated, facts.plain) == (automated, plain)
