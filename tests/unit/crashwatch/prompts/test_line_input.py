"""A line typed byte by byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashwatch.prompts.line_input import LONGEST, Ended, Typed, press


def type_all(data):
    """The line, what was shown, and how it ended."""
    typed, shown = Typed(), ""
    for byte in data:
        typed, echo, ended = press(typed, byte)
        shown += echo
        if ended is not None:
            return typed, shown, ended
    return typed, shown, None


@pytest.mark.parametrize(
    ("data", "typed", "ended"),
    [
        (b"\r", Typed(), Ended.ENTER),
        (b"\n", Typed(), Ended.ENTER),
        (b"s\r", Typed("s"), Ended.ENTER),
        (b"Send\r", Typed("Send"), Ended.ENTER),
        (b"a\x7fn\r", Typed("n"), Ended.ENTER),
        (b"a\x08n\r", Typed("n"), Ended.ENTER),
        (b"always\x15n\r", Typed("n"), Ended.ENTER),
        (b"\x7f\x7f\r", Typed(), Ended.ENTER),
        (b"\x03", Typed(), Ended.INTERRUPT),
        (b"a\x03", Typed("a"), Ended.INTERRUPT),
        (b"\x1c", Typed(), Ended.INTERRUPT),
        (b"\x1a", Typed(), Ended.INTERRUPT),
        (b"\x04", Typed(), Ended.END),
        (b"a\x04\r", Typed("a"), Ended.ENTER),
        (b"\x1b[A\r", Typed("", spoiled=True), Ended.ENTER),
        (b"s\x1b[A\r", Typed("s", spoiled=True), Ended.ENTER),
        (b"\x1b[A\x15s\r", Typed("s"), Ended.ENTER),
        (b"1\r", Typed("", spoiled=True), Ended.ENTER),
        (b"s \r", Typed("s", spoiled=True), Ended.ENTER),
        (b"s \x7f\r", Typed("", spoiled=True), Ended.ENTER),
        ("ä\r".encode(), Typed("", spoiled=True), Ended.ENTER),
        (b"\x00\r", Typed("", spoiled=True), Ended.ENTER),
        (b"a" * (LONGEST + 1) + b"\r", Typed("a" * LONGEST, True), Ended.ENTER),
        (b"no", Typed("no"), None),
    ],
)
def test_lines(data, typed, ended):
    assert type_all(data)[::2] == (typed, ended)


def test_only_letters_and_rubbing_out_are_shown():
    assert type_all(b"ab\x1b[\x7fc")[1] == "ab\b \b"
    assert type_all(b"ab\x15c\r")[1] == "ab\b \b\b \bc\n"


@given(st.binary(max_size=60))
def test_whatever_is_typed_shows_nothing_that_commands(data):
    typed, shown, _ = type_all(data)
    assert set(shown) <= set("\b \n").union(map(chr, range(65, 123)))
    assert typed.text == "" or typed.text.isalpha()
    assert len(typed.text) <= LONGEST
