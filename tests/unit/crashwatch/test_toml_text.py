"""Where a key stands in a TOML text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashwatch.errors import ConfigurationError
from crashwatch.toml_faults import line_of
from crashwatch.toml_text import Settings


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("key = 1", 1),
        ("# key = 1\nkey = 1", 2),
        ('a = """\nkey = 1\n"""\nkey = 1', 4),
        ("a = 'key = 1'\n\n'key' = 1", 3),
        ("a = [\n'key',\n]\nkey = [\n1,\n]", 4),
        ("[other]\nkey = 1\n[key]\na = 1", 3),
        ("key.one = 1\nkey.two = 2", 1),
        ("other = 1", 0),
        ('"\\u006bey" = 1', 0),
    ],
)
def test_the_line_of_a_key(text, line):
    assert line_of(text, "key") == line


def test_a_key_with_control_characters_is_not_repeated():
    settings = Settings('"a\\u001b[2J" = 1', "f")
    with pytest.raises(ConfigurationError, match=r"^f: a key is not a setting$"):
        settings.refuse_others()


def test_flags():
    assert Settings("a = true", "f").flag("a") is True
    assert Settings("", "f").flag("a") is None
    with pytest.raises(ConfigurationError, match="must be true or false"):
        Settings("a = 1", "f").flag("a")


@given(st.text(alphabet="ab=\n[]\"'#.1 {},\x00\x1b", max_size=60))
def test_any_text_is_settings_or_one_printable_line(text):
    said = "nothing"
    try:
        Settings(text, "f").refuse_others()
    except ConfigurationError as error:
        said = str(error)
    assert said.isprintable()
