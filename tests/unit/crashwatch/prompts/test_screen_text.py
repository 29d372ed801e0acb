"""Foreign text on a terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashwatch.prompts.screen_text import columns_of, escaped, escaped_bytes, shortened


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, with äöü and 漢字", "plain, with äöü and 漢字"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\nb\tc\r", "a\\x0ab\\x09c\\x0d"),
        ("\x7f\x9b\x85", "\\x7f\\x9b\\x85"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\u2066\u200b\u2028\ufeff", "\\u2066\\u200b\\u2028\\ufeff"),
        ("\ud800", "\\ud800"),
        ("a\u00a0b\u3000", "a\\xa0b\\u3000"),
        ("\U000e0041", "\\U000e0041"),
        ("", ""),
    ],
)
def test_escapes(text, shown):
    assert escaped(text) == shown


def test_bytes_that_are_no_text_are_shown():
    assert escaped_bytes(b"a\xff\x1b\xc3\xa4") == "a\\xff\\x1bä"


@given(st.text(alphabet=st.characters(), max_size=50))
def test_nothing_commands_the_screen_and_escaping_twice_changes_nothing(text):
    shown = escaped(text)
    kinds = {unicodedata.category(character) for character in shown if character != " "}
    assert not kinds & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}
    assert escaped(shown) == shown


@given(st.text(alphabet=st.characters(), max_size=50), st.integers(3, 30))
def test_shortened_text_is_never_longer(text, most):
    shown = shortened(text, most)
    assert len(shown) <= most
    assert escaped(shown) == shown
    if len(escaped(text)) <= most:
        assert shown == escaped(text)


@pytest.mark.parametrize(
    ("text", "columns"), [("", 0), ("abc", 3), ("äöü", 3), ("漢字", 4), ("a漢", 3)]
)
def test_columns(text, columns):
    assert columns_of(text) == columns
