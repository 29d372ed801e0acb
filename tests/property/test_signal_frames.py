"""Signal frames at any place among any bytes; the invariant of the fuzz target."""

import struct
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crashwatch.linux.signal_frame import find_signal_frames
from reports.snapshot import Architecture, MemoryBlock
from tests.doubles.synthetic_frame import RESTORER_AT, amd64_frame, arm64_stack
from tests.fuzz.signal_frame import TARGET

WORD = st.integers(0, (1 << 64) - 1)
AMD64 = "r8 r9 r10 r11 r12 r13 r14 r15 rdi rsi rbp rbx rdx rax rcx rip"
NAMES = AMD64.split()
SEARCHED = 256 * 1024
"""Bytes above a handler's stack pointer that are searched at most."""


def is_restorer(address: int) -> bool:
    return address == RESTORER_AT


@given(st.binary(max_size=8192))
@example(bytes(8) + amd64_frame(8, {"rip": 3}))
@example(bytes(8) + arm64_stack(0, [3] * 34))
def test_any_stack_is_searched_within_bounds(data: bytes):
    TARGET(data)


@given(st.binary(max_size=64), st.integers(0, 439), st.integers(0, 255))
def test_any_damage_to_a_frame_too(extra: bytes, where: int, value: int):
    frame = bytearray(amd64_frame(8, {"rip": 3}))
    frame[where] = value
    TARGET(bytes(8) + bytes(frame) + extra)


def test_a_megabyte_takes_less_than_a_second():
    TARGET(bytes(1 << 20))
    TARGET((amd64_frame(8, {"rip": 3}) + bytes(8)) * ((1 << 20) // 448))
    TARGET(arm64_stack(0, [3] * 34) * ((1 << 20) // 4816))


@pytest.mark.parametrize("architecture", list(Architecture))
def test_as_much_as_is_searched_takes_little_memory(architecture):
    """Not the whole target: it bounds its time, which measuring memory multiplies."""
    unit = amd64_frame(8, {"rip": 3}) + bytes(8)
    stack = MemoryBlock(0, unit * (SEARCHED // len(unit)))
    tracemalloc.start()
    tuple(find_signal_frames(architecture, stack, lambda word: word % 3 == 0))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64 * SEARCHED


@given(
    st.integers(0, 1 << 40).map(lambda n: 16 * n),
    st.lists(st.integers(0, 1 << 30), max_size=200),
    st.dictionaries(st.sampled_from(NAMES), WORD),
    WORD,
)
def test_an_amd64_frame_below_any_words_is_found(base, words, registers, cr2):
    below = struct.pack(f"<{len(words)}Q", *words)
    if len(words) % 2 == 0:
        below += bytes(8)
    frame = amd64_frame(base + len(below), registers, cr2=cr2, trap=14)
    stack = MemoryBlock(base, below + frame + bytes(64))
    (found,) = find_signal_frames(Architecture.AMD64, stack, is_restorer)
    for name, value in registers.items():
        assert found.general[name] == value
    assert (found.trap, found.error, found.fault_address) == (14, 4, cr2)
    assert (found.general["cs"], found.general["ss"]) == (0x33, 0x2B)


@given(
    st.integers(0, 1 << 40).map(lambda n: 16 * n),
    st.lists(WORD, min_size=34, max_size=34),
    WORD,
    st.integers(0, 0xFFFF),
)
def test_an_arm64_frame_is_found(base, registers, fault_address, signature):
    data = arm64_stack(
        base, registers, fault_address=fault_address, signature=signature
    )
    stack = MemoryBlock(base, data)
    (found,) = find_signal_frames(Architecture.ARM64, stack, is_restorer)
    assert list(found.general.values()) == registers
    assert list(found.general)[-3:] == ["sp", "pc", "pstate"]
    assert found.fault_address == fault_address
    assert found.trap == -1
    vectors = bytes(range(256)) * 2
    assert found.floating == vectors + struct.pack("<II", 0x10, 0x20) + bytes(8)
