"""Each field of a snapshot under its rule."""

from __future__ import annotations

import dataclasses
import struct
import sys

import pytest

from reports.sanitize import sanitize
from reports.sanitizing.innocence import Innocence
from reports.sanitizing.process_facts import shown_system
from reports.snapshot import (
    Architecture,
    LinkMapEntry,
    Mapping,
    MemoryBlock,
    Module,
    Protection,
    Registers,
    SignalDetails,
    SystemFacts,
    ThreadPicture,
)
from scrubbers import Identity
from scrubbers.words import DEFACED
from tests.doubles.sample_snapshot import (
    LIBRARY,
    OTHER_STACK,
    PROGRAM,
    STACK,
    registers,
    sample,
    words,
)

ANN = Identity(user="annqu", home="/home/annqu", host="wombat7", full_name="Ann Quill")
CALL = bytes.fromhex("00 00 e8 11 22 33 44")
NO_CALL = bytes(7)
TEXT = int.from_bytes(b"secret!!", "little")


def clean(read_code=None, roots=None, **changes):
    snapshot = sample(**changes)
    done = sanitize(snapshot, identity=ANN, read_code=read_code, roots=roots)
    return done.snapshot


def one_thread(general, stack=None, name="", floating=b""):
    known = Registers(Architecture.AMD64, general, floating)
    return (ThreadPicture(4242, name, known, stack),)


def general_of(snapshot):
    return snapshot.threads[0].registers.general


def test_stack_words_are_kept_by_the_word_rule():
    stack = words(4095, LIBRARY + 0x1100, STACK + 8, TEXT, OTHER_STACK + 8, LIBRARY)
    block = MemoryBlock(STACK + 0xF00, stack)
    snapshot = clean(threads=one_thread({"rip": 0, "rsp": STACK + 0xF00}, block))
    kept = struct.unpack("<6Q", snapshot.threads[0].stack.data)
    expected = (4095, LIBRARY + 0x1100, STACK + 8, DEFACED, DEFACED, DEFACED)
    assert kept == expected


def test_below_the_stack_pointer_is_zero():
    block = MemoryBlock(STACK + 0xE80, words(*[TEXT] * 32))
    snapshot = clean(threads=one_thread({"rip": 0, "rsp": STACK + 0xF00}, block))
    assert snapshot.threads[0].stack.data[:0x80] == bytes(0x80)


def test_general_registers_are_kept_by_the_same_rule():
    general = {
        "rax": TEXT,
        "rbx": 17,
        "rcx": LIBRARY + 0x1001,
        "rdx": STACK + 16,
        "rip": LIBRARY + 0x1234,
        "rsp": STACK + 0xF00,
        "orig_rax": 2**64 - 1,
    }
    block = MemoryBlock(STACK + 0xF00, bytes(8))
    kept = general_of(clean(threads=one_thread(general, block)))
    assert kept == {**general, "rax": DEFACED}


def test_segment_bases_are_zero_and_unknown_registers_are_dropped():
    general = {
        "rip": 0,
        "rsp": 0,
        "fs_base": LIBRARY + 0x1100,
        "gs_base": 9,
        "k0": TEXT,
    }
    kept = general_of(clean(threads=one_thread(general)))
    assert kept == {"rip": 0, "rsp": 0, "fs_base": 0, "gs_base": 0}


def test_flags_and_selectors_keep_their_defined_bits():
    general = {"rip": 0, "rsp": 0, "eflags": 0xFFFF_FFFF, "cs": 0x33, "ds": 0x6161}
    kept = general_of(clean(threads=one_thread(general)))
    assert (kept["eflags"], kept["cs"], kept["ds"]) == (0x3F7FD7, 0x33, 0)


def test_vector_and_float_registers_keep_their_control_words_only():
    floating = struct.pack("<H", 0x037F).ljust(0x18, b"s")
    floating += struct.pack("<II", 0x1F80, 0x2FFFF)
    floating = floating.ljust(512, b"s")
    thread = one_thread({"rip": 0, "rsp": 0}, floating=floating)
    kept = clean(threads=thread).threads[0].registers.floating
    assert struct.unpack_from("<H", kept) == (0x037F,)
    assert struct.unpack_from("<II", kept, 0x18) == (0x1F80, 0x2FFFF)
    assert kept.count(0) == 512 - 2 - 2 - 3


def test_floating_state_of_another_size_is_dropped():
    thread = one_thread({"rip": 0, "rsp": 0}, floating=b"s" * 400)
    assert clean(threads=thread).threads[0].registers.floating == b""


def test_arm64_registers():
    general = {"x0": TEXT, "x30": LIBRARY + 0x1100, "sp": 0, "pc": LIBRARY + 0x1234}
    general |= {"pstate": 0xFFFF_FFFF, "tpidr": TEXT}
    floating = b"s" * 512 + struct.pack("<II", 0xFFFFFFFF, 0xFFFFFFFF) + b"s" * 8
    thread = ThreadPicture(
        4242, "", Registers(Architecture.ARM64, general, floating), None
    )
    kept = (
        clean(architecture=Architecture.ARM64, threads=(thread,)).threads[0].registers
    )
    assert kept.general == {
        "x0": DEFACED,
        "x30": LIBRARY + 0x1100,
        "sp": 0,
        "pc": LIBRARY + 0x1234,
        "pstate": 0xF03003DF,
    }
    assert kept.floating[:512] == bytes(512)
    assert kept.floating[520:] == bytes(8)


def test_arm64_return_addresses_lose_their_signature():
    target = LIBRARY + 0x1100
    signed = target | 0x2A << 48 | 0xA5 << 56
    block = MemoryBlock(STACK + 0xF00, words(signed, signed + 4))
    general = {"x30": signed, "sp": STACK + 0xF00, "pc": LIBRARY + 0x1234}
    thread = ThreadPicture(4242, "", Registers(Architecture.ARM64, general), block)
    branch = {target - 4: bytes.fromhex("00000094")}  # bl

    def read_code(address, size):
        return bytes(size - 4) + branch.get(address + size - 4, bytes(4))

    changes = {"architecture": Architecture.ARM64, "threads": (thread,)}
    (kept,) = clean(read_code=read_code, **changes).threads
    assert kept.registers.general["x30"] == target
    assert kept.stack.data == words(target, DEFACED)


LOW = Mapping(0x400000, 0x700000, Protection.READ | Protection.EXECUTE, 0, "/usr/bin/p")


@pytest.mark.parametrize(
    ("code", "kept"),
    [
        (lambda _a, _n: CALL, 0x432110),
        (lambda _a, _n: NO_CALL, DEFACED),
        (lambda _a, _n: CALL[2:], DEFACED),
        (None, DEFACED),
    ],
    ids=["after-a-call", "not-after-a-call", "cut-short", "nobody-to-ask"],
)
def test_below_four_gib_only_return_addresses_stay(code, kept):
    block = MemoryBlock(STACK + 0xF00, words(0x432110))
    thread = one_thread({"rip": 0x500000, "rsp": STACK + 0xF00, "rax": 0x432110}, block)
    snapshot = clean(read_code=code, threads=thread, mappings=(*sample().mappings, LOW))
    assert struct.unpack("<Q", snapshot.threads[0].stack.data) == (kept,)
    assert general_of(snapshot)["rax"] == kept
    assert general_of(snapshot)["rip"] == 0x500000


LETTERS = range(ord("a"), ord("z") + 1)
SPELLED = [a | b << 8 | c << 16 for a in LETTERS for b in LETTERS for c in LETTERS]
CAPITALISED = [word - 0x20 for word in SPELLED]


@pytest.mark.parametrize("every", [SPELLED, CAPITALISED], ids=["ann", "Ann"])
@pytest.mark.parametrize("code", [None, lambda _a, _n: CALL], ids=["no-code", "calls"])
def test_none_of_all_three_letter_words_survives(code, every):
    """Not even where a call stands before each address they spell."""
    low = dataclasses.replace(LOW, end=0x800000)
    block = MemoryBlock(STACK, words(*every))
    stack = Mapping(STACK, STACK + 0x40000, Protection.READ, 0, "[stack]")
    thread = one_thread({"rip": 0, "rsp": STACK}, block)
    snapshot = clean(read_code=code, threads=thread, mappings=(low, stack))
    assert len(every) == 17_576
    assert set(struct.unpack("<17576Q", snapshot.threads[0].stack.data)) == {DEFACED}


def test_code_is_asked_for_in_the_snapshot_when_nobody_else_tells():
    memory = (MemoryBlock(0x432110 - 7, CALL),)
    block = MemoryBlock(STACK + 0xF00, words(0x432110))
    thread = one_thread({"rip": 0, "rsp": STACK + 0xF00}, block)
    snapshot = clean(threads=thread, mappings=(LOW,), memory=memory)
    assert struct.unpack("<Q", snapshot.threads[0].stack.data) == (0x432110,)


def test_a_stack_below_four_gib_is_no_range_to_point_into():
    low = Mapping(0x600000, 0x700000, Protection.READ | Protection.WRITE, 0, "")
    block = MemoryBlock(0x600000, words(0x432110))
    thread = one_thread({"rip": 0, "rsp": 0x600000}, block)
    snapshot = clean(threads=thread, mappings=(low,))
    assert struct.unpack("<Q", snapshot.threads[0].stack.data) == (DEFACED,)


def test_a_code_reader_that_fails_says_no():
    def broken(_address, _size):
        raise OSError("gone")

    block = MemoryBlock(STACK + 0xF00, words(0x432110))
    thread = one_thread({"rip": 0, "rsp": STACK + 0xF00}, block)
    snapshot = clean(read_code=broken, threads=thread, mappings=(LOW,))
    assert struct.unpack("<Q", snapshot.threads[0].stack.data) == (DEFACED,)


@pytest.mark.parametrize(
    ("code", "address", "kept"),
    [
        (1, 0x10, 0x10),
        (1, TEXT, DEFACED),
        (1, LIBRARY + 0x1100, LIBRARY + 0x1100),
        (2, STACK + 0x10, STACK + 0x10),
        (0, 31337, 0),
        (-6, 31337, 0),
    ],
)
def test_the_fault_address(code, address, kept):
    signal = SignalDetails(4242, 11, code, address)
    assert clean(signal=signal).signal.address == kept


def test_a_jump_into_low_code_keeps_where_it_stands():
    thread = one_thread({"rip": 0x500000, "rsp": 0})
    signal = SignalDetails(4242, 11, 2, 0x500000)
    kept = clean(threads=thread, mappings=(LOW,), signal=signal).signal
    assert kept.address == 0x500000


def test_memory_is_only_code_of_files_that_nobody_may_write():
    def at(address, path, protection):
        return Mapping(address, address + 0x100, protection, 0, path)

    code = Protection.READ | Protection.EXECUTE
    mappings = (
        at(0x1000, "/usr/bin/prog", code),
        at(0x1100, "/usr/bin/prog", Protection.READ),
        at(0x1200, "/usr/bin/prog", code | Protection.WRITE),
        at(0x1300, "", code),
        at(0x1400, "/memfd:jit (deleted)", code),
    )
    memory = (MemoryBlock(0x1000, b"c" * 0x500),)
    kept = clean(mappings=mappings, memory=memory).memory
    assert kept == (MemoryBlock(0x1000, b"c" * 0x100),)


def test_mappings_keep_ranges_and_modules_not_files():
    mappings = (
        Mapping(1, 2, Protection.READ, 0, "/home/annqu/letter.txt"),
        Mapping(2, 3, Protection.READ, 0, "/usr/bin/prog"),
        Mapping(3, 4, Protection.READ, 0, "[heap]"),
        Mapping(4, 5, Protection.READ, 0, "[anon:annqu]"),
    )
    paths = [m.path for m in clean(mappings=mappings).mappings]
    assert paths == ["<file>", "/usr/bin/prog", "[heap]", ""]


def test_modules_and_the_link_map_have_shown_paths():
    module = Module(PROGRAM, 0x2000, "/home/annqu/x/libz.so", "libannqu.so", b"i" * 99)
    linking = dataclasses.replace(
        sample().dynamic_linking,
        linker_base=TEXT,
        link_map=(LinkMapEntry(TEXT, "/home/annqu/x/libz.so", PROGRAM + 8),),
    )
    snapshot = clean(modules=(module,), dynamic_linking=linking)
    assert snapshot.modules[0].path == "<home>/<private>/libz.so"
    assert snapshot.modules[0].soname == ""
    assert len(snapshot.modules[0].build_id) == 64
    (entry,) = snapshot.dynamic_linking.link_map
    assert entry == LinkMapEntry(0, "<home>/<private>/libz.so", PROGRAM + 8)
    assert snapshot.dynamic_linking.linker_base == 0


@pytest.mark.parametrize(
    ("dynamic", "kept"),
    [
        (words(1, 7, 21, PROGRAM + 8, TEXT, 1, 0, 0), words(21, PROGRAM + 8, 0, 0)),
        (words(21, TEXT, 0, 0), words(0, 0)),
        (words(21, PROGRAM, 21, LIBRARY), words(21, PROGRAM, 0, 0)),
        (b"tail", words(0, 0)),
    ],
    ids=["one", "text", "two", "cut"],
)
def test_of_the_dynamic_section_only_what_run_time_filled_in(dynamic, kept):
    linking = dataclasses.replace(sample().dynamic_linking, dynamic=dynamic)
    assert clean(dynamic_linking=linking).dynamic_linking.dynamic == kept


def test_auxv_without_text_user_ids_and_unknown_types():
    auxv = (
        *((3, PROGRAM + 0x40), (6, 4096), (7, TEXT), (9, PROGRAM + 0x1080)),
        *((11, 1000), (13, 1000), (15, STACK), (24, STACK), (25, STACK), (31, STACK)),
        *((33, LIBRARY + 0x1000), (77, TEXT)),
    )
    assert clean(auxv=auxv).auxv == (
        *((3, PROGRAM + 0x40), (6, 4096), (7, 0), (9, PROGRAM + 0x1080)),
        *((15, 0), (24, 0), (25, 0), (31, 0), (33, LIBRARY + 0x1000)),
    )


def test_status_fields_by_name_and_shape():
    status = (
        *(("Name", "annqu"), ("Uid", "1000\t1000"), ("VmRSS", "12 kB")),
        *(("VmPeak", "annqu kB"), ("State", "T (stopped)"), ("State", "T (annqu!)")),
        *(("SigCgt", "00000001800004a8"), ("SigIgn", "wombat")),
    )
    assert clean(status=status).status == (
        ("VmRSS", "12 kB"),
        ("State", "T (stopped)"),
        ("SigCgt", "00000001800004a8"),
    )


@pytest.mark.parametrize(
    ("kernel", "shown"),
    [
        ("Linux 6.1.0-18 #1 SMP x86_64", "Linux 6.1.0-18 #1 SMP x86_64"),
        ("Linux wombat7 6.1.0-18 #1 SMP x86_64", "Linux 6.1.0"),
        ("Linux 5.10.2-annqu-build #1 SMP", "Linux 5.10.2"),
        ("Linux\x1b]0;title", "Linux"),
        ("Linux 6.1.0-18 (bob@built.corp.example) #1 SMP", "Linux 6.1.0"),
    ],
)
def test_the_kernels_text(kernel, shown):
    assert clean(system=SystemFacts(kernel, 2)).system.kernel == shown


@pytest.mark.parametrize(
    "kernel",
    [
        "Linux 5.15.0-91-generic #101-Ubuntu SMP Tue Nov 14 13:30:08 UTC 2023 x86_64",
        "Linux 6.1.0-18-amd64 #1 SMP Debian 6.1.76-1 (2024-02-01) x86_64",
        "Linux 5.15.133.1-microsoft-standard-WSL2 #1 SMP Thu Oct 5 2023 x86_64",
    ],
)
def test_the_text_of_a_kernel_that_many_have(kernel):
    assert clean(system=SystemFacts(kernel, 2)).system.kernel == kernel


@pytest.mark.parametrize(
    ("kernel", "is_usual"),
    [
        ("Linux 6.18.44-fc-v769 #1 SMP PREEMPT_DYNAMIC @0 x86_64", True),
        ("Linux 6.1.0-18-amd64 #1 SMP Debian 6.1.76-1 (2024-02-01) x86_64", True),
        ("Linux 6.1.0-wombat #1 SMP x86_64", False),
        ("Linux 6.1.0 4111 1111 1111 1111 x86_64", False),
    ],
)
def test_the_scrubbers_are_asked_of_an_unusual_kernel_only(kernel, is_usual):
    """To ask them for the first time takes longer than all the rest of a dump."""
    called = set()
    sys.setprofile(lambda frame, *_: called.add(frame.f_code.co_qualname))
    try:
        shown_system(SystemFacts(kernel, 2), Innocence(Identity()))
    finally:
        sys.setprofile(None)
    assert ("Innocence.is_clean" in called) is not is_usual


def test_a_vendor_that_is_none():
    system = SystemFacts("Linux", 2, cpu_vendor=b"/home/annqu/x")
    assert clean(system=system).system.cpu_vendor == b""


def test_soft_errors_are_scrubbed_bounded_lines():
    errors = ("could not read /home/annqu/a\nb", "xQuillx said", "x" * 999)
    kept = clean(soft_errors=errors).soft_errors
    assert not any("annqu" in line or "Quill" in line or "\n" in line for line in kept)
    assert max(len(line) for line in kept) == 200
    assert len(clean(soft_errors=("a",) * 999).soft_errors) == 200


def test_what_a_rule_fails_on_is_left_out_and_told():
    broken = dataclasses.replace(
        sample().threads[0], registers=Registers(Architecture.AMD64, {"rax": "annqu"})
    )
    done = sanitize(sample(threads=(broken,)), identity=ANN)
    (thread,) = done.snapshot.threads
    assert (thread.registers.general, thread.stack) == ({}, None)
    assert "withheld: registers (a rule failed)" in done.snapshot.soft_errors
    assert "withheld: a stack (a rule failed)" in done.snapshot.soft_errors
    assert done.removed.failures == 2


def test_what_was_removed_is_counted():
    done = sanitize(
        sample(
            threads=(
                *sample().threads,
                *one_thread(registers(TEXT, 1).general, name="annqu"),
            )
        ),
        identity=ANN,
    )
    assert done.removed.stack_words == 1
    assert done.removed.registers == 1
    assert done.removed.thread_names == 1
    assert (done.removed.paths, done.removed.failures) == (0, 0)


def test_the_snapshot_given_is_not_changed():
    before, after = sample(), sample()
    sanitize(after, identity=ANN)
    assert before == after


def test_identities_do_not_show_in_any_repr():
    done = sanitize(sample(), identity=ANN)
    assert "annqu" not in repr(done)
