"""A comment typed byte by byte, and what a screen shows of it."""

from __future__ import annotations

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashwatch.prompts.comment_input import Written, write
from crashwatch.prompts.line_input import Ended
from reports.crash_report import LONGEST_COMMENT
from tests.fuzz.comment_input import TARGET


def type_all(data, columns=80):
    """The comment, what was shown, and how it ended."""
    written, shown = Written(), ""
    for byte in data:
        written, echo, ended = write(written, byte, columns)
        shown += echo
        if ended is not None:
            return written, shown, ended
    return written, shown, None


@pytest.mark.parametrize(
    ("data", "text", "ended"),
    [
        (b"\r", "", Ended.ENTER),
        ("I split, ä 漢\r".encode(), "I split, ä 漢", Ended.ENTER),
        (b"a\tb\r", "a b", Ended.ENTER),
        (b"ab\x7fc\r", "ac", Ended.ENTER),
        ("ä\x7fb\r".encode(), "b", Ended.ENTER),
        (b"ab\x15c\r", "c", Ended.ENTER),
        (b"a\x1b[Db\x1bOPc\x1b[15~d\x1bxe\r", "abcde", Ended.ENTER),
        (b"a\xffb\xc3\xc3\xa4\r", "abä", Ended.ENTER),
        (b"a\x00\x07b\xe2\x80\xae\r", "ab", Ended.ENTER),
        (b"ab\x04c\r", "abc", Ended.ENTER),
        (b"a\x1b[" + b"1" * 40 + b"b\r", "a1111111111b", Ended.ENTER),
        (b"\x04", "", Ended.END),
        (b"ab\x03", "ab", Ended.INTERRUPT),
        (b"x" * 400 + b"\r", "x" * LONGEST_COMMENT, Ended.ENTER),
    ],
)
def test_lines(data, text, ended):
    written, _, how = type_all(data)
    assert (written.text, how) == (text, ended)


@given(st.binary(max_size=400))
def test_whatever_is_typed_commands_no_screen(data):
    TARGET(data)


# No wide letters: pyte does not take one that no longer fits to the next row.
WORDS = st.lists(st.sampled_from(["a", "b ", "ä", "\x7f", "\x15"]), max_size=60)


@given(WORDS, st.integers(4, 12))
def test_the_screen_shows_what_was_typed_whatever_was_rubbed_out(typed, columns):
    written, shown, _ = type_all("".join(typed).encode(), columns)
    screen = pyte.Screen(columns, 400)
    pyte.Stream(screen).feed(shown.replace("\n", "\r\n"))
    rows = "".join(screen.display[: screen.cursor.y + 1])
    assert rows.replace(" ", "").endswith(written.text.replace(" ", ""))
