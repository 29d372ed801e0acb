"""Register sets by name."""

import struct

import pytest

from crashwatch.linux.registers import (
    REGISTER_SETS,
    RegisterSetError,
    general_names,
    parse_floating,
    parse_general,
)
from reports.snapshot import Architecture, Registers

# Byte offsets in <sys/user.h> and <asm/ptrace.h>, as a C program prints them.
AMD64_OFFSETS = {"r15": 0, "rbp": 32, "rax": 80, "orig_rax": 120, "rip": 128}
AMD64_OFFSETS |= {"cs": 136, "eflags": 144, "rsp": 152, "fs_base": 168, "gs": 208}
ARM64_OFFSETS = {"x0": 0, "x29": 232, "x30": 240, "sp": 248, "pc": 256, "pstate": 264}


@pytest.mark.parametrize(
    ("architecture", "size", "offsets"),
    [
        (Architecture.AMD64, 216, AMD64_OFFSETS),
        (Architecture.ARM64, 272, ARM64_OFFSETS),
    ],
)
def test_words_are_where_the_header_has_them(architecture, size, offsets):
    data = struct.pack(f"<{size // 8}Q", *range(1000, 1000 + size // 8))
    general = parse_general(architecture, data)
    assert len(general) == size // 8
    for name, offset in offsets.items():
        assert general[name] == 1000 + offset // 8
    registers = Registers(architecture, general)
    pointers = ("rip", "rsp") if architecture is Architecture.AMD64 else ("pc", "sp")
    assert registers.instruction_pointer == general[pointers[0]]
    assert registers.stack_pointer == general[pointers[1]]


@pytest.mark.parametrize("architecture", list(Architecture))
@pytest.mark.parametrize("size", [0, 68, 215, 217, 273])
def test_another_size_is_refused(architecture, size):
    with pytest.raises(RegisterSetError, match="64-bit"):
        parse_general(architecture, bytes(size))
    with pytest.raises(RegisterSetError, match="size"):
        parse_floating(architecture, bytes(size))


def test_the_floating_point_set_stays_as_it_is():
    data = bytes(range(256)) * 2
    assert parse_floating(Architecture.AMD64, data) == data


@pytest.mark.parametrize("architecture", list(Architecture))
def test_sizes_fit_names(architecture):
    names = general_names(architecture)
    assert REGISTER_SETS[architecture].general == 8 * len(names)
    assert len(set(names)) == len(names)
