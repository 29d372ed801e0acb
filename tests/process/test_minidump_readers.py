"""Dumps of real crashes, read by readers that others wrote.

Each says what it sees, and all must agree with our own reader. What a reader
overlooks on purpose-broken dumps, ours must not.
"""

from __future__ import annotations

import os
import random
import re
import struct
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from crashwatch.linux.freeze import frozen
from crashwatch.linux.proc_directory import ProcDirectory
from crashwatch.linux.snapshot import take_snapshot
from reports.errors import MinidumpError
from reports.minidump import Minidump, write_minidump
from reports.minidump.describe import inspect_minidump
from reports.minidump.structures import StreamType
from reports.minidump.verify import problems
from reports.sanitize import sanitize
from scrubbers import Identity
from tests.doubles import minidump_tools as tools
from tests.doubles.held_crash import held_crash
from tests.doubles.requirement import require

pytestmark = [pytest.mark.process, pytest.mark.ptrace]

CODE = """
gate = threading.Barrier({threads})
def wait():
    gate.wait()
    threading.Event().wait()
for _ in range({threads} - 1):
    threading.Thread(target=wait, daemon=True).start()
gate.wait()
def fall():
    ctypes.string_at(0)
fall()
"""
MUTATIONS = int(os.environ.get("CRASHWATCH_MUTATIONS", "60"))
"""Read once, early: tests run without our variables (see conftest)."""

SYSTEM_PYTHON = Path("/usr/bin/python3")
ANNOTATIONS = {
    "release": "pachyterm@1.0",
    "report_id": "0b1f3f5e-1111-4222-8333-444455556666",
}


@dataclass(frozen=True)
class Dump:
    """A written dump, its file, and what our own reader says of it."""

    path: Path
    data: bytes
    ours: tools.Seen

    @property
    def tids(self):
        """Thread ids in the file's order."""
        return [thread.tid for thread in Minidump(self.data).threads]

    @property
    def place(self):
        """Module and offset of the crashing instruction, as ``inspect`` says it."""
        shown = inspect_minidump(Minidump(self.data))
        return next(thread.module for thread in shown.threads if thread.crashed)


def dump_of(python, threads, folder, name):
    with (
        held_crash(python, CODE.format(threads=threads)) as held,
        ProcDirectory(held.pid) as directory,
        frozen(held.pid) as stopped,
        Path(f"/proc/{held.pid}/mem").open("rb", buffering=0) as memory,
    ):
        tid = held.find_crashed(stopped.tids)

        def read_code(address, size):
            memory.seek(address)
            return memory.read(size)

        snapshot = take_snapshot(
            stopped, directory, crashed_tid=tid, announced_signal=11
        )
        home = str(Path.home())
        identity = Identity(user=Path.home().name, home=home)
        picture = sanitize(snapshot, identity=identity, read_code=read_code)
    data = write_minidump(picture, ANNOTATIONS, b'[{"os_thread_id": 1}]')
    path = folder / f"{name}-{threads}.dmp"
    path.write_bytes(data)
    return Dump(path, data, seen_by_us(data))


def seen_by_us(data):
    shown = inspect_minidump(Minidump(data))
    crashed = next(thread for thread in shown.threads if thread.crashed)
    fault = shown.exception
    return tools.Seen(
        len(shown.threads),
        fault.tid,
        fault.signal,
        int(fault.address, 16),
        int(crashed.instruction_pointer, 16),
        int(crashed.stack_pointer, 16),
        {m.name.rpartition("/")[2]: m.build_id for m in shown.modules},
    )


@pytest.fixture(scope="module", params=[1, 8, 64], ids=lambda n: f"{n}-threads")
def dump(request, tmp_path_factory):
    require(SYSTEM_PYTHON.exists(), "no /usr/bin/python3", "apt-get install python3")
    folder = tmp_path_factory.mktemp("dumps")
    return dump_of(SYSTEM_PYTHON, request.param, folder, "system")


def test_ours_sees_the_crash_and_no_problem(dump):
    expected = int(dump.path.stem.rpartition("-")[2])
    assert problems(Minidump(dump.data)) == ()
    assert dump.ours.threads == expected
    assert (dump.ours.reason, dump.ours.address) == ("SIGSEGV", 0)
    assert len(dump.ours.modules) > 4


def test_breakpads_dump_prints_no_error(dump):
    assert tools.breakpad_errors(dump.path) == ([], 0)


def test_breakpads_stackwalk_agrees(dump):
    done, threads, crash, modules = tools.breakpad_walk(dump.path)
    assert done.returncode == 0
    assert len(threads) == dump.ours.threads
    assert crash[1].startswith("SIGSEGV")
    assert int(crash[2], 16) == dump.ours.address
    assert dump.tids[int(crash[3])] == dump.ours.crashed
    module, offset = walked_place(done, crash[3])
    assert f"{module}+{offset:#x}" == dump.place
    assert set(modules) == set(dump.ours.modules)
    for name, debug_id in modules.items():
        swapped = guid(dump.ours.modules[name])
        assert debug_id == swapped, name


def walked_place(done, index):
    """Module and offset of the innermost frame, as Breakpad's stackwalk has them."""
    rows = [line.split("|") for line in done.stdout.splitlines()]
    frame = next(row for row in rows if row[:2] == [index, "0"])
    return frame[2], int(frame[6], 16)


def guid(build_id):
    """Breakpad's debug id: the first 16 bytes as a GUID, and an age of 0."""
    raw = bytes.fromhex(build_id)[:16]
    a, b, c = struct.unpack("<IHH", raw[:8])
    return f"{a:08X}{b:04X}{c:04X}{raw[8:].hex().upper()}0"


def test_rust_minidump_agrees(dump):
    seen = tools.rust_walk(dump.path)
    assert seen.threads == dump.ours.threads
    assert seen.crashed == dump.ours.crashed
    assert seen.reason.startswith("SIGSEGV")
    assert seen.address == dump.ours.address
    assert (seen.pointer, seen.stack) == (dump.ours.pointer, dump.ours.stack)
    assert seen.modules == dump.ours.modules


def test_lldb_agrees(dump):
    text = tools.lldb(
        dump.path, "thread list", "register read rip rsp", "target modules list"
    )
    assert len(re.findall(r"thread #\d+", text)) == dump.ours.threads
    assert f"tid = {dump.ours.crashed}" in text
    assert "stop reason = signal SIGSEGV" in text
    registers = dict(re.findall(r"\b(rip|rsp) = (0x[0-9a-f]+)", text))
    assert int(registers["rip"], 16) == dump.ours.pointer
    assert int(registers["rsp"], 16) == dump.ours.stack
    assert tools.lldb_modules(text) == dump.ours.modules


def test_lldb_unwinds_the_crashed_thread_to_its_start(dump):
    text = tools.lldb(dump.path, "thread backtrace")
    assert "PyEval_EvalFrame" in text
    assert re.search(r"frame #\d+: .*`_start", text), text


def test_lldb_unwinds_across_a_libpython_that_it_is_shown(tmp_path):
    dump = dump_of(sys.executable, 2, tmp_path, "own")
    prefix = Path(sys.base_prefix)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    dynamic = prefix / "lib" / version / "lib-dynload"
    folders = [prefix / "bin", prefix / "lib", dynamic]
    text = tools.lldb(dump.path, "thread backtrace", search=folders)
    assert re.search(r"frame #\d+: .*`_start", text), text
    assert "_PyEval_EvalFrameDefault" in text


def mutations(data):
    """Broken copies: those of the reference on formats, and some of our own."""
    dump = Minidump(data)

    def at(kind):
        return dump.locate(kind).rva

    threads, modules = at(StreamType.THREAD_LIST), at(StreamType.MODULE_LIST)
    context = dump.threads[0].context.rva
    words = {
        "signature": (0, 0),
        "version": (4, 0),
        "context-flags": (context + 0x30, 0),
        "context-rva": (threads + 4 + 44, 0xFFFFFF00),
        "stack-rva": (threads + 4 + 36, 0xFFFFFF00),
        "module-name-rva": (modules + 4 + 20, 0xFFFFFF00),
        "module-record-rva": (modules + 4 + 80, 0xFFFFFF00),
        "thread-count": (threads, len(dump.threads) + 1),
        "module-count": (modules, len(dump.modules) + 1),
        "memory-count": (at(StreamType.MEMORY_LIST), 0xFFFF),
        "memory-rva": (at(StreamType.MEMORY_LIST) + 4 + 12, 0xFFFFFF00),
        "exception-tid": (at(StreamType.EXCEPTION), 0x7FFFFFF1),
        "directory-rva": (12, 0xFFFFFF00),
        "stream-count": (8, 0xFFFFFF),
        "region-count": (at(StreamType.MEMORY_INFO_LIST) + 8, 0xFFFFFF),
        "names-count": (at(StreamType.THREAD_NAMES), 0xFFFFFF),
    }
    for name, (offset, value) in words.items():
        raw = bytearray(data)
        struct.pack_into("<I", raw, offset, value)
        yield name, bytes(raw)
    yield "half", data[: len(data) // 2]
    yield "a fifth", data[: len(data) // 5]


def refused_by_us(data):
    try:
        return bool(problems(Minidump(data)))
    except MinidumpError:
        return True


def test_what_the_strictest_reader_refuses_we_refuse(dump, tmp_path):
    table = []
    path = tmp_path / "broken.dmp"
    for name, data in mutations(dump.data):
        path.write_bytes(data)
        errors, status = tools.breakpad_errors(path)
        rust = tools.rust_walk(path) is None
        table.append((name, refused_by_us(data), bool(errors or status), rust))
    for row in table:
        print("{:20} ours={} breakpad={} rust={}".format(*row))
    assert [name for name, ours, *_ in table if not ours] == []
    assert any(not theirs for _, _, theirs, _ in table), "all of them are as strict"


def structural_words(data):
    """Offsets of the words that say how the file is built, and of two contexts."""
    dump = Minidump(data)
    yield from range(0, 32, 4)
    yield from range(32, 32 + 12 * len(dump.directory), 4)
    for entry in dump.directory:
        start, size = entry.location.rva, entry.location.size
        yield from range(start, start + min(size, 700) // 4 * 4, 4)
    for thread in dump.threads[:2]:
        yield from range(thread.context.rva, thread.context.rva + 1232, 4)


def test_of_words_changed_at_random_we_refuse_as_many_as_breakpad(tmp_path):
    """CRASHWATCH_MUTATIONS: how many. Most change a value, not the form."""
    data = dump_of(SYSTEM_PYTHON, 2, tmp_path, "random").data
    words, chance = list(structural_words(data)), random.Random(1)
    values = (0, 1, 3, 0x7FFFFFFF, 0x80000000, 0xFFFFFF00, 0xFFFFFFFF, len(data))
    counted = Counter()
    path = tmp_path / "broken.dmp"
    for _ in range(MUTATIONS):
        raw = bytearray(data)
        struct.pack_into("<I", raw, chance.choice(words), chance.choice(values))
        path.write_bytes(raw)
        errors, status = tools.breakpad_errors(path)
        counted["ours"] += refused_by_us(bytes(raw))
        counted["breakpad"] += bool(errors or status)
    print(f"of {MUTATIONS}: {dict(counted)}")
    assert counted["ours"] >= counted["breakpad"] > 0
