"""Native stacks of real crashes against lldb's and py-spy's of the same process."""

from __future__ import annotations

import struct
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from crashwatch.supervisor.module_files import ModuleFiles
from reports.backtrace import Thread
from reports.joined_stack import joined
from reports.mapped_code import MappedCode
from reports.sanitize import sanitize
from reports.unwinding.elf_file import read_elf_file
from reports.unwinding.native_stacks import native_stacks
from reports.unwinding.unwind import Trust
from scrubbers import Identity
from tests.doubles.command_line import crashwatch, crashwatch_json
from tests.doubles.native_program import build_jumping
from tests.doubles.requirement import require
from tests.doubles.target_program import run_to_end, supervised
from tests.doubles.unwound import OURS, lldb_stacks, pyspy_calls, stacks_of, unwound

pytestmark = [pytest.mark.process, pytest.mark.ptrace]

SYSTEM_PYTHON = Path("/usr/bin/python3")
THREADS = """
gate = threading.Barrier(3)
def wait():
    gate.wait()
    threading.Event().wait()
for _ in range(2):
    threading.Thread(target=wait, daemon=True).start()
gate.wait()
"""
SORT = """
def fall(_):
    ctypes.string_at(0)
def deeper(_):
    fall(0)
def sort():
    sorted([1], key=deeper)
"""
IN_MAIN = THREADS + SORT + "sort()\n"
IN_THREAD = (
    THREADS + SORT + "threading.Thread(target=sort).start()\nthreading.Event().wait()\n"
)
CHAIN = ["string_at", "fall", "deeper", "sort"]


@pytest.fixture
def system_python():
    require(SYSTEM_PYTHON.exists(), "no /usr/bin/python3", "apt-get install python3")
    return SYSTEM_PYTHON


def addresses(stacks):
    return {tid: [f.address for f in found] for tid, found in stacks.threads.items()}


def agree_with_lldb(python, path):
    """Every frame of every thread, the crashed one to its start."""
    crash = unwound(python, IN_THREAD)
    ours = crash.stacks()
    counters = addresses(ours)
    theirs = lldb_stacks(crash, python, path / "crash.dmp")
    same = sum(counters[tid] == found for tid, found in theirs.items())
    frames = sum(map(len, theirs.values()))
    print(f"{python}: {same} of {len(theirs)} threads, {frames} frames as in lldb")
    assert counters == theirs
    assert ours.in_time
    assert all(
        frame.trust in {Trust.CONTEXT, Trust.CFI}
        for found in ours.threads.values()
        for frame in found
    )
    main = [frame.name for frame in ours.threads[crash.raw.pid]]
    assert main[-1] == "_start"
    assert "_PyEval_EvalFrameDefault" in main
    assert ours.threads == crash.raw_stacks().threads, "sanitizing lost frames"


def test_lldb_sees_the_same(each_python, tmp_path):
    agree_with_lldb(each_python.executable, tmp_path)


def test_lldb_sees_the_same_in_a_program_below_four_gigabytes(system_python, tmp_path):
    agree_with_lldb(system_python, tmp_path)


def test_lldb_sees_the_same_where_a_function_ended_in_a_jump(tmp_path):
    """As a thread may that is caught in glibc's pthread_mutex_unlock: it jumps on."""
    library = build_jumping(tmp_path)
    call = f"ctypes.CDLL({str(library)!r}).calling(None)"
    crash = unwound(sys.executable, call)
    ours = crash.stacks().threads[crash.tid]
    theirs = lldb_stacks(crash, sys.executable, tmp_path / "crash.dmp", tmp_path)
    assert [frame.name for frame in ours[:2]] == ["jumped_to", "calling"]
    assert [frame.address for frame in ours] == theirs[crash.tid]


def test_pyspy_sees_the_same_in_the_same_order(each_python):
    """py-spy leaves the interpreter's own frames out, and shows inlined ones as well.

    Of a library without debug information it tells addresses: all must be ours.
    """
    crash = unwound(each_python.executable, IN_MAIN, ask_pyspy=True)
    calls = pyspy_calls(crash.native, crash.tid)
    require(calls, "py-spy cannot unwind natively here", "allow ptrace")
    ours = crash.stacks().threads[crash.tid]
    places = [{hex(frame.address), frame.name} for frame in ours]
    begins = next(n for n, (name, _) in enumerate(calls) if name in places[0])
    theirs = [name for name, file in calls[begins:] if ".py:" not in file]
    theirs = [name for name in theirs if name not in CHAIN[1:] and name != "<module>"]
    told = [name for name in theirs if any(name in place for place in places)]
    addresses = [name for name in theirs if name.startswith("0x")]
    print(f"{each_python.version}: {len(told)} of py-spy's {len(theirs)} native frames")
    assert set(addresses) <= set(told)
    assert in_this_order(told, places)
    assert len(told) >= 6
    assert len(theirs) - len(told) <= 2, "more than what was inlined"


def in_this_order(names, places):
    left = iter(places)
    return all(any(name in place for place in left) for name in names)


def supervised_crash(python, folder):
    """Crash a program under supervision; its report's threads, and its dump."""
    program = folder / "app" / "program.py"
    program.parent.mkdir()
    program.write_text("import ctypes, threading\n" + IN_MAIN)
    run_to_end(
        supervised([python, program], "--headless", "--artifacts", folder / "out")
    )
    (row,) = crashwatch_json("reports", "list")
    shown = crashwatch_json("reports", "show", row["id"])
    threads = msgspec.convert(shown["threads"], list[Thread])
    return row["id"], threads, folder / "out" / "crash.dmp"


def test_report_and_dump_show_one_stack_of_both(each_python, tmp_path):
    report, threads, dump = supervised_crash(each_python.executable, tmp_path)
    crashed, *others = threads
    stack = joined(crashed)
    names = [frame.function for frame in stack]
    python = [n for n, frame in enumerate(stack) if not frame.module]
    assert [names[n] for n in python] == [*CHAIN, "<module>"]
    assert stack[0].module.startswith("libc")
    assert stack[-1].function == "_start"
    # Between the chain that sorted() called and the one that called it: its own C code.
    between = names[python[2] + 1 : python[3]]
    assert between
    assert not [name for name in between if "EvalFrame" in name]
    assert python[:3] == list(range(python[0], python[0] + 3)) or (
        each_python.version == "3.10"
    )
    assert len(others) == 2
    for thread in others:
        assert {"wait", "Condition.wait"} & {f.function for f in thread.frames}
        assert thread.native[0].module.startswith("libc")
        assert thread.tid is not None
    seen = [
        line.split()[0]
        for line in shown_stack(crashwatch("reports", "show", report).out)
    ]
    assert seen == names
    rows = crashwatch_json("inspect", str(dump))["stacks"]
    assert rows[0]["tid"] == crashed.tid
    assert [call["function"] for call in rows[0]["calls"]] == names
    assert rows[0]["crashed"]
    assert sorted(row["tid"] for row in rows) == sorted(t.tid for t in threads)
    text = crashwatch("inspect", str(dump)).out
    assert f"Stack of thread {crashed.tid}" in text


def shown_stack(text):
    """Lines of the first thread that ``reports show`` prints."""
    lines = text.split("(crashed)\n")[1].split("\n\n")[0]
    return lines.splitlines()


def test_through_a_signal_frame(each_python):
    """From a system call in its handler, a thread leads on through its fault."""
    crash = unwound(each_python.executable, IN_THREAD)
    at_fault = crash.stacks().threads[crash.tid]
    with MappedCode(crash.in_handler.mappings) as code:
        picture = sanitize(crash.in_handler, identity=Identity(), read_code=code)
    with ModuleFiles() as files:
        modules = crash.raw.modules
        frames = native_stacks(picture.snapshot, files, modules=modules, clock=OURS)
    whole = frames.threads[crash.tid]
    assert "write" in whole[0].name
    assert {frame.trust for frame in whole} == {Trust.CONTEXT, Trust.CFI}
    assert len(whole) > len(at_fault) + 2
    expected = [(frame.address, frame.name) for frame in at_fault]
    assert [(f.address, f.name) for f in whole[-len(at_fault) :]] == expected


def test_in_a_procedure_linkage_table(system_python):
    """At each byte of a stub's instructions the caller is the same."""
    crash = unwound(system_python, IN_MAIN)
    whole = crash.stacks().threads[crash.tid]
    number, table = next(linkage_tables(crash, whole))
    stack_pointer = return_slot(crash, whole[number].address)
    thread = crash.raw.crashed
    for step, pushed in ((0, 0), (4, 0), (11, 1), (15, 1)):
        general = dict(thread.registers.general)
        general["rip"] = table + 0x20 + step
        general["rsp"] = stack_pointer - 8 * pushed
        registers = replace(thread.registers, general=general)
        moved = replace(thread, registers=registers)
        picture = replace(crash.raw, threads=(moved,))
        found = stacks_of(picture).threads[crash.tid]
        assert [f.address for f in found[1:]] == [f.address for f in whole[number:]]
        assert found[1].trust is Trust.CFI


def linkage_tables(crash, frames):
    """Frames whose module has a ``.plt`` of 16-byte stubs, and where it is."""
    with ModuleFiles() as files:
        for number, frame in enumerate(frames[1:], 1):
            module = crash.raw.modules[frame.module]
            read = files.module(module.path)
            elf = read_elf_file(read)
            table = elf.section(b".plt")
            if table is not None and table.size > 0x40:
                yield number, module.base + table.offset


def return_slot(crash, address):
    """Where on the crashed thread's stack a return address lies."""
    block = crash.raw.crashed.stack
    start = max(crash.raw.crashed.registers.stack_pointer, block.address)
    words = struct.iter_unpack("<Q", block.data[start - block.address :])
    return next(start + 8 * n for n, (word,) in enumerate(words) if word == address)
