"""A narrow screen: lines end between words and go on below where they belong."""

from hypothesis import given
from hypothesis import strategies as st

from crashwatch.cli.folding import NO_END, fold, refold
from crashwatch.cli.screen import Span, Tint, folded, text_of
from crashwatch.prompts.screen_text import columns_of
from reports.consent.disclosure import WIDTH, disclosure_text

LINES = st.text("ab é名 ", max_size=200)
WIDTHS = st.integers(20, 100)


def test_what_fits_is_left_alone() -> None:
    assert fold("  two  columns ", 15) == "  two  columns "
    assert fold("x" * 300 + " y", NO_END) == "x" * 300 + " y"


def test_it_goes_on_below_its_column() -> None:
    text = "  usage        off  off until you allow it [default]"
    assert fold(text, 40).splitlines() == [
        "  usage        off  off until you allow",
        " " * 20 + "it [default]",
    ]


def test_without_columns_a_little_further_in() -> None:
    assert fold("   one two three four five six", 20).splitlines() == [
        "   one two three",
        "     four five six",
    ]


def test_a_long_word_has_a_line_of_its_own_and_stays_whole() -> None:
    path = "/" + "x" * 50
    assert fold(f"everything is in {path} now", 30).splitlines() == [
        "everything is in",
        f"  {path}",
        "  now",
    ]


@given(LINES, WIDTHS)
def test_no_word_is_broken_and_none_is_lost(text: str, columns: int) -> None:
    lines = fold(text, columns).split("\n")
    assert " ".join(lines).split() == text.split()
    for line in lines:
        assert columns_of(line.rstrip()) <= columns or len(line.split()) == 1


@given(st.lists(st.tuples(LINES, st.sampled_from(Tint)), max_size=5), WIDTHS)
def test_colours_stay_with_their_words(
    spans: list[tuple[str, Tint]], columns: int
) -> None:
    whole = tuple(Span(text, tint) for text, tint in spans)
    lines = list(folded(whole, columns))
    assert "\n".join(map(text_of, lines)) == fold(text_of(whole), columns)
    coloured = [
        (letter, span.tint)
        for line in lines
        for span in line
        for letter in span.text
        if letter != " "
    ]
    assert coloured == [
        (letter, span.tint) for span in whole for letter in span.text if letter != " "
    ]


def test_what_was_wrapped_is_wrapped_anew() -> None:
    text = "HEAD\n  one two three\n  four\n\n    key  value one\n         two"
    assert refold(text, 17, 14).splitlines() == [
        "HEAD",
        "  one two",
        "  three four",
        "",
        "    key  value",
        "      one two",
    ]
    assert refold(text, 17, 17) == text


def test_the_disclosure_breaks_no_word_on_a_narrow_screen() -> None:
    shown = refold(disclosure_text(), WIDTH, 40)
    assert shown.split() == disclosure_text().split()
    assert max(map(len, shown.splitlines())) <= 40
