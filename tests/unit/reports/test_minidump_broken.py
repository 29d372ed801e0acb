"""Each kind of broken file, by the name of its fault."""

from __future__ import annotations

import contextlib
import gc
import struct
import time
import tracemalloc

import pytest

from reports.errors import MinidumpError
from reports.minidump import Minidump
from reports.minidump.describe import inspect_minidump
from reports.minidump.structures import StreamType
from reports.minidump.verify import problems
from tests.doubles.synthetic_minidump import (
    SyntheticMinidump,
    amd64_context,
    small_dump,
    u32,
    u64,
)

MEGABYTE = 1 << 20


def faults(data):
    """Stream names of every fault; the header's and directory's raise at once."""
    try:
        dump = Minidump(data)
    except MinidumpError as error:
        return {error.stream}
    found = problems(dump)
    assert all(f"{e.stream} at offset {e.offset:#x}" in str(e) for e in found)
    return {problem.stream for problem in found}


def changed(data, offset, value):
    raw = bytearray(data)
    struct.pack_into("<I", raw, offset, value)
    return bytes(raw)


def place_of(data, kind):
    return Minidump(data).locate(StreamType(kind)).rva


def entry_of(data, kind):
    """Offset of the stream's directory entry."""
    dump = Minidump(data)
    index = [entry.number for entry in dump.directory].index(kind)
    return dump.header.directory_rva + 12 * index


def test_the_dump_that_the_others_are_made_of_is_whole():
    assert faults(small_dump().build()) == set()


@pytest.mark.parametrize("size", [0, 1, 31])
def test_shorter_than_a_header(size):
    assert faults(small_dump().build()[:size]) == {"header"}


def test_wrong_signature():
    assert faults(small_dump().build(signature=b"\x7fELF")) == {"header"}


def test_wrong_version():
    assert faults(small_dump().build(version=0)) == {"header"}


def test_directory_outside_the_file():
    assert faults(small_dump().build(directory=0xFFFFFFF0)) == {"directory"}


def test_more_streams_than_the_file_has():
    data = small_dump().build()
    assert faults(changed(data, 8, 0xFFFFFFFF)) == {"directory"}


def test_a_stream_that_is_there_twice():
    dump = small_dump()
    dump.system()
    assert "SYSTEM_INFO" in faults(dump.build())


@pytest.mark.parametrize("kind", [3, 4, 5, 6, 7, 24], ids=lambda k: StreamType(k).name)
def test_a_stream_outside_the_file(kind):
    data = small_dump().build()
    at = entry_of(data, kind)
    assert StreamType(kind).name in faults(changed(data, at + 8, 0xFFFFFF00))
    assert StreamType(kind).name in faults(changed(data, at + 4, 0xFFFFFF00))


@pytest.mark.parametrize("kind", [6, 7], ids=lambda k: StreamType(k).name)
def test_a_stream_shorter_than_its_structure(kind):
    data = small_dump().build()
    assert StreamType(kind).name in faults(changed(data, entry_of(data, kind) + 4, 20))


@pytest.mark.parametrize("kind", [3, 4, 5, 24], ids=lambda k: StreamType(k).name)
@pytest.mark.parametrize("count", [3, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_count_larger_than_the_stream(kind, count):
    data = small_dump().build()
    assert StreamType(kind).name in faults(changed(data, place_of(data, kind), count))


def test_a_stream_over_the_header():
    data = small_dump().build()
    assert "THREAD_NAMES" in faults(changed(data, entry_of(data, 24) + 8, 0))


def test_a_directory_that_contains_itself():
    built = SyntheticMinidump()
    raw = bytearray(built.build(directory=20))
    raw += bytes(64)
    struct.pack_into("<I", raw, 8, 4)
    assert faults(bytes(raw)) <= {"directory", "header", "THREAD_LIST", "0x00000014"}


@pytest.mark.parametrize(("offset", "what"), [(0x14, "name"), (0x50, "record")])
def test_a_module_whose_part_is_outside(offset, what):
    data = small_dump().build()
    at = place_of(data, 4) + 4 + offset
    assert faults(changed(data, at, 0xFFFFFFF0)) == {"MODULE_LIST"}, what


def test_a_module_name_longer_than_the_file():
    data = small_dump().build()
    name = struct.unpack_from("<I", data, place_of(data, 4) + 4 + 0x14)[0]
    assert faults(changed(data, name, 0xFFFFFFFE)) == {"MODULE_LIST"}
    assert faults(changed(data, name, 60_000)) == {"MODULE_LIST"}


def test_a_module_name_that_is_a_novel():
    built = SyntheticMinidump()
    built.listed(4, [built.module(1, 1, "n" * 40_000)])
    assert faults(built.build()) == {"MODULE_LIST"}


def test_a_context_outside_the_file():
    data = small_dump().build()
    at = place_of(data, 3) + 4 + 0x2C
    assert faults(changed(data, at, 0xFFFFFFF0)) == {"THREAD_LIST"}


def test_a_context_of_another_size():
    data = small_dump().build()
    at = place_of(data, 3) + 4 + 0x28
    assert faults(changed(data, at, 716)) == {"THREAD_LIST"}


def test_a_context_whose_flags_are_of_another_processor():
    data = small_dump().build()
    context = Minidump(data).threads[0].context.rva
    for flags in (0, 0x400007, 0x10007):
        assert faults(changed(data, context + 0x30, flags)) == {"THREAD_LIST"}


def test_a_processor_nobody_knows():
    data = small_dump().build()
    raw = bytearray(data)
    struct.pack_into("<H", raw, place_of(data, 7), 0x7777)
    assert faults(bytes(raw)) == {"THREAD_LIST", "EXCEPTION"}


def test_threads_without_system_info():
    built = SyntheticMinidump()
    built.listed(3, [built.thread(1, amd64_context())])
    assert faults(built.build()) == {"THREAD_LIST"}


def test_a_stack_outside_the_file():
    data = small_dump().build()
    assert faults(changed(data, place_of(data, 3) + 4 + 0x24, 0xFFFFFF00)) == {
        "THREAD_LIST"
    }


def test_a_thread_listed_twice():
    data = small_dump().build()
    assert faults(changed(data, place_of(data, 3) + 4 + 48, 11)) == {"THREAD_LIST"}


def test_an_exception_of_a_thread_that_is_not_there():
    data = small_dump().build()
    assert faults(changed(data, place_of(data, 6), 99)) == {"EXCEPTION"}


def test_an_exception_that_is_no_signal():
    data = small_dump().build()
    assert faults(changed(data, place_of(data, 6) + 8, 0xC0000005)) == {"EXCEPTION"}


def test_memory_outside_the_file():
    data = small_dump().build()
    assert faults(changed(data, place_of(data, 5) + 4 + 12, 0xFFFFFF00)) == {
        "MEMORY_LIST"
    }


def test_memory_ranges_that_overlap():
    built = SyntheticMinidump()
    entries = [built.memory(0x1000, b"a" * 32), built.memory(0x1010, b"b" * 32)]
    built.listed(5, entries)
    data = built.build()
    assert faults(data) == {"MEMORY_LIST"}
    assert Minidump(data).memory_at(0x1010, 4) == b"aaaa"


def test_memory64_ranges_past_the_end():
    built = SyntheticMinidump()
    built.stream(9, u64(1) + u64(32) + u64(0x1000) + u64(1 << 63))
    assert faults(built.build()) == {"MEMORY64_LIST"}


def test_memory64_count_that_overflows():
    built = SyntheticMinidump()
    built.stream(9, u64((1 << 64) - 1) + u64(32) + u64(0x1000) + u64(1))
    assert faults(built.build()) == {"MEMORY64_LIST"}


@pytest.mark.parametrize(
    "header",
    [(16, 0, 1 << 60), (16, 48, 1 << 60), (0, 48, 0), (16, 8, 0), (0xFFFFFFFF, 48, 0)],
)
def test_region_headers_that_lie(header):
    built = SyntheticMinidump()
    size, entry, count = header
    built.stream(16, u32(size) + u32(entry) + u64(count) + bytes(48))
    assert faults(built.build()) == {"MEMORY_INFO_LIST"}


def test_misc_info_that_says_it_is_longer_than_its_stream():
    built = SyntheticMinidump()
    built.misc(1, 2)
    data = built.build()
    assert faults(changed(data, place_of(data, 15), 1364)) == {"MISC_INFO"}


@pytest.mark.parametrize(
    "text", [b"zz", b"0-zz r-xp 0", b"1-2", b"12 r 0", b"\xff\xff"]
)
def test_maps_that_are_no_maps(text):
    built = SyntheticMinidump()
    built.stream(0x47670009, text)
    assert faults(built.build()) == {"LINUX_MAPS"}


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"\xff", b'"\xff"', b"[" * 100_000, b"NaN", "[1]".encode("utf-16")],
)
def test_json_that_is_none(text):
    built = SyntheticMinidump()
    built.stream(0x43570001, text)
    built.stream(0x4D7A0004, text)
    assert faults(built.build()) == {"PYTHON_STACKS", "MOZ_SOFT_ERRORS"}


@pytest.mark.parametrize("text", [b"9" * 10_000, b'{"a": [1e999999]}'])
def test_json_with_numbers_that_are_too_large_is_refused_or_read(text):
    built = SyntheticMinidump()
    built.stream(0x43570001, text)
    built.stream(0x4D7A0004, text)
    assert faults(built.build()) <= {"PYTHON_STACKS", "MOZ_SOFT_ERRORS"}


def test_a_link_map_with_more_entries_than_the_file():
    built = SyntheticMinidump()
    built.stream(0x4767000A, u32(1) + u32(0) + u32(0xFFFFFFFF) + bytes(24))
    assert faults(built.build()) == {"LINUX_DSO_DEBUG"}


def test_crashpad_modules_that_contain_themselves():
    built = SyntheticMinidump()
    built.stream(0x43500001, bytes(52))
    data = built.build()
    at = place_of(data, 0x43500001)
    raw = bytearray(data)
    struct.pack_into("<IIII", raw, at + 36, 52, at, 52, at)
    struct.pack_into("<I", raw, at, 0xFFFFFF)
    assert faults(bytes(raw)) == {"CRASHPAD_INFO"}


def measured(data):
    """Seconds and peak bytes of describing and verifying the whole file."""
    tracemalloc.start()
    begun = time.perf_counter()
    with contextlib.suppress(MinidumpError):
        inspect_minidump(Minidump(data))
    seconds = time.perf_counter() - begun
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return seconds, peak


def nested_crashpad():
    """Modules that all share one dictionary of thousands of entries."""
    built = SyntheticMinidump()
    key = built.utf8("k")
    pairs = u32(30_000) + (u32(key) + u32(key)) * 30_000
    simple = built.part(pairs)
    module = built.part(u32(1) + bytes(8) + u32(len(pairs)) + u32(simple) + bytes(8))
    links = u32(30_000) + (u32(0) + u32(28) + u32(module)) * 30_000
    at = built.part(links)
    built.stream(0x43500001, bytes(44) + u32(len(links)) + u32(at))
    return built.build()


def overlapping_strings():
    """Modules whose names are one text, each beginning four bytes after the other."""
    built = SyntheticMinidump()
    at = built.part(u32(60_000) * 150_000)
    entries = [
        bytes(8) + u32(1) + bytes(8) + u32(at + 4 * n) + bytes(84) for n in range(4000)
    ]
    built.listed(4, entries)
    return built.build()


def threads_that_share_one_context():
    built = SyntheticMinidump()
    built.system()
    context = built.part(amd64_context(rip=1, rsp=2))
    thread = bytes(40) + u32(1232) + u32(context)
    built.listed(3, [u32(n) + thread[4:] for n in range(20_000)])
    return built.build()


def a_million_tiny_streams():
    built = SyntheticMinidump()
    built.directory = [(0x5000_0000 + n, 0, 0) for n in range(80_000)]
    return built.build()


def link_maps_and_names():
    built = SyntheticMinidump()
    built.dso_debug([(0, "", 0)] * 50_000)
    return built.build()


@pytest.mark.slow
@pytest.mark.parametrize(
    "make",
    [
        nested_crashpad,
        overlapping_strings,
        threads_that_share_one_context,
        a_million_tiny_streams,
        link_maps_and_names,
    ],
    ids=lambda make: make.__name__,
)
def test_a_hostile_megabyte_costs_little(make):
    data = make()
    data += bytes(max(0, MEGABYTE - len(data)))
    megabytes = len(data) / MEGABYTE
    seconds, peak = measured(data)
    assert peak < 64 * MEGABYTE * megabytes
    # tracemalloc makes everything several times slower: time without it.
    gc.collect()  # what other tests of this process left is not this one's cost
    spent = [megabytes]
    while len(spent) < 4 and min(spent) >= megabytes:
        begun = time.process_time()
        inspect_minidump(Minidump(data))
        spent.append(time.process_time() - begun)
    assert min(spent) < megabytes, seconds
