"""Stacks of made-up threads through made-up modules: frames, names, guesses, ends."""

from __future__ import annotations

import lzma
import struct
import time
from dataclasses import replace

import pytest

from reports.errors import UnwindingError
from reports.snapshot import (
    Architecture,
    MemoryBlock,
    Module,
    ProcessSnapshot,
    Registers,
    SignalDetails,
    SystemFacts,
    ThreadPicture,
)
from reports.unwinding.elf_file import ElfFile, Section, read_elf_file
from reports.unwinding.file_window import FileWindow
from reports.unwinding.frame_table import FrameTable
from reports.unwinding.native_stacks import UnwindingLimits, native_stacks
from reports.unwinding.symbols import names_of
from reports.unwinding.unwind import Trust
from scrubbers.words import DEFACED
from tests.doubles.synthetic_code import BUILD_ID, CODE, TABLE, cie, module_file

BASE = 0x7F00_0000_0000
STACK = 0x7FFF_0000_0000
FIRST, SECOND, THIRD, LAST = (CODE + 0x100 * n for n in range(4))
PUSHED = b"\x0e\x10\x86\x02"
"""rbp was pushed: CFA is rsp+16, rbp at CFA-16."""

FRAME = b"\x0e\x10\x86\x02\x0d\x06"
"""As above, and the CFA is counted from rbp."""

START = b"\x07\x10"
"""The return address is undefined: the stack's end."""

FUNCTIONS = (
    (FIRST, b"\x0e\x20"),
    (SECOND, PUSHED),
    (THIRD, FRAME),
    (LAST, START),
)
SYMBOLS = (
    ("first", FIRST, 0x100, 0x12),
    ("second", SECOND, 0x100, 0x12),
    ("__second", SECOND, 0x100, 0x12),
    ("second_inside", SECOND, 0x100, 0x02),
    ("third@@V1", THIRD, 0x100, 0x12),
    ("data", LAST, 0x100, 0x11),
)
CALLS = b"\xe8\0\0\0\0" * 0x600


class Files:
    """Files by path; counts what was opened."""

    def __init__(self, files, debug=None):
        self.files, self.debug_files, self.asked = files, debug or {}, []

    def module(self, path):
        self.asked.append(path)
        return reader(self.files.get(path))

    def debug(self, build_id):
        return reader(self.debug_files.get(build_id))


def reader(data):
    return None if data is None else lambda at, size: data[at : at + size]


def words(*values):
    return struct.pack(f"<{len(values)}Q", *(v % 2**64 for v in values))


def picture(general, stack, **changes):
    registers = Registers(Architecture.AMD64, general)
    thread = ThreadPicture(7, "", registers, MemoryBlock(STACK, stack))
    fields = {
        "architecture": Architecture.AMD64,
        "system": SystemFacts("Linux", 1),
        "pid": 7,
        "taken": 0.0,
        "started": 0.0,
        "threads": (thread,),
        "mappings": (),
        "modules": (Module(BASE, 0x8000, "/lib/m.so", "m.so", BUILD_ID),),
        "signal": SignalDetails(7, 11, 1, 0),
    }
    return ProcessSnapshot(**(fields | changes))


def unwound(general, stack, *, files=None, limits=None, **changes):
    files = files or Files({"/lib/m.so": module_file(FUNCTIONS, symbols=SYMBOLS)})
    found = native_stacks(picture(general, stack, **changes), files, limits=limits)
    return found.threads[7]


def shown(frames):
    return [(f.name, f.offset, f.trust.value) for f in frames]


FOUR = (
    {"rip": BASE + FIRST + 4, "rsp": STACK, "rbp": 0x5},
    words(
        *(1, 2, 3, BASE + SECOND + 9),
        *(STACK + 64, BASE + THIRD + 9),
        *(4, 5, 0, BASE + LAST + 9, 6),
    ),
)


def test_four_frames_to_the_start():
    assert shown(unwound(*FOUR)) == [
        ("first", FIRST + 4, "context"),
        ("second", SECOND + 9, "cfi"),
        ("third", THIRD + 9, "cfi"),
        ("", LAST + 9, "cfi"),
    ]


def test_a_call_as_the_last_instruction_belongs_to_the_function_before():
    general = {"rip": BASE + FIRST, "rsp": STACK}
    stack = words(1, 2, 3, BASE + THIRD, 0, 0)
    assert shown(unwound(general, stack))[1] == ("second", THIRD, "cfi")


def test_another_build_of_the_file_is_not_looked_at():
    other = module_file(FUNCTIONS, symbols=SYMBOLS, build_id=bytes(20))
    frames = unwound(*FOUR, files=Files({"/lib/m.so": other}))
    assert shown(frames) == [("", FIRST + 4, "context")]


def test_a_module_without_a_build_id_is_not_even_opened():
    module = Module(BASE, 0x8000, "/lib/m.so", "", b"")
    files = Files({"/lib/m.so": module_file(FUNCTIONS)})
    assert len(unwound(*FOUR, files=files, modules=(module,))) == 1
    assert files.asked == []


def test_each_file_is_opened_once():
    files = Files({"/lib/m.so": module_file(FUNCTIONS, symbols=SYMBOLS)})
    unwound(*FOUR, files=files)
    assert files.asked == ["/lib/m.so"]


def test_real_paths_stand_in_for_shown_ones():
    here = (Module(BASE, 0x8000, "/home/person/m.so", "", BUILD_ID),)
    data = module_file(FUNCTIONS, symbols=SYMBOLS)
    files = Files({"/home/person/m.so": data})
    found = native_stacks(picture(*FOUR), files, modules=here)
    assert len(found.threads[7]) == 4


def test_a_lost_return_address_is_scanned_for_and_marked():
    data = module_file(FUNCTIONS, code=CALLS)
    lost = words(1, 2, 3, DEFACED, BASE + SECOND + 5, BASE + SECOND + 4, 0)
    frames = unwound(FOUR[0], lost, files=Files({"/lib/m.so": data}))
    assert shown(frames)[:2] == [
        ("", FIRST + 4, "context"),
        ("", SECOND + 4, "scan"),
    ]


def test_frame_pointers_where_there_is_no_information():
    data = module_file(((LAST, START),), code=CALLS)
    general = {"rip": BASE + FIRST, "rsp": STACK, "rbp": STACK + 16}
    stack = words(BASE + CODE + 5, 2, STACK + 48, BASE + SECOND + 4, 3, 4, 0, 0)
    frames = unwound(general, stack, files=Files({"/lib/m.so": data}))
    assert shown(frames) == [
        ("", FIRST, "context"),
        ("", SECOND + 4, "fp"),
    ]


def test_a_call_through_a_null_pointer_is_seen_as_one():
    data = module_file(FUNCTIONS, symbols=SYMBOLS, code=CALLS)
    general = {"rip": 0, "rsp": STACK}
    stack = words(BASE + SECOND + 4, 0, BASE + LAST + 9, 0)
    frames = unwound(general, stack, files=Files({"/lib/m.so": data}))
    assert frames[0].module is None
    assert (frames[1].offset, frames[1].trust) == (SECOND + 4, Trust.CFI)
    assert frames[1].name == "second"


def test_a_signal_frame_s_caller_stands_at_its_instruction():
    signal = cie(b"\x0f\x03\x77\x80\x01\x10\x10\x02\x77\x18", augmentation=b"zRS")
    data = module_file(((FIRST, b""),), symbols=SYMBOLS, common=signal)
    general = {"rip": BASE + FIRST + 1, "rsp": STACK}
    stack = words(0, 0, 0, BASE + THIRD, *([0] * 20))
    frames = unwound(general, stack, files=Files({"/lib/m.so": data}))
    assert shown(frames)[1] == ("third", THIRD, "cfi")


def test_a_stack_that_goes_nowhere_ends():
    data = module_file(((FIRST, b"\x0e\x00\x90\x00"),))
    general = {"rip": BASE + FIRST + 4, "rsp": STACK}
    stack = words(BASE + FIRST + 4, 0, 0)
    assert len(unwound(general, stack, files=Files({"/lib/m.so": data}))) == 1


def test_frames_are_counted_against_the_limits():
    data = module_file(((FIRST, b""),))
    general = {"rip": BASE + FIRST + 4, "rsp": STACK}
    stack = words(*([BASE + FIRST + 4] * 1000))
    files = Files({"/lib/m.so": data})
    assert len(unwound(general, stack, files=files)) == 256
    limits = UnwindingLimits(all_frames=10)
    assert len(unwound(general, stack, files=files, limits=limits)) == 10
    whole = picture(general, stack)
    other = replace(whole.threads[0], tid=8)
    crowd = replace(whole, threads=(other, *whole.threads))
    found = native_stacks(crowd, files)
    assert (len(found.threads[7]), len(found.threads[8])) == (256, 64)
    assert next(iter(found.threads)) == 7


def test_it_stops_when_its_time_is_over_and_says_so():
    ticks = iter(range(1000))
    files = Files({"/lib/m.so": module_file(FUNCTIONS)})
    limits = UnwindingLimits(seconds=8)
    found = native_stacks(
        picture(*FOUR), files, limits=limits, clock=lambda: float(next(ticks))
    )
    assert not found.in_time
    assert len(found.threads[7]) < 4


def names(data, *places, debug=None):
    return names_of(read_elf_file(reader(data)), places, lambda: reader(debug))


def test_of_several_names_the_plain_global_one():
    data = module_file(symbols=SYMBOLS)
    assert names(data, SECOND + 5, THIRD, LAST) == {
        SECOND + 5: "second",
        THIRD: "third",
    }


def test_exported_names_where_there_are_no_others():
    assert names(module_file(symbols=SYMBOLS, table=b".dynsym"), FIRST) == {
        FIRST: "first"
    }


def test_names_from_a_debug_file_of_the_same_build_only():
    bare = module_file()
    bare = bare.replace(b".symtab", b".nothing"[:7])
    debug = module_file(symbols=SYMBOLS)
    assert names(bare, FIRST, debug=debug) == {FIRST: "first"}
    other = module_file(symbols=SYMBOLS, build_id=bytes(20))
    assert names(bare, FIRST, debug=other) == {}


def test_names_from_the_packed_table_that_fedora_adds():
    inner = module_file(symbols=SYMBOLS)
    data = module_file(packed=inner).replace(b".symtab", b".nothin", 1)
    assert names(data, FIRST) == {FIRST: "first"}
    assert lzma.compress(inner) in data
    broken = data.replace(lzma.compress(inner)[:32], b"\xfd" * 32)
    assert names(broken, FIRST) == {}


def test_symbols_that_hold_everything_take_no_time():
    symbol = struct.pack("<IBBHQQ", 1, 0x12, 0, 1, 0, 2**64 - 1)
    text, data = symbol * 16384, b"\0f\0"
    elf = ElfFile(
        window=FileWindow(lambda at, size: (text + data)[at : at + size]),
        segments=(),
        sections=(
            Section(b".symtab", 2, 0, len(text)),
            Section(b".strtab", 3, len(text), len(data)),
        ),
        build_id=b"",
        first_address=0,
    )
    begun = time.process_time()
    names_of(elf, range(2000), lambda: None)
    assert time.process_time() - begun < 1


def test_what_lies_behind_a_segment_is_not_its_code():
    elf = read_elf_file(reader(module_file()))
    assert len(elf.at(0x6FF8, 8)) == 8
    for address, size in ((0x6FF9, 8), (0x7000, 1), (2**64 - 8, 8)):
        with pytest.raises(UnwindingError):
            elf.at(address, size)


def test_a_module_without_a_table_is_refused():
    data = bytearray(module_file(FUNCTIONS))
    data[TABLE] = 9
    with pytest.raises(UnwindingError):
        FrameTable(read_elf_file(reader(bytes(data))))
    with pytest.raises(UnwindingError):
        read_elf_file(reader(b"\x7fELF"))


ARM_CIE = cie(b"\x0c\x1f\x00", return_register=30, code_factor=4, augmentation=b"zR")
SIGNED = b"\x2d\x0e\x20\x9d\x04\x9e\x03"
"""The return address was signed; x29 at CFA-32, x30 at CFA-24."""


def test_arm64_strips_the_code_that_signs_a_return_address():
    data = module_file(((FIRST, SIGNED), (LAST, b"\x07\x1e")), common=ARM_CIE)
    registers = Registers(
        Architecture.ARM64, {"pc": BASE + FIRST + 8, "sp": STACK, "x30": 1}
    )
    stack = words(STACK + 64, (0x2A << 48) | (BASE + LAST + 4), 0, 0, 0)
    thread = ThreadPicture(7, "", registers, MemoryBlock(STACK, stack))
    frames = unwound(
        {}, b"", files=Files({"/lib/m.so": data}),
        architecture=Architecture.ARM64, threads=(thread,),
    )  # fmt: skip
    assert [f.offset for f in frames] == [FIRST + 8, LAST + 4]


def test_arm64_s_leaf_returns_by_its_link_register():
    data = module_file(((FIRST, b""), (LAST, b"\x07\x1e")), common=ARM_CIE)
    general = {"pc": BASE + FIRST + 8, "sp": STACK, "x30": BASE + LAST + 4}
    thread = ThreadPicture(
        7, "", Registers(Architecture.ARM64, general), MemoryBlock(STACK, words(0))
    )
    frames = unwound(
        {}, b"", files=Files({"/lib/m.so": data}),
        architecture=Architecture.ARM64, threads=(thread,),
    )  # fmt: skip
    assert [f.offset for f in frames] == [FIRST + 8, LAST + 4]
