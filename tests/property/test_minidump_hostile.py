"""Whatever the bytes: a value or MinidumpError."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reports.minidump import write_minidump
from reports.sanitize import sanitize
from scrubbers import Identity
from tests.doubles.sample_snapshot import sample
from tests.doubles.synthetic_minidump import SyntheticMinidump, small_dump
from tests.fuzz.minidump_reader import TARGET

OURS = write_minidump(sanitize(sample(), identity=Identity()), {"release": "a"}, b"[]")
SEEDS = [OURS, small_dump().build()]
NUMBERS = [0, 3, 4, 5, 6, 7, 9, 15, 16, 24, 0x43500001, 0x43570001, 0x4D7A0004]
LINUX = range(0x47670003, 0x4767000B)
EDGES = st.sampled_from([0, 1, 31, 32, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF])


@given(st.binary(max_size=400))
def test_any_bytes(data):
    TARGET(data)
    TARGET(b"MDMP\x93\xa7\0\0" + data)


@given(
    st.sampled_from(SEEDS),
    st.lists(
        st.tuples(st.integers(0, 2**16), EDGES | st.integers(0, 2**32 - 1)), max_size=8
    ),
    st.integers(0, 2**16),
)
def test_our_dumps_and_others_changed_and_cut(seed, changes, length):
    raw = bytearray(seed)
    for offset, value in changes:
        at = offset % (len(raw) - 4)
        raw[at : at + 4] = value.to_bytes(4, "little")
    TARGET(bytes(raw[: max(32, length)]))
    TARGET(bytes(raw))


@given(
    st.lists(
        st.tuples(st.sampled_from([*NUMBERS, *LINUX]), st.binary(max_size=120)),
        max_size=6,
    )
)
def test_any_bytes_as_any_stream(streams):
    dump = SyntheticMinidump()
    dump.system()
    for number, data in streams:
        dump.stream(number, data)
    TARGET(dump.build())
