"""Dumps of others, taken in and sanitized."""

from __future__ import annotations

import pytest

from reports.errors import MinidumpError
from reports.minidump import Minidump, write_minidump
from reports.minidump.ingest import snapshot_from
from reports.sanitize import sanitize
from reports.snapshot import Architecture, Protection
from scrubbers import Identity
from scrubbers.words import DEFACED
from tests.doubles.synthetic_minidump import (
    SyntheticMinidump,
    amd64_context,
    old_arm64_context,
    small_dump,
    u64,
    x86_context,
)

SECRET = "Quokka7Zebra9Lynx"
PROGRAM, LIBRARY, STACK = 0x5500_0000_0000, 0x7F00_0000_0000, 0x7FFC_0000_0000


def breakpad_dump():
    """What Breakpad writes: raw maps, environment, command line, handler registers."""
    dump = SyntheticMinidump()
    dump.system()
    stack = u64(LIBRARY + 0x1100) + SECRET.encode() + bytes(7)
    handler = amd64_context(rip=LIBRARY + 0x1800, rsp=STACK)
    fault = amd64_context(
        rip=LIBRARY + 0x1234, rsp=STACK, rax=int.from_bytes(b"Quokka7Z", "little")
    )
    dump.listed(3, [dump.thread(31, handler, (STACK, stack))])
    dump.listed(24, [dump.thread_name(31, SECRET[:15])])
    modules = [
        dump.module(PROGRAM, 0x2000, f"/home/{SECRET}/prog", b"i" * 20),
        dump.module(LIBRARY, 0x3000, "/usr/lib/libc.so.6", b"j" * 20),
    ]
    dump.listed(4, modules)
    code = dump.memory(LIBRARY + 0x1200, b"c" * 64)
    data = dump.memory(LIBRARY + 0x2800, SECRET.encode())
    heap = dump.memory(0x5600_0000_0000, SECRET.encode())
    dump.listed(5, [dump.memory(STACK, stack), code, data, heap])
    dump.exception(31, 11, 1, 0, fault)
    dump.stream(0x47670003, SECRET.encode())
    dump.stream(0x47670004, f"Name:\t{SECRET}\nPid:\t31\nVmRSS:\t12 kB\n".encode())
    dump.stream(0x47670005, SECRET.encode())
    dump.stream(0x47670006, SECRET.encode())
    dump.stream(0x47670007, f"TOKEN={SECRET}\0".encode())
    dump.stream(0x47670008, u64(31) + u64(STACK) + u64(6) + u64(4096))
    maps = (
        f"{PROGRAM:x}-{PROGRAM + 0x2000:x} r-xp 0 0:0 1 /home/{SECRET}/prog\n"
        f"{LIBRARY + 0x1000:x}-{LIBRARY + 0x2000:x} r-xp 0 0:0 1 /usr/lib/libc.so.6\n"
        f"{LIBRARY + 0x2000:x}-{LIBRARY + 0x3000:x} rw-p 0 0:0 1 /usr/lib/libc.so.6\n"
        f"{STACK:x}-{STACK + 0x1000:x} rw-p 0 0:0 0 [stack]\n"
    )
    dump.stream(0x47670009, maps.encode())
    dump.dso_debug([(PROGRAM, f"/home/{SECRET}/prog", PROGRAM + 8)])
    dump.stream(0x12345678, SECRET.encode())
    dump.stream(0x4D7A0004, f'["{SECRET} é", "plain words"]'.encode())
    return dump


def taken_in(data):
    return snapshot_from(Minidump(data))


def rewritten(data):
    picture = sanitize(taken_in(data), identity=Identity())
    return picture.snapshot, write_minidump(picture, {})


def test_registers_are_those_of_the_fault():
    (thread,) = taken_in(breakpad_dump().build()).threads
    assert thread.registers.instruction_pointer == LIBRARY + 0x1234


def test_what_is_personal_is_in_the_foreign_dump_and_not_in_the_rewritten_one():
    data = breakpad_dump().build()
    snapshot, written = rewritten(data)
    for encoding in ("utf-8", "latin-1", "utf-16-le", "utf-32-le"):
        needles = [SECRET[n : n + 4].encode(encoding) for n in range(len(SECRET) - 3)]
        if encoding in {"utf-8", "utf-16-le"}:
            assert any(needle in data for needle in needles)
        assert not any(needle in written for needle in needles)
    (thread,) = snapshot.threads
    words = [thread.stack.data[n : n + 8] for n in range(0, 32, 8)]
    assert words[0] == u64(LIBRARY + 0x1100)
    assert words[1:3] == [u64(DEFACED)] * 2
    assert thread.registers.general["rax"] == DEFACED


def test_what_is_useful_stays():
    snapshot, written = rewritten(breakpad_dump().build())
    assert [m.path for m in snapshot.modules] == [
        "<private>/prog",
        "/usr/lib/libc.so.6",
    ]
    assert snapshot.status == (("Pid", "31"), ("VmRSS", "12 kB"))
    assert snapshot.auxv == ((31, 0), (6, 4096))
    assert snapshot.pid == 31
    assert [(b.address, b.data) for b in snapshot.memory] == [
        (LIBRARY + 0x1200, b"c" * 64)
    ]
    dump = Minidump(written)
    assert dump.exception.code == 11
    assert dump.memory_at(LIBRARY + 0x1200, 64) == b"c" * 64
    assert dump.maps == ()


def test_streams_that_were_dropped_are_named():
    lines = taken_in(breakpad_dump().build()).soft_errors
    assert lines == (
        "plain words",
        "stream dropped: 0x12345678",
        "stream dropped: linux_cmd_line",
        "stream dropped: linux_cpu_info",
        "stream dropped: linux_environ",
        "stream dropped: linux_lsb_release",
    )


def test_a_crashpad_dump_has_no_maps_so_modules_stand_for_them():
    snapshot = taken_in(small_dump().build())
    assert [(m.start, m.path) for m in snapshot.mappings] == [
        (0x5500_0000_0000, "/usr/bin/prog"),
        (0x7F00_0000_0000, "/usr/lib/libc.so.6"),
    ]
    assert all(Protection.EXECUTE in m.protection for m in snapshot.mappings)


def test_crashpads_kernel_text_gets_its_number_back():
    dump = SyntheticMinidump()
    dump.system(version=(6, 1, 44), text="-18 #1 SMP x86_64", cpu=bytes(range(24)))
    system = taken_in(dump.build()).system
    assert system.kernel == "Linux 6.1.44-18 #1 SMP x86_64"
    assert (system.cpu_vendor, system.cpu_signature) == (b"", 0)


def test_crashpads_annotations_do_not_come_along():
    dump = small_dump()
    dump.crashpad(bytes(16), [("prompt", SECRET)])
    snapshot, written = rewritten(dump.build())
    assert SECRET.encode() not in written
    assert "stream dropped: crashpad_info" in snapshot.soft_errors


def test_a_requested_dump_has_no_signal():
    dump = SyntheticMinidump()
    dump.system()
    dump.exception(1, 0xFFFFFFFF)
    assert taken_in(dump.build()).signal is None


def test_breakpads_arm64():
    dump = SyntheticMinidump()
    dump.system(architecture=0x8003)
    dump.listed(3, [dump.thread(1, old_arm64_context(pc=0x10, sp=0x20, cpsr=7))])
    snapshot = taken_in(dump.build())
    assert snapshot.architecture is Architecture.ARM64
    assert snapshot.threads[0].registers.general["pstate"] == 7
    _, written = rewritten(dump.build())
    assert Minidump(written).system.architecture == 12


def test_a_thread_whose_parts_are_broken_loses_only_those():
    dump = SyntheticMinidump()
    dump.system()
    thread = bytearray(dump.thread(1, amd64_context(flags=0), (STACK, bytes(8))))
    thread[36:40] = b"\0\xff\xff\xff"
    dump.listed(3, [bytes(thread), dump.thread(2, amd64_context(rip=5))])
    snapshot = taken_in(dump.build())
    assert [t.tid for t in snapshot.threads] == [1, 2]
    assert snapshot.threads[0].registers.general == {}
    assert snapshot.threads[0].stack is None
    assert len(snapshot.soft_errors) == 2
    _, written = rewritten(dump.build())
    assert len(Minidump(written).threads) == 2


def test_a_broken_stream_that_is_not_needed_is_left_out_and_named():
    dump = small_dump()
    dump.stream(0x4767000A, b"\1" * 48)
    dump.stream(0x4D7A0004, b"{")
    dump.stream(15, b"")
    snapshot = taken_in(dump.build())
    assert snapshot.dynamic_linking is None
    assert set(snapshot.soft_errors) == {
        *("stream broken: link map", "stream broken: soft errors"),
        "stream broken: misc info",
    }


@pytest.mark.parametrize(
    ("system", "says"),
    [
        ({"platform": 2}, "neither Linux nor Android"),
        ({"architecture": 0}, "neither AMD64 nor ARM64"),
    ],
)
def test_other_systems_are_refused(system, says):
    dump = SyntheticMinidump()
    dump.system(**system)
    dump.listed(3, [dump.thread(1, x86_context())])
    with pytest.raises(MinidumpError, match=says):
        taken_in(dump.build())


def test_a_dump_without_system_info_is_refused():
    with pytest.raises(MinidumpError, match="SYSTEM_INFO"):
        taken_in(SyntheticMinidump().build())


def test_stacks_that_share_their_bytes_do_not_multiply():
    dump = SyntheticMinidump()
    dump.system()
    first = dump.thread(0, amd64_context(), (STACK, b"s" * 65536))
    threads = [n.to_bytes(4, "little") + first[4:] for n in range(2000)]
    dump.listed(3, threads)
    data = dump.build()
    held = sum(len(t.stack.data) for t in taken_in(data).threads if t.stack)
    assert held <= len(data)


@pytest.mark.parametrize("number", [3, 4])
def test_crowds_are_refused(number):
    dump = SyntheticMinidump()
    dump.system()
    name = dump.text("/a")
    entry = (
        bytes(20) + name.to_bytes(4, "little") + bytes(84) if number == 4 else bytes(48)
    )
    dump.listed(number, [entry] * 5000)
    with pytest.raises(MinidumpError, match="5000 entries"):
        taken_in(dump.build())
