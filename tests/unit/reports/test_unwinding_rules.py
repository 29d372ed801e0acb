"""Call frame programs, expressions and the numbers they are made of."""

from __future__ import annotations

import struct

import pytest

from reports.errors import UnwindingError
from reports.unwinding.call_frame_program import CallFrameProgram
from reports.unwinding.cursor import Cursor
from reports.unwinding.expression import evaluate
from reports.unwinding.rules import Kind, Rule


def program(code, place=0x1000, initial=b"\x0c\x07\x08\x90\x01"):
    run = CallFrameProgram(1, -8, 0x1B)
    run.run_initial(Cursor(initial))
    run.run(Cursor(code), 0x1000, place)
    return run


def stack(offset):
    return Rule(Kind.REGISTER_OFFSET, 7, offset)


@pytest.mark.parametrize(
    ("code", "place", "cfa"),
    [
        (b"\x41\x0e\x10", 0x1000, 8),
        (b"\x41\x0e\x10", 0x1001, 16),
        (b"\x41\x0e\x10\x02\x20\x0e\x08", 0x1020, 16),
        (b"\x41\x0e\x10\x02\x20\x0e\x08", 0x1021, 8),
        (b"\x03\x00\x01\x0e\x20", 0x1100, 32),
        (b"\x04\x00\x00\x01\x00\x0e\x20", 0x1100, 8),
        (b"\x0a\x0e\x40\x0b", 0x1000, 8),
        (b"\x13\x7e", 0x1000, 16),
        (b"\x2e\x10\x2d\x0e\x18", 0x1000, 24),
    ],
    ids=[
        *("before", "at", "inside", "after", "advance2", "advance4"),
        *("remember-restore", "signed-factored", "args-size-and-ra-state"),
    ],
)
def test_the_frame_s_address_at_a_place(code, place, cfa):
    assert program(code, place).cfa == stack(cfa)


@pytest.mark.parametrize(
    ("code", "register", "rule"),
    [
        (b"\x83\x02", 3, Rule(Kind.AT_CFA_OFFSET, -16)),
        (b"\x05\x03\x02", 3, Rule(Kind.AT_CFA_OFFSET, -16)),
        (b"\x11\x03\x7f", 3, Rule(Kind.AT_CFA_OFFSET, 8)),
        (b"\x2f\x03\x02", 3, Rule(Kind.AT_CFA_OFFSET, 16)),
        (b"\x14\x03\x02", 3, Rule(Kind.CFA_OFFSET, -16)),
        (b"\x15\x03\x7f", 3, Rule(Kind.CFA_OFFSET, 8)),
        (b"\x07\x03", 3, Rule(Kind.UNDEFINED)),
        (b"\x08\x03", 3, Rule(Kind.SAME)),
        (b"\x09\x03\x06", 3, Rule(Kind.REGISTER, 6)),
        (b"\x10\x03\x02\x77\x08", 3, Rule(Kind.AT_EXPRESSION, expression=b"\x77\x08")),
        (b"\x16\x03\x02\x77\x08", 3, Rule(Kind.EXPRESSION, expression=b"\x77\x08")),
        (b"\x07\x10\xd0", 16, Rule(Kind.AT_CFA_OFFSET, -8)),
        (b"\x07\x10\x06\x10", 16, Rule(Kind.AT_CFA_OFFSET, -8)),
    ],
)
def test_a_register_s_rule(code, register, rule):
    assert program(code).registers[register] == rule


def test_a_remembered_state_has_its_registers():
    found = program(b"\x83\x02\x0a\x83\x03\x86\x04\x0b").registers
    assert found[3] == Rule(Kind.AT_CFA_OFFSET, -16)
    assert 6 not in found


def test_restoring_a_register_without_a_rule_takes_its_rule_away():
    assert 3 not in program(b"\x83\x02\xc3").registers


def test_the_frame_s_address_moves_to_another_register():
    assert program(b"\x0d\x06").cfa == Rule(Kind.REGISTER_OFFSET, 6, 8)
    assert program(b"\x12\x06\x7e").cfa == Rule(Kind.REGISTER_OFFSET, 6, 16)
    assert program(b"\x0f\x02\x77\x08").cfa == Rule(
        Kind.EXPRESSION, expression=b"\x77\x08"
    )


@pytest.mark.parametrize(
    "code",
    [b"\x0b", b"\x0f\x01\x30\x0e\x08", b"\x3f", b"\x0e", b"\x0a" * 65, b"\x07\xff\x7f"],
    ids=["recall", "offset-of-expression", "unknown", "short", "deep", "register"],
)
def test_nonsense_is_refused(code):
    with pytest.raises(UnwindingError):
        program(code)


def value(code, first=None, registers=None, words=None):
    registers, words = registers or {}, words or {}
    return evaluate(bytes(code), register=registers.get, word=words.get, first=first)


def test_the_linkers_expression_for_a_procedure_linkage_table():
    # rsp + 8 + ((rip & 15) >= 11) * 8: behind the push in each 16-byte entry
    code = bytes.fromhex("77 08 80 00 3f 1a 3b 2a 33 24 22")
    assert value(code, registers={7: 0x1000, 16: 0x40A}) == 0x1008
    assert value(code, registers={7: 0x1000, 16: 0x40B}) == 0x1010


def test_glibc_s_expression_for_a_signal_frame():
    code = bytes.fromhex("77 a0 01 06")
    assert value(code, registers={7: 0x1000}, words={0x10A0: 0x7FFF}) == 0x7FFF


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("35 33 1c", 2), ("33 35 1c", 2**64 - 2), ("35 33 1e", 15), ("35 33 1d", 2),
        ("09 f9 33 1b", 2**64 - 2), ("35 1f 19", 5), ("30 20", 2**64 - 1),
        ("35 33 16 1c", 2**64 - 2), ("31 32 33 17 1c 1c", 4), ("31 32 14 1c 1c", 0),
        ("31 32 15 01 1c 1c", 0), ("31 12 22", 2), ("31 32 13", 1),
        ("0a 34 12", 0x1234), ("0b fe ff", 2**64 - 2), ("10 80 01", 128),
        ("11 7f", 2**64 - 1), ("31 23 10", 17),
        ("31 28 01 00 35 36", 6), ("30 28 01 00 35 36", 6), ("2f 01 00 35 36", 6),
        ("35 35 29", 1), ("35 36 2e", 1), ("11 7f 30 2d", 1), ("11 7f 30 2b", 0),
        ("3f 96 37 27", 8), ("08 ff 35 21", 255), ("0c 01 00 00 80", 0x80000001),
        ("11 70 32 26", 2**64 - 4), ("08 10 32 25", 4), ("31 32 2c", 1),
    ],
)  # fmt: skip
def test_operations(code, result):
    assert value(bytes.fromhex(code)) == result


@pytest.mark.parametrize(
    "code",
    [
        "",
        "22",
        "06",
        "77 00",
        "2f fd ff",
        "35 30 1b",
        "2f 00 10",
        "ff",
        "30" * 65,
        "12",
    ],
)
def test_expressions_that_end_in_an_error(code):
    with pytest.raises(UnwindingError):
        value(bytes.fromhex(code))


def test_an_expression_begins_with_what_is_given():
    assert value(b"\x23\x08", first=0x100) == 0x108


@pytest.mark.parametrize("number", [b"\x80" * 12 + b"\x01", b"\x80" * 9])
def test_a_number_without_an_end_is_refused(number):
    with pytest.raises(UnwindingError):
        Cursor(number).uleb()
    with pytest.raises(UnwindingError):
        Cursor(number).sleb()


def test_pointers_in_each_encoding():
    data = struct.pack("<i", -8)
    assert Cursor(data, 0x1000).pointer(0x1B) == 0xFF8
    assert Cursor(data, 0x1000).pointer(0x3B, 0x500) == 0x4F8
    assert Cursor(struct.pack("<Q", 5)).pointer(0x00) == 5
    assert Cursor(b"\xff\x7e").pointer(0x09) == 2**64 - 129
    for encoding in (0x9B, 0x2B, 0x0F):
        with pytest.raises(UnwindingError):
            Cursor(data).pointer(encoding)
