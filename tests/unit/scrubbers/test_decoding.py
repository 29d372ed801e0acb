import pytest

from scrubbers.decoding import decoded, hidden_texts, plain


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("%7Eb", "~b"),
        ("zo%C3%AB!", "zoë!"),
        ("zo\\xeb!", "zoë!"),
        ("zo\\xc3\\xab!", "zoë!"),
        ("zo\\303\\253!", "zoë!"),
        ("\\u540d\\u5b57", "名字"),
        ("\\ud83d\\ude00", "😀"),
        ("\\U0001f600", "😀"),
        ("\\u{1f600}", "😀"),
        ("&#x7a;&amp;", "z&"),
        ('\\"a\\/b\\\\', '"a/b\\'),
        ("=C3=AB", "ë"),
    ],
)
def test_escapes_are_undone(text, read):
    assert decoded(text).text == read


def test_every_character_knows_where_it_came_from():
    view = decoded("a%C3%ABb\\u540dc")
    assert view.text == "aëb名c"
    assert view.origin(1, 2) == (1, 7)
    assert view.origin(2, 4) == (7, 14)


def test_nothing_escaped_is_no_view():
    assert decoded("100 % sure \\ & more") is None


def test_invisible_and_wide_characters_are_seen_through():
    view = plain("a\u200bｂ")  # noqa: RUF001 - a pattern or table reads better whole
    assert view.text == "ab"
    assert view.origin(0, 1) == (0, 2)
    assert plain("ascii") is None


def test_base64_and_hexadecimal_text_is_read():
    assert "alice" in hidden_texts("YWxpY2U=")
    assert "alice" in hidden_texts("616c696365")
    assert hidden_texts("5b8e4f2a9c1d3e7f") == []
