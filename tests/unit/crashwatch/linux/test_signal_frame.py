"""Signal frames: recorded ones of AMD64, synthetic ones of both architectures."""

import json
import struct
from pathlib import Path
from typing import Final

import pytest

from crashwatch.linux.registers import REGISTER_SETS
from crashwatch.linux.signal_evidence import Circumstances, judge
from crashwatch.linux.signal_frame import RESTORER, SignalFrame, find_signal_frames
from crashwatch.linux.signal_information import SignalInformation
from reports.snapshot import Architecture, MemoryBlock
from tests.doubles.synthetic_frame import RESTORER_AT, amd64_frame, arm64_stack

FROZEN: Final = Path(__file__).parents[4] / "fixtures" / "frozen"
SIGINFO: Final = struct.pack("<iiiiQ", 11, 0, 2, 0, 0x5000)
AMD64, ARM64 = Architecture.AMD64, Architecture.ARM64


def search(
    architecture: Architecture, address: int, data: bytes
) -> tuple[SignalFrame, ...]:
    stack = MemoryBlock(address, data)
    return tuple(
        find_signal_frames(architecture, stack, lambda word: word == RESTORER_AT)
    )


def recorded(name: str) -> tuple[SignalFrame, dict]:
    facts = json.loads((FROZEN / f"{name}.json").read_text())
    data = (FROZEN / f"{name}.stack").read_bytes()
    stack = MemoryBlock(facts["stack_pointer"], data)
    found = tuple(
        find_signal_frames(AMD64, stack, lambda word: word == facts["restorer"])
    )
    assert len(found) == 1
    return found[0], facts


@pytest.mark.parametrize("name", ["null_read", "null_read_thread", "abort"])
def test_recorded_faults_in_libc(name):
    frame, facts = recorded(name)
    low, high = facts["libc"]
    assert low <= frame.general["rip"] < high
    assert len(frame.floating) == 512
    mxcsr = struct.unpack_from("<I", frame.floating, 24)[0]
    assert mxcsr & 0x1F80 == 0x1F80


@pytest.mark.parametrize(
    ("name", "number", "code", "trap"),
    [
        ("null_read", 11, 1, 14),
        ("null_read_thread", 11, 1, 14),
        ("stack_overflow", 11, 1, 14),
        ("abort", 6, -6, None),
    ],
)
def test_the_signal_of_recorded_frames_is_told(name, number, code, trap):
    """Their siginfo is not written: see the docstring of signal_evidence."""
    frame, facts = recorded(name)
    known = Circumstances(
        facts["pid"],
        facts["tid"],
        announced=0,
        caught=facts["caught"],
        is_mapped=lambda _: False,
        code=b"\0\0\x0f\x05" if name == "abort" else b"",
    )
    verdict = judge(AMD64, frame, known)
    address = frame.fault_address if trap else 0
    assert verdict.information == SignalInformation(number, code, address)
    assert verdict.trap == trap
    assert verdict.is_certain


def test_a_null_read_has_address_zero():
    assert recorded("null_read")[0].fault_address == 0
    assert recorded("null_read")[0].general["rdi"] == 0


def test_a_siginfo_that_was_written_is_read():
    frame = amd64_frame(0x7008, {}, siginfo=SIGINFO, cr2=0x5000)
    (found,) = search(AMD64, 0x7008, frame)
    assert found.information == SignalInformation(11, 2, 0x5000)


def test_floating_point_state_is_taken_from_the_stack():
    state = bytes(range(256)) * 2
    frame = amd64_frame(0x7008, {}, fpstate=0x7008 + 440)
    (found,) = search(AMD64, 0x7008, frame + state)
    assert found.floating == state
    (found,) = search(AMD64, 0x7008, frame + state[:-1])
    assert found.floating == b""


@pytest.mark.parametrize(
    ("offset", "value"),
    [
        (8, 8),  # uc_flags that do not exist
        (16, 1),  # uc_link, never set by the kernel
        (192, 0x23),  # 32-bit code segment
        (168, 5),  # stack pointer below the frame
        (232, 0x6000),  # fpstate below the frame
    ],
)
def test_what_the_kernel_does_not_write_is_no_frame(offset, value):
    frame = bytearray(amd64_frame(0x7008, {}))
    struct.pack_into("<Q", frame, offset, value)
    assert search(AMD64, 0x7008, bytes(frame)) == ()


def test_a_misaligned_or_cut_frame_is_none():
    frame = amd64_frame(0x7000, {})
    assert search(AMD64, 0x7000, frame) == ()
    assert search(AMD64, 0x7008, amd64_frame(0x7008, {})[:-1]) == ()


def test_a_frame_on_an_alternate_stack():
    """The interrupted stack may lie anywhere, also below."""
    frame = bytearray(amd64_frame(0x7008, {"rsp": 0x1000}))
    struct.pack_into("<QQQ", frame, 24, 0x6000, 0, 0x2000)
    (found,) = search(AMD64, 0x7008, bytes(frame))
    assert found.general["rsp"] == 0x1000


def test_frames_come_newest_first():
    newer = amd64_frame(0x7008, {"rip": 1})
    older = amd64_frame(0x7008 + 448, {"rip": 2})
    found = search(AMD64, 0x7008, newer + bytes(8) + older)
    assert [each.general["rip"] for each in found] == [1, 2]


def test_an_unaligned_stack_pointer_is_no_obstacle():
    frame = amd64_frame(0x7008, {"rip": 3})
    (found,) = search(AMD64, 0x7003, b"\1" * 5 + frame)
    assert found.general["rip"] == 3


def test_an_arm64_frame():
    registers = list(range(100, 134))
    data = arm64_stack(0x7000, registers, fault_address=9, syndrome=0x9200_0046)
    (found,) = search(ARM64, 0x7000, data)
    assert (found.general["x0"], found.general["x30"]) == (100, 130)
    assert (found.general["sp"], found.general["pc"]) == (131, 132)
    assert found.general["pstate"] == 133
    assert (found.trap, found.error) == (0x24, 0x9200_0046)
    assert found.fault_address == 9
    assert len(found.floating) == 528


def test_a_recorded_arm64_frame_says_what_its_own_c_library_says():
    data = (FROZEN / "arm64_fault.stack").read_bytes()
    pointer, restorer, code, pc, sp, x0, x19, x28, x29, x30, pstate = (
        struct.unpack_from("<11Q", data)
    )
    assert code.to_bytes(8, "little") == RESTORER[ARM64]
    stack = MemoryBlock(pointer, data[88 + 64 :])
    (frame,) = find_signal_frames(ARM64, stack, lambda word: word == restorer)
    told = ("pc", "sp", "x0", "x19", "x28", "x29", "x30", "pstate")
    found = tuple(frame.general[name] for name in told)
    assert found == (pc, sp, x0, x19, x28, x29, x30, pstate)
    assert (x0, x19, x28) == (0x10, 0x1919, 0x2828)
    assert frame.floating[8 * 16 : 12 * 16] == data[88 : 88 + 64]
    assert len(frame.floating) == REGISTER_SETS[ARM64].floating
    assert frame.information == SignalInformation(11, 1, 0x10)
    assert frame.fault_address == 0x10


def test_an_arm64_frame_with_a_signed_return_address():
    data = arm64_stack(0x7000, [0] * 34, signature=0xBEEF)
    assert len(search(ARM64, 0x7000, data)) == 1


@pytest.mark.parametrize("offset", [96 + 128, 96 + 136, 96 + 592])
def test_damaged_arm64_frames_are_none(offset):
    data = bytearray(arm64_stack(0x7000, [0] * 34))
    data[offset] ^= 1
    assert search(ARM64, 0x7000, bytes(data)) == ()


def test_without_a_restorer_there_is_no_frame():
    for architecture, data in (
        (AMD64, amd64_frame(0x7008, {})),
        (ARM64, arm64_stack(0x7008 - 8, [0] * 34)),
    ):
        stack = MemoryBlock(0x7008, data)
        assert not tuple(find_signal_frames(architecture, stack, lambda _: False))
