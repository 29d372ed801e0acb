"""Whatever is said at the door of the children."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.child_door import TARGET, WORD

FIELDS = st.one_of(
    st.sampled_from([b"child", WORD, b"hello", b"", b"0" * 32]),
    st.integers().map(lambda number: b"%d" % number),
    st.binary(max_size=40),
)
SAID = st.lists(FIELDS, max_size=8).map(b"\x1f".join)
SEEDS = [
    b"",
    b"child",
    b"\x1f".join([b"child", WORD, b"1", b"1", b"700"]),
    b"\x1f".join([b"child", WORD, b"1", b"9" * 30, b"-1"]),
    b"\x1f".join([b"child", WORD, b"1", b"\xd9\xa3", b"7"]),
    b"\x1f".join([b"child", b"0" * 32, b"1", b"1", b"700"]),
    b"child\x1f" + b"x" * 50_000,
]


@pytest.mark.parametrize("seed", SEEDS)
def test_seeds(seed: bytes) -> None:
    TARGET(seed)


@given(SAID)
def test_anything(said: bytes) -> None:
    TARGET(said)
