import re

import pytest

from scrubbers.rule import Span, Subject, is_scrubbed, merge, pattern_rule, replace


def test_overlapping_spans_merge_and_the_longest_names_them():
    spans = [Span(0, 4, "a", "<a>"), Span(2, 9, "b", "<b>"), Span(9, 10, "c", "<c>")]
    assert merge(spans) == [Span(0, 9, "b", "<b>"), Span(9, 10, "c", "<c>")]


def test_replacing_keeps_what_is_between():
    assert replace("0123456789", [Span(2, 4, "a", "<a>")]) == "01<a>456789"


def test_a_placeholder_is_not_found_again():
    rule = pattern_rule("x", "<secret>", r"key=(?P<v>\S+)")
    assert list(rule.spans(Subject("key=<secret>"))) == []
    assert len(list(rule.spans(Subject("key=<secret>hunter2")))) == 1


def test_a_pattern_is_compiled_when_it_is_first_asked():
    rule = pattern_rule("x", "<x>", "(")
    with pytest.raises(re.error):
        list(rule.spans(Subject("(")))


def test_only_placeholders_and_punctuation_count_as_scrubbed():
    assert is_scrubbed("<home>/<path>")
    assert not is_scrubbed("<home>/x")
    assert not is_scrubbed("")


def test_the_lowered_text_has_the_length_of_the_text():
    assert len(Subject("İx").lowered) == 2
