"""The reader on dumps that our writer did not write."""

from __future__ import annotations

import mmap
import struct

import pytest

from reports.errors import MinidumpError
from reports.minidump import Minidump
from reports.minidump.structures import StreamType
from reports.minidump.verify import STREAMS, problems
from tests.doubles.synthetic_minidump import (
    SyntheticMinidump,
    amd64_context,
    arm64_context,
    old_arm64_context,
    small_dump,
    u32,
    u64,
    x86_context,
)


def test_header_and_directory_are_read_at_once():
    dump = Minidump(small_dump().build(time=1_700_000_000, version=0x1234A793))
    assert dump.header.time == 1_700_000_000
    assert [entry.name for entry in dump.directory] == [
        "SYSTEM_INFO",
        "THREAD_LIST",
        "THREAD_NAMES",
        "MODULE_LIST",
        "MEMORY_LIST",
        "EXCEPTION",
    ]


def test_a_dump_without_streams_is_empty():
    dump = Minidump(SyntheticMinidump().build())
    assert (dump.system, dump.misc, dump.exception, dump.dso_debug) == (None,) * 4
    assert (dump.threads, dump.modules, dump.memory_ranges, dump.maps) == ((),) * 4
    assert dump.memory_at(0, 1) is None


def test_system_info():
    system = Minidump(small_dump().build()).system
    assert (system.architecture, system.platform, system.processors) == (9, 0x8201, 4)
    assert (system.level, system.revision, system.version) == (6, 0x9E0A, (6, 1, 0))
    assert system.version_text == "Linux 6.1.0 x86_64"
    assert system.cpu[:12] == b"GenuineIntel"


def test_threads_with_names_stacks_and_registers():
    dump = Minidump(small_dump().build())
    first, second = dump.threads
    assert (first.tid, second.tid) == (11, 12)
    assert dump.thread_names == {11: "alpha", 12: "beta"}
    assert dump.stack_of(first) == b"s" * 64
    assert dump.stack_of(second) == b""
    assert dump.registers(first.context).instruction_pointer == 0x7F0000001234
    assert dump.registers(first.context).stack_pointer == 0x7FFC00000010


def test_a_list_with_four_bytes_after_its_count():
    built = SyntheticMinidump()
    entries = [built.thread(n, amd64_context()) for n in (5, 6)]
    built.listed(3, entries, padding=b"\0\0\0\0")
    assert [thread.tid for thread in Minidump(built.build()).threads] == [5, 6]


def test_exception():
    fault = Minidump(small_dump().build()).exception
    assert (fault.tid, fault.code, fault.flags, fault.address) == (11, 11, 1, 0x10)


def test_modules_with_build_ids_of_any_length():
    program, library = Minidump(small_dump().build()).modules
    assert (program.base, program.size) == (0x5500_0000_0000, 0x2000)
    assert (program.name, program.build_id) == ("/usr/bin/prog", bytes(range(20)))
    assert library.build_id == b"\xab" * 16


def test_a_module_with_a_pdb_record_as_windows_has_it():
    built = SyntheticMinidump()
    record = b"RSDS" + bytes(range(16)) + u32(3) + b"C:\\src\\thing.pdb\0"
    built.listed(4, [built.module(0x1000, 64, "C:\\thing.exe", record=record)])
    (module,) = Minidump(built.build()).modules
    assert module.debug_id == bytes(range(16)).hex() + "03000000"
    assert (module.debug_name, module.build_id) == ("C:\\src\\thing.pdb", b"")


def test_a_module_with_an_unknown_record_has_no_build_id():
    built = SyntheticMinidump()
    built.listed(4, [built.module(0x1000, 64, "/a", record=b"NB10whatever")])
    assert Minidump(built.build()).modules[0].build_id == b""


def test_memory_is_found_by_address():
    dump = Minidump(small_dump().build())
    assert dump.memory_at(0x7FFC00000008, 8) == b"s" * 8
    assert dump.memory_at(0x7FFC00000038, 9) is None
    assert dump.memory_at(0x7FFBFFFFFFFF, 1) is None


def test_memory64_ranges_follow_each_other():
    built = SyntheticMinidump()
    at = built.part(b"aaaabbbbbb")
    ranges = u64(0x1000) + u64(4) + u64(0x9000) + u64(6)
    built.stream(9, u64(2) + u64(at) + ranges)
    dump = Minidump(built.build())
    assert dump.memory_at(0x1000, 4) == b"aaaa"
    assert dump.memory_at(0x9000, 6) == b"bbbbbb"


def test_misc_info_tells_what_its_flags_promise():
    built = SyntheticMinidump()
    built.misc(77, 1000, flags=1)
    misc = Minidump(built.build()).misc
    assert (misc.pid, misc.started) == (77, None)


def test_regions():
    built = SyntheticMinidump()
    built.regions([(0x1000, 0x2000, 0x20, 0x1000000)])
    (region,) = Minidump(built.build()).regions
    assert (region.base, region.size, region.protection) == (0x1000, 0x2000, 0x20)
    assert (region.state, region.kind) == (0x1000, 0x1000000)


def test_breakpads_linux_streams():
    built = SyntheticMinidump()
    built.stream(0x47670004, b"Name:\tprog\nPid:\t31\nbroken line\n")
    built.stream(0x47670008, u64(6) + u64(4096) + u64(0) + u64(0) + u64(9) + u64(9))
    maps = b"5500-5600 r-xp 00000010 08:01 12    /usr/bin/a b\n7000-7100 rw-p 0 0:0 0\n"
    built.stream(0x47670009, maps)
    dump = Minidump(built.build())
    assert dump.status == (("Name", "prog"), ("Pid", "31"))
    assert dump.auxv == ((6, 4096),)
    first, second = dump.maps
    assert (first.start, first.end, first.offset) == (0x5500, 0x5600, 0x10)
    assert (first.protection, first.path) == ("r-xp", "/usr/bin/a b")
    assert second.path == ""


@pytest.mark.parametrize("packed", [False, True], ids=["breakpad", "rust"])
def test_the_link_map_as_breakpad_and_as_rust_lay_it_out(packed):
    built = SyntheticMinidump()
    entries = [(0x5500, "/lib/x.so", 0x5510), (0x7700, "", 0x7710)]
    built.dso_debug(entries, b"dynamic!", packed=packed)
    linking = Minidump(built.build()).dso_debug
    assert (linking.breakpoint_address, linking.linker_base) == (0x10, 0x20)
    assert (linking.dynamic_address, linking.dynamic) == (0x30, b"dynamic!")
    told = [(e.address, e.name, e.dynamic) for e in linking.link_map]
    assert told == entries


def test_crashpads_annotations_of_process_and_modules():
    built = SyntheticMinidump()
    report = bytes(range(16))
    built.crashpad(report, [("ver", "1"), ("prod", "x")], [("why", "assert")])
    info = Minidump(built.build()).crashpad
    assert info.report_id == "03020100-0504-0706-0809-0a0b0c0d0e0f"
    assert info.annotations == (("ver", "1"), ("prod", "x"))
    assert info.modules == ((0, (("why", "assert"),)),)


def test_each_stream_we_read_is_read_from_a_file_that_we_did_not_write():
    built = small_dump()
    built.misc(31, 1_700_000_000)
    built.regions([(0x1000, 0x2000, 4, 0x20000)])
    built.stream(0x47670004, b"Pid:\t31\n")
    built.stream(0x47670008, u64(6) + u64(4096))
    built.stream(0x47670009, b"5500-5600 r-xp 0 08:01 12 /usr/bin/a\n")
    built.dso_debug([(0x5500, "/lib/x.so", 0x5510)])
    built.crashpad(bytes(16), [("ver", "1")])
    built.stream(0x4D7A0004, b'["plain"]')
    built.stream(0x43570001, b'[{"name": "MainThread"}]')
    dump = Minidump(built.build())
    assert [name for name in STREAMS if not getattr(dump, name)] == []
    assert dump.python_stacks == b'[{"name": "MainThread"}]'
    assert problems(dump) == ()


def test_soft_errors_of_ours_and_of_mozilla():
    built = SyntheticMinidump()
    built.stream(0x4D7A0004, b'["plain", {"InitErrors": []}]')
    assert Minidump(built.build()).soft_errors == ("plain", '{"InitErrors":[]}')


@pytest.mark.parametrize(
    ("architecture", "context", "pointer", "stack"),
    [
        (9, amd64_context(rip=1, rsp=2), 1, 2),
        (12, arm64_context(pc=3, sp=4), 3, 4),
        (0x8003, old_arm64_context(pc=5, sp=6), 5, 6),
        (0, x86_context(eip=7, esp=8), 7, 8),
        (9, amd64_context(rip=9, rsp=1, flags=0x4810005F), 9, 1),
    ],
    ids=["amd64", "arm64", "arm64-old", "x86", "amd64-windows-state"],
)
def test_contexts_of_each_processor(architecture, context, pointer, stack):
    built = SyntheticMinidump()
    built.system(architecture)
    built.listed(3, [built.thread(1, context)])
    dump = Minidump(built.build())
    registers = dump.registers(dump.threads[0].context)
    assert registers.instruction_pointer == pointer
    assert registers.stack_pointer == stack


def test_a_mapped_file_is_read_as_bytes_are(tmp_path):
    path = tmp_path / "a.dmp"
    path.write_bytes(small_dump().build())
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    dump = Minidump(mapped)
    assert dump.modules[0].name == "/usr/bin/prog"
    assert dump.stack_of(dump.threads[0]) == b"s" * 64


def test_a_broken_stream_leaves_the_others_readable():
    raw = bytearray(small_dump().build())
    dump = Minidump(bytes(raw))
    place = dump.locate(StreamType.MODULE_LIST)
    struct.pack_into("<I", raw, place.rva, 9999)
    dump = Minidump(bytes(raw))
    for _ in range(2):
        with pytest.raises(MinidumpError, match="MODULE_LIST at offset"):
            _ = dump.modules
    assert len(dump.threads) == 2
