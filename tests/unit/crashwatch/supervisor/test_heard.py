"""What a client told: kept up to a limit, and whatever it says, nothing fails."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashwatch.client.inside.messages import FIELD, encode
from crashwatch.supervisor.heard import MOST_MESSAGES, Heard, number_of
from crashwatch.supervisor.raised_exceptions import raised_exceptions

FRAME = [["exception", "main", "MainThread"], ["!", "builtins", "KeyError", "-", ""]]


def test_messages_are_kept_and_a_wish_is_none_of_them():
    heard = Heard()
    assert heard.take(encode([["hello", "3.11"]])) == [["hello", "3.11"]]
    assert heard.take(encode([["fault", "7"]])) is None
    assert (heard.messages, heard.fault_wish) == ([[["hello", "3.11"]]], 7)
    assert heard.raw == [encode([["hello", "3.11"]])]
    heard.take(encode([["fault", "-"]]))
    assert heard.fault_wish is None


def test_no_more_than_so_many_are_kept_and_the_last_wish_holds():
    heard = Heard()
    for _ in range(MOST_MESSAGES + 3):
        heard.take(encode([["exception", "main", "MainThread"]]))
    heard.take(encode([["fault", "9"]]))
    assert len(heard.messages) == len(heard.raw) == MOST_MESSAGES
    assert heard.fault_wish == 9


@pytest.mark.parametrize("data", [b"\xff", b"x" * 60_000])
def test_what_is_no_message_is_left_out(data):
    heard = Heard()
    assert heard.take(data) is None
    assert heard.messages == []


@pytest.mark.parametrize("text", ["", "-", "-1", "\u0663", "1e3", "0x7", "9" * 5000])
def test_what_is_no_number_of_ours_is_none(text):
    assert number_of(text) is None
    heard = Heard()
    # Not by ``encode``, which cuts: anything in the terminal may write to the socket.
    heard.take(f"fault{FIELD}{text}".encode())
    assert heard.fault_wish is None


def test_a_line_of_thousands_of_digits_costs_its_frame_and_no_report():
    frames = [["@", "/app/a.py", "9" * 5000, "fall"], ["@", "/app/a.py", "3", "main"]]
    ((where, raised),) = raised_exceptions([[*FRAME, *frames]])
    assert (where, raised.name) == ("main", "KeyError")
    assert [frame.function for frame in raised.frames] == ["main"]


WORDS = st.sampled_from(["exception", "main", "!", "~", "@", "fault", "message", "3"])
FIELDS = st.one_of(WORDS, st.from_regex(r"[0-9]{1,6000}", fullmatch=True), st.text())


@given(st.lists(st.lists(FIELDS, min_size=1, max_size=6), min_size=1, max_size=9))
def test_whatever_a_message_says_it_is_read(records):
    list(raised_exceptions([records]))
