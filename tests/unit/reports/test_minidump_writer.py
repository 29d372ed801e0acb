"""The bytes the writer puts down, read back by offset and not by our reader."""

from __future__ import annotations

import copy
import dataclasses
import itertools
import struct
import uuid

import pytest

from reports.errors import MinidumpError
from reports.minidump import write_minidump
from reports.minidump.layout import Layout
from reports.minidump.structures import StreamType
from reports.sanitize import Removed, Sanitized, sanitize
from reports.snapshot import (
    Mapping,
    MemoryBlock,
    Protection,
    Registers,
    ThreadPicture,
)
from scrubbers import Identity
from tests.doubles.sample_snapshot import (
    LIBRARY,
    OTHER_STACK,
    PROGRAM,
    STACK,
    sample,
    words,
)

REPORT = "0b1f3f5e-1111-4222-8333-444455556666"


def written(annotations=None, python=None, **changes):
    picture = sanitize(sample(**changes), identity=Identity())
    return write_minidump(picture, annotations or {}, python)


def u32(data, at):
    return struct.unpack_from("<I", data, at)[0]


def u64(data, at):
    return struct.unpack_from("<Q", data, at)[0]


def streams(data):
    """Number to (offset, size), by the public layout of header and directory."""
    assert data[:4] == b"MDMP"
    entries = [
        struct.unpack_from("<III", data, u32(data, 12) + 12 * n)
        for n in range(u32(data, 8))
    ]
    return {number: (rva, size) for number, size, rva in entries}


def text(data, rva):
    size = u32(data, rva)
    assert rva % 4 == 0
    assert data[rva + 4 + size : rva + 6 + size] == b"\0\0"
    return data[rva + 4 : rva + 4 + size].decode("utf-16-le")


def test_the_header():
    data = written()
    assert u32(data, 4) == 0xA793
    assert u32(data, 20) == 1_700_000_000
    assert u64(data, 24) == 0


def test_exactly_the_streams_that_were_asked_for():
    assert set(streams(written(python=b"[]"))) == {
        *(3, 4, 5, 6, 7, 15, 16, 24),
        *(0x47670004, 0x47670008, 0x4767000A),
        *(0x43500001, 0x4D7A0004, 0x43570001),
    }


def test_never_cmdline_environ_maps_or_anything_unknown():
    allowed = {kind.value for kind in StreamType} - {
        *(0x47670003, 0x47670005, 0x47670006, 0x47670007, 0x47670009, 9, 0),
    }
    assert set(streams(written(python=b"[]"))) <= allowed


def test_streams_lie_one_after_the_other():
    data = written()
    spans = sorted(streams(data).values())
    assert all(at % 8 == 0 for at, _ in spans)
    for (at, size), (following, _) in itertools.pairwise(spans):
        assert at + size <= following
    assert sum(spans[-1]) <= len(data)


def test_system_info():
    data = written()
    at, size = streams(data)[7]
    assert size == 56
    assert struct.unpack_from("<HHHBB", data, at) == (9, 6, 0x9E0A, 4, 0)
    assert struct.unpack_from("<IIII", data, at + 8) == (6, 1, 0, 0x8201)
    assert text(data, u32(data, at + 24)) == "Linux 6.1.0-18 #1 SMP x86_64"
    assert data[at + 32 : at + 44] == b"GenuineIntel"
    assert u32(data, at + 44) == 0x906EA


def test_threads_share_their_stacks_with_the_memory_list():
    data = written()
    at, size = streams(data)[3]
    assert (u32(data, at), size) == (2, 4 + 2 * 48)
    memory, _ = streams(data)[5]
    ranges = {
        struct.unpack_from("<QII", data, memory + 4 + 16 * n)
        for n in range(u32(data, memory))
    }
    for n, (tid, start) in enumerate(
        [(4242, STACK + 0xF00), (4243, OTHER_STACK + 0x800)]
    ):
        thread = at + 4 + 48 * n
        assert u32(data, thread) == tid
        assert u64(data, thread + 16) == 0, "the TEB would be a pointer to text"
        assert struct.unpack_from("<QII", data, thread + 24) in ranges
        assert u64(data, thread + 24) == start
    assert u32(data, at + 4 + 48 + 12) == 5


def test_contexts_are_amd64_and_aligned():
    data = written()
    thread = streams(data)[3][0] + 4
    size, context = struct.unpack_from("<II", data, thread + 40)
    assert (size, context % 16) == (1232, 0)
    assert u32(data, context + 0x30) == 0x10000F
    assert u32(data, context + 0x44) == 0x10246
    assert u64(data, context + 0x78) == 5
    assert u64(data, context + 0x98) == STACK + 0xF00
    assert u64(data, context + 0xF8) == LIBRARY + 0x1234


def test_the_exception_shares_the_crashed_threads_context():
    data = written()
    at, size = streams(data)[6]
    assert size == 168
    assert struct.unpack_from("<I4xIIQQ", data, at) == (4242, 11, 1, 0, 0x10)
    assert data[at + 160 : at + 168] == data[streams(data)[3][0] + 44 :][:8]


def test_without_a_signal_it_is_a_requested_dump():
    data = written(signal=None)
    at, _ = streams(data)[6]
    assert struct.unpack_from("<I4xIIQQ", data, at) == (4242, 0xFFFFFFFF, 0, 0, 0)


def test_a_negative_si_code_is_written_as_its_bits():
    signal = dataclasses.replace(sample().signal, number=6, code=-6)
    data = written(signal=signal)
    assert u32(data, streams(data)[6][0] + 12) == 0xFFFFFFFA


def test_modules_with_build_ids_the_executable_first():
    data = written()
    at, _ = streams(data)[4]
    assert u32(data, at) == 2
    base, size = struct.unpack_from("<QI", data, at + 4)
    assert (base, size) == (PROGRAM, 0x2000)
    assert text(data, u32(data, at + 4 + 20)) == "/usr/bin/prog"
    cv_size, cv = struct.unpack_from("<II", data, at + 4 + 76)
    assert data[cv : cv + cv_size] == b"LEpB" + bytes(range(20))


def test_regions_instead_of_maps():
    data = written()
    at, _ = streams(data)[16]
    assert struct.unpack_from("<IIQ", data, at) == (16, 48, 6)
    base, allocation, _, size, state, protection, kind = struct.unpack_from(
        "<QQIxxxxQIII", data, at + 16 + 48
    )
    assert (base, allocation, size) == (PROGRAM + 0x1000, PROGRAM, 0x1000)
    assert (state, protection, kind) == (0x1000, 0x20, 0x1000000)


def test_the_link_map_is_padded_as_breakpads_structures_are():
    data = written()
    at, size = streams(data)[0x4767000A]
    version, links, count = struct.unpack_from("<III", data, at)
    assert (size, version, count) == (40 + 32, 1, 1)
    assert struct.unpack_from("<QQQ", data, at + 16) == (
        *(LIBRARY + 0x1010, LIBRARY, PROGRAM + 0x800),
    )
    address, name, dynamic = struct.unpack_from("<QIxxxxQ", data, links)
    assert (address, text(data, name), dynamic) == (PROGRAM, "", PROGRAM + 0x800)


def test_misc_info_names_the_process():
    data = written()
    at, size = streams(data)[15]
    expected = (24, 3, 4242, 1_699_999_000)
    assert (size, struct.unpack_from("<IIII", data, at)) == (24, expected)


def test_crashpad_info_with_the_report_id():
    data = written({"report_id": REPORT, "release": "pachyterm@1.2.3"})
    at, size = streams(data)[0x43500001]
    assert (size, u32(data, at)) == (52, 1)
    assert uuid.UUID(bytes_le=data[at + 4 : at + 20]) == uuid.UUID(REPORT)
    assert data[at + 20 : at + 36] == bytes(16), "a client id would link reports"
    simple = u32(data, at + 40)
    assert u32(data, simple) == 2
    assert b"pachyterm@1.2.3\0" in data


def test_annotations_outside_the_list_are_left_out_and_counted():
    data = written({"hostname": "quokka", "release": "x\ny", "terminal": "pachyterm"})
    at, size = streams(data)[0x4D7A0004]
    assert b"annotations withheld: 2" in data[at : at + size]
    assert b"quokka" not in data
    assert b"x\ny" not in data


def test_python_stacks_are_the_bytes_given():
    data = written(python=b'[{"os_thread_id": 4242}]')
    at, size = streams(data)[0x43570001]
    assert data[at : at + size] == b'[{"os_thread_id": 4242}]'


def test_python_stacks_that_are_no_json_are_refused():
    with pytest.raises(MinidumpError, match="PYTHON_STACKS"):
        written(python=b"{")


def test_the_same_arguments_give_the_same_bytes():
    annotations = {"release": "a", "runtime": "b"}
    backwards = dict(reversed(annotations.items()))
    assert written(annotations) == written(backwards)


def test_overlapping_stacks_become_one_range():
    thread = sample().threads[0]
    handler = dataclasses.replace(
        thread, tid=4250, stack=MemoryBlock(STACK + 0xF08, words(1, 2, 3, 4, 5, 6))
    )
    data = written(threads=(thread, handler))
    memory, _ = streams(data)[5]
    first = struct.unpack_from("<QII", data, memory + 4 + 16)
    threads, _ = streams(data)[3]
    stacks = [
        struct.unpack_from("<QII", data, threads + 4 + 48 * n + 24) for n in (0, 1)
    ]
    assert first[0] == STACK + 0xF00
    assert first[1] == 0x08 + 48
    assert stacks[1][2] == stacks[0][2] + 8


@pytest.mark.parametrize(
    "gone",
    [
        {"threads": ()},
        {"modules": ()},
        {"mappings": ()},
        {"memory": (), "auxv": (), "status": ()},
        {"dynamic_linking": None},
        {
            "threads": (
                ThreadPicture(4242, "", Registers(sample().architecture, {}), None),
            )
        },
    ],
    ids=["threads", "modules", "mappings", "memory", "linking", "registers"],
)
def test_a_partial_picture_is_still_a_valid_dump(gone):
    from reports.minidump import Minidump
    from reports.minidump.verify import problems

    dump = Minidump(written(**gone))
    left = {str(problem) for problem in problems(dump)}
    expected = "EXCEPTION at offset 0x0: thread 4242 is not in the thread list"
    assert left == ({expected} if gone == {"threads": ()} else set())


def test_a_dump_that_no_rva_could_point_into_is_refused():
    layout = Layout(1)

    class Huge(bytes):
        def __len__(self):
            return 1 << 32

    with pytest.raises(MinidumpError, match="4 GiB"):
        layout.place(Huge())


def test_only_sanitized_pictures_are_written():
    class Lookalike:
        snapshot = sample()
        removed = Removed()

    for raw in (sample(), Lookalike(), None, {"snapshot": sample()}):
        with pytest.raises(TypeError, match="Sanitized"):
            write_minidump(raw, {})


def test_nobody_else_makes_a_sanitized_picture():
    made = sanitize(sample(), identity=Identity())
    with pytest.raises(TypeError, match="makes Sanitized values"):
        Sanitized(object(), sample(), Removed())
    with pytest.raises(TypeError):
        Sanitized(sample(), Removed())
    with pytest.raises((TypeError, ValueError)):
        dataclasses.replace(made, snapshot=sample())
    with pytest.raises(TypeError, match="makes Sanitized values"):
        dataclasses.replace(made, maker=None, snapshot=sample())
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.snapshot = sample()
    with pytest.raises(AttributeError):
        write_minidump(object.__new__(Sanitized), {})


def test_a_subclass_of_sanitized_is_no_way_in():
    class Loose(Sanitized):
        def __post_init__(self, maker):
            pass

    with pytest.raises(TypeError, match="Sanitized"):
        write_minidump(Loose(None, sample(), Removed()), {})


def test_a_copy_of_a_sanitized_picture_is_the_same_picture():
    made = sanitize(sample(), identity=Identity())
    again = copy.copy(made)
    assert again.snapshot is made.snapshot


def test_neighbouring_mappings_of_one_sort_are_one_region():
    both = Protection.READ
    mappings = (
        Mapping(PROGRAM, PROGRAM + 0x1000, both, 0, "/usr/bin/prog"),
        Mapping(PROGRAM + 0x1000, PROGRAM + 0x2000, both, 0x3000, "/usr/bin/prog"),
        Mapping(PROGRAM + 0x2000, PROGRAM + 0x3000, both, 0, ""),
        Mapping(PROGRAM + 0x3000, PROGRAM + 0x4000, both | Protection.WRITE, 0, ""),
        Mapping(PROGRAM + 0x5000, PROGRAM + 0x6000, both | Protection.WRITE, 0, ""),
    )
    data = written(mappings=mappings)
    at, size = streams(data)[16]
    found = [(u64(data, n), u64(data, n + 24)) for n in range(at + 16, at + size, 48)]
    assert found == [
        (PROGRAM, 0x2000),
        (PROGRAM + 0x2000, 0x1000),
        (PROGRAM + 0x3000, 0x1000),
        (PROGRAM + 0x5000, 0x1000),
    ]
