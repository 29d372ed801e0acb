import struct

import pytest

from scrubbers.words import (
    DEFACED,
    Ranges,
    preceded_by_call,
    sanitize_register,
    sanitize_stack,
)

STACK = (0x7FFC_0000_0000, 0x7FFC_0010_0000)
CODE = Ranges([(0x40_0000, 0x50_0000), (0x7F00_0000_0000, 0x7F00_0010_0000)])


def sanitize(words, *, sp=STACK[0], at=STACK[0], returns=(), address_bits=64):
    data = struct.pack(f"<{len(words)}Q", *words)
    out = sanitize_stack(
        data,
        at,
        sp,
        own_stack=STACK,
        executable=CODE,
        is_return_address=set(returns).__contains__,
        address_bits=address_bits,
    )
    assert len(out) == len(data)
    return list(struct.unpack(f"<{len(words)}Q", out))


@pytest.mark.parametrize(
    ("word", "kept"),
    [
        (0, True),
        (4095, True),
        (4096, False),
        (2**64 - 1, True),
        (2**64 - 4095, True),
        (2**64 - 4096, False),
        (STACK[0], True),
        (STACK[1] - 1, True),
        (STACK[1], False),
        (0x7F00_0000_0000, True),
        (0x7F00_0010_0000, False),
        (0x40_1234, False),
        (int.from_bytes(b"alice/pr", "little"), False),
    ],
)
def test_a_word_stays_only_if_it_says_nothing(word, kept):
    assert sanitize([word]) == [word if kept else DEFACED]


def test_below_four_gib_only_return_addresses_stay():
    assert sanitize([0x40_1234, 0x40_1235], returns=[0x40_1234]) == [
        0x40_1234,
        DEFACED,
    ]


RETURN = 0x7F00_0000_4320
SIGNATURE = 0xA5 << 56 | 0x2A << 48


def test_of_a_signed_return_address_the_address_stays():
    signed = RETURN | SIGNATURE
    assert sanitize([signed], returns=[RETURN], address_bits=48) == [RETURN]
    assert sanitize([signed], returns=[RETURN]) == [DEFACED]
    assert sanitize([signed + 4], returns=[RETURN], address_bits=48) == [DEFACED]
    kernels = signed | 1 << 55
    assert sanitize([kernels], returns=[RETURN], address_bits=48) == [DEFACED]


def test_a_signature_says_nothing_of_data():
    """The upper bytes of a text may be any: only what a call pushed is looked for."""
    word = STACK[0] + 64 | SIGNATURE
    assert sanitize([word], returns=[RETURN], address_bits=48) == [DEFACED]


def test_bytes_below_the_stack_pointer_become_zero_up_to_the_next_word():
    assert sanitize([7, 8, 9, 10], sp=STACK[0] + 9) == [0, 0, 9, 10]


def test_a_stack_pointer_beyond_the_data_leaves_nothing():
    assert sanitize([7, 8], sp=STACK[1]) == [0, 0]


@pytest.mark.parametrize("lead", range(8))
def test_partial_words_at_either_end_become_zero(lead):
    data = b"\x01" * lead + struct.pack("<Q", 5) + b"zoe"
    out = sanitize_stack(
        data,
        STACK[0] + (-lead % 8),
        0,
        own_stack=STACK,
        executable=CODE,
        is_return_address=lambda _: False,
    )
    assert out == bytes(lead) + struct.pack("<Q", 5) + bytes(3)


def test_registers_follow_the_same_rule():
    rule = {
        "own_stack": STACK,
        "executable": CODE,
        "is_return_address": lambda _: False,
    }
    assert sanitize_register(12, **rule) == 12
    assert sanitize_register(-12, **rule) == 2**64 - 12
    assert sanitize_register(0x6563_696C_6120_7069, **rule) == DEFACED


def test_ranges_join_what_overlaps_and_know_their_edges():
    ranges = Ranges([(30, 40), (10, 20), (20, 25), (12, 15), (50, 50)])
    assert list(ranges) == [(10, 25), (30, 40)]
    assert len(ranges) == 2
    expected = {*range(10, 25), *range(30, 40)}
    assert {at for at in range(60) if at in ranges} == expected
    assert not Ranges().contains(0)


@pytest.mark.parametrize(
    "code",
    [
        "e8 01 02 03 04",
        "ff d0",
        "41 ff d3",
        "ff 10",
        "ff 14 24",
        "ff 50 08",
        "ff 54 24 08",
        "ff 15 01 02 03 04",
        "ff 90 01 02 03 04",
        "ff 94 24 01 02 03 04",
        "ff 14 25 01 02 03 04",
    ],
)
def test_every_length_of_an_x86_call_is_seen(code):
    assert preceded_by_call(b"\x90" * 8 + bytes.fromhex(code))


@pytest.mark.parametrize(
    "code", ["", "90", "ff", "ff e0", "ff 25 01 02 03 04", "e9 01 02 03 04", "ff 14"]
)
def test_jumps_and_scraps_are_no_calls(code):
    assert not preceded_by_call(bytes.fromhex(code))


@pytest.mark.parametrize(
    ("instruction", "is_call"),
    [
        (0x9400_0001, True),
        (0x97FF_FFFF, True),
        (0xD63F_0100, True),
        (0xD63F_0BFF, True),
        (0xD73F_0821, True),
        (0x1400_0001, False),
        (0xD61F_0100, False),
        (0xD65F_03C0, False),
    ],
)
def test_aarch64_calls(instruction, is_call):
    code = struct.pack("<I", instruction)
    assert preceded_by_call(code, "aarch64") is is_call


def test_an_unknown_machine_has_no_calls():
    assert not preceded_by_call(b"\xe8\x00\x00\x00\x00", "riscv64")
