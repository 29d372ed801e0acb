"""Which of several frames on a handler's stack is the fault's."""

import errno
import struct

import pytest

from crashwatch.linux.address_space import AddressSpace
from crashwatch.linux.fault import CrashedThread, FaultReader
from crashwatch.linux.process_memory import ProcessMemory
from crashwatch.linux.registers import general_names
from crashwatch.linux.soft_errors import SoftErrors
from reports.snapshot import Architecture, Mapping, Protection, Registers
from tests.doubles.synthetic_frame import RESTORER_AT, amd64_frame, arm64_stack

RX = Protection.READ | Protection.EXECUTE
RW = Protection.READ | Protection.WRITE
PAGE = RESTORER_AT & ~0xFFF
STACK = 0x7FF000000000
CODE = {
    Architecture.AMD64: bytes.fromhex("48c7c00f0000000f05"),
    Architecture.ARM64: bytes.fromhex("681180d2010000d4"),
}


class Process:
    """A stack and one page of code, in memory that may be cut."""

    pid = 4000

    def __init__(self, code: bytes, stack: bytes) -> None:
        self.blocks = {RESTORER_AT: code, STACK: stack}

    def read(self, name: str, limit: int) -> bytes:
        raise OSError(errno.ENOENT, name, limit)

    def read_memory(self, address: int, size: int) -> bytes:
        for start, data in self.blocks.items():
            if start <= address < start + len(data):
                return data[address - start :][:size]
        raise OSError(errno.EIO, "unmapped")

    def getregset(self, tid: int, note: int, size: int) -> bytes:
        raise OSError(errno.ESRCH, "not asked for", tid, note, size)

    def getsiginfo(self, tid: int) -> bytes:
        assert tid == 4001
        return struct.pack("<iii", 5, 0, 128 << 8 | 5) + bytes(116)


def read_fault(
    architecture: Architecture, stack: bytes, *, announced: int = 0, end: int = 0
):
    process, errors = Process(CODE[architecture], stack), SoftErrors()
    space = AddressSpace(
        [
            Mapping(PAGE, PAGE + 0x1000, RX, 0, "/opt/libc.so"),
            Mapping(STACK, STACK + (end or len(stack)), RW, 0, ""),
        ]
    )
    general = dict.fromkeys(general_names(architecture), 0)
    general |= {"rsp": STACK, "sp": STACK, "fs_base": 0x77, "orig_rax": 1}
    names = set(general_names(architecture))
    now = Registers(architecture, {k: v for k, v in general.items() if k in names})
    reader = FaultReader(
        process, process, ProcessMemory(process, errors), space, errors
    )
    thread = CrashedThread(4001, now, announced)
    return reader.read(architecture, thread), errors.lines


def test_a_frame_left_behind_by_an_earlier_signal_is_passed_over():
    stale = amd64_frame(STACK + 8, {"rip": 1}, trap=0)
    fresh = amd64_frame(STACK + 8 + 448, {"rip": 2}, trap=14, cr2=0x50)
    stack = bytes(8) + stale + bytes(8) + fresh + bytes(16)
    fault, errors = read_fault(Architecture.AMD64, stack, announced=11)
    assert fault is not None
    assert fault.registers.instruction_pointer == 2
    assert (fault.signal.number, fault.signal.code) == (11, 1)
    assert (fault.signal.address, fault.signal.trap) == (0x50, 14)
    assert fault.registers.general["fs_base"] == 0x77
    assert fault.registers.general["orig_rax"] == (1 << 64) - 1
    assert errors == ()


def test_where_none_explains_the_signal_the_newest_counts():
    newest = amd64_frame(STACK + 8, {"rip": 1}, trap=0)
    older = amd64_frame(STACK + 8 + 448, {"rip": 2}, trap=0)
    stack = bytes(8) + newest + bytes(8) + older + bytes(16)
    fault, _ = read_fault(Architecture.AMD64, stack, announced=11)
    assert fault is not None
    assert fault.registers.instruction_pointer == 1
    assert (fault.signal.number, fault.signal.code) == (11, 0)


def test_a_frame_whose_signal_nothing_tells_still_gives_registers():
    stack = bytes(8) + amd64_frame(STACK + 8, {"rip": 1}, trap=0) + bytes(16)
    fault, errors = read_fault(Architecture.AMD64, stack)
    assert fault is not None
    assert fault.signal.number == 0
    assert fault.registers.instruction_pointer == 1
    assert errors == ("signal number: nothing tells it",)


@pytest.mark.parametrize("distance", [0x10, 0x4000, 0x3F000])
def test_a_frame_far_up_the_stack_is_found(distance: int):
    stack = bytes(distance + 8) + amd64_frame(STACK + distance + 8, {"rip": 1})
    fault, _ = read_fault(Architecture.AMD64, stack, announced=11)
    assert fault is not None
    assert fault.registers.instruction_pointer == 1


def test_a_frame_beyond_all_measure_is_not_looked_for():
    distance = 0x41000
    stack = bytes(distance + 8) + amd64_frame(STACK + distance + 8, {"rip": 1})
    fault, errors = read_fault(Architecture.AMD64, stack, announced=11)
    assert fault is None
    assert errors == ("signal frame: not found",)


def test_a_stack_that_is_cut_is_searched_as_far_as_it_goes():
    stack = bytes(8) + amd64_frame(STACK + 8, {"rip": 1})
    fault, errors = read_fault(Architecture.AMD64, stack, announced=11, end=0x100000)
    assert fault is not None
    assert "stack of the signal handler: EIO" in errors


def test_an_arm64_fault():
    registers = [*range(100, 131), STACK + 0x2000, 0x99, 0]
    stack = arm64_stack(STACK, registers, fault_address=0x50, syndrome=0x9200_0046)
    fault, errors = read_fault(Architecture.ARM64, stack)
    assert fault is not None
    assert fault.registers.instruction_pointer == 0x99
    assert fault.registers.stack_pointer == STACK + 0x2000
    assert len(fault.registers.floating) == 528
    assert (fault.signal.number, fault.signal.code) == (11, 1)
    assert (fault.signal.address, fault.signal.trap) == (0x50, None)
    assert errors == ()
