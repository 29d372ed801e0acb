"""Any content comes back from its frame; torn frames and any bytes harm nobody."""

import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.spool.at_rest import packed, unpacked
from tests.fuzz.at_rest import LIMIT, TARGET
from tests.fuzz.spool_entry import TARGET as ENTRY

FRAMES = [
    packed(b""),
    packed(b'{"schema":1,"category":"crash"}' * 30),
    packed(bytes(LIMIT)),
    zstandard.ZstdCompressor().compress(bytes(1 << 24)),
    zstandard.ZstdCompressor(write_content_size=False).compress(bytes(99)),
]


@given(st.binary(max_size=5000))
def test_content_comes_back(data):
    assert unpacked(packed(data), len(data)) == data


@given(st.sampled_from(FRAMES), st.integers(0, 90), st.integers(0, 9), st.binary())
@settings(max_examples=300)
def test_a_torn_frame_holds_the_invariant(frame, at, cut, insert):
    TARGET(frame)
    TARGET(frame[:at] + insert + frame[at + cut :])


@given(st.binary(max_size=60))
def test_any_bytes_behind_the_magic_hold_it(data):
    TARGET(b"\x28\xb5\x2f\xfd" + data)


@given(st.binary(max_size=60))
@settings(max_examples=50)
def test_any_bytes_in_an_entry_are_a_report_or_damage(data):
    ENTRY(data)
