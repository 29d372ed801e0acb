"""Module files of any content; the invariant of the fuzz target, and its seeds."""

from __future__ import annotations

import os
import random
import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.doubles.synthetic_code import CODE, TABLE
from tests.fuzz.eh_frame import PARTS, TARGET, WHOLE

WAYS = len(PARTS) + 3
CASES = int(os.environ.get("CRASHWATCH_FUZZ_CASES", "400"))
EVERYTHING = struct.pack("<IBBHQQ", 1, 0x12, 0, 1, 0, 2**64 - 1)
DEEP = b"\x0a\x0b" * 120
SEEDS = {
    "symbols that hold everything": b"\x05" + EVERYTHING * 190,
    "a table that is longer than the file": (
        b"\x03" + b"\x01\x1b\x03\x3b" + bytes(4) + b"\xff" * 4
    ),
    "a table of eight-byte entries": b"\x03\x01\x1b\x03\x3c" + bytes(400),
    "a record of four gigabytes": b"\x04" + b"\xff" * 64,
    "states in and out": bytes([len(PARTS)]) + DEEP,
    "an endless expression": bytes([len(PARTS) + 1]) + b"\x2f\xfd\xff",
    "the whole file": bytes([len(PARTS) + 2]) + WHOLE,
    "half of it": bytes([len(PARTS) + 2]) + WHOLE[: len(WHOLE) // 2],
    "a loop of frames": b"\x00" + struct.pack("<Q", 0x7F00_0000_0000 + CODE) * 100,
    "segments of two to the sixty-fourth": b"\x01" + b"\xff" * 168,
}


@pytest.mark.parametrize("seed", SEEDS.values(), ids=SEEDS)
def test_seeds(seed):
    TARGET(seed)


@given(st.integers(0, WAYS - 1), st.binary(max_size=512))
@example(0, b"")
def test_any_bytes_in_any_place(way, data):
    TARGET(bytes([way]) + data)


@given(
    st.lists(
        st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), max_size=12
    )
)
def test_a_whole_file_with_some_bytes_changed(changes):
    file = bytearray(WHOLE)
    for at, value in changes:
        file[at] = value
    TARGET(bytes([len(PARTS) + 2]) + bytes(file))


def test_many_changes_where_it_matters():
    """More with CRASHWATCH_FUZZ_CASES: headers, table, records and symbols changed."""
    choose = random.Random(7)
    spans = [(0, 240), (0x400, 64), (TABLE, 48), (0x3800, 128), (0x5000, 64)]
    spans += [(0x7000, 400)]
    for _ in range(CASES):
        file = bytearray(WHOLE)
        for _ in range(choose.randint(1, 6)):
            start, size = choose.choice(spans)
            width = choose.choice((1, 1, 2, 4, 8))
            at = start + choose.randrange(size)
            value = choose.choice((0, 1, 2**63 - 1, 2**64 - 1, choose.getrandbits(64)))
            file[at : at + width] = (value % 2 ** (8 * width)).to_bytes(width, "little")
        TARGET(bytes([len(PARTS) + 2]) + bytes(file))
