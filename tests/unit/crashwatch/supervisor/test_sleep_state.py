"""What is remembered over a sleep comes back as it was, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashwatch.supervisor.sleep_state import (
    LISTS,
    NUMBERS,
    TEXTS,
    SleepState,
    StateError,
    decode_state,
    encode_state,
    tty_attributes,
    tty_text,
)

FIELDS = {
    **dict.fromkeys(NUMBERS, st.integers(-(2**63), 2**64 - 1)),
    **dict.fromkeys(TEXTS, st.binary(max_size=50)),
    **dict.fromkeys(LISTS, st.lists(st.binary(max_size=50), max_size=4).map(tuple)),
}


def filled(values: dict[str, object]) -> SleepState:
    state = SleepState()
    for name, value in values.items():
        setattr(state, name, value)
    return state


@given(st.fixed_dictionaries(FIELDS))
def test_everything_comes_back(values: dict[str, object]) -> None:
    read = decode_state(encode_state(filled(values)))
    assert {name: getattr(read, name) for name in FIELDS} == values


def test_every_field_is_kept() -> None:
    declared = {name for name in vars(SleepState) if not name.startswith("_")}
    assert declared == {*NUMBERS, *TEXTS, *LISTS}


@given(st.binary(max_size=200), st.integers(0, 400))
def test_damage_is_refused_or_means_less(tail: bytes, cut: int) -> None:
    data = encode_state(SleepState())
    for damaged in (data[:cut] + tail, data + tail, tail):
        try:
            decode_state(damaged)
        except StateError:
            continue


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"crashwatch sleep 2\n",
        b"crashwatch sleep 1\nnew 1\n1\n",
        b"crashwatch sleep 1\npid 1\nx\n",
        b"crashwatch sleep 1\npid 9\n1\n",
        b"crashwatch sleep 1\npid\n1\n",
        b"crashwatch sleep 1\npid 1",
    ],
)
def test_another_format_is_refused(data: bytes) -> None:
    with pytest.raises(StateError):
        decode_state(data)


@pytest.mark.parametrize(
    "attributes",
    [None, [1, 2, 3, 4, 15, 15, [b"\x03", b"\x00", b"\xff", 1, 0]]],
)
def test_attributes_of_a_terminal(attributes: list[object] | None) -> None:
    assert tty_attributes(tty_text(attributes)) == attributes
