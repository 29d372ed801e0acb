"""Threads joined by number, and the files their modules are read from."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from crashwatch.supervisor.module_files import ModuleFiles
from crashwatch.supervisor.native_threads import with_native_stacks, with_numbers
from reports.evidence import RawFrame, RawThread
from reports.unwinding.native_stacks import UnwindingLimits
from tests.doubles.sample_snapshot import sample


def python(tid, *, crashed=False, pointer=None):
    frames = (RawFrame("f", "/a.py", 1),)
    return RawThread("", crashed, frames, tid, pointer=pointer)


def snapshot():
    whole = sample()
    first = whole.threads[0]
    registers = replace(
        first.registers, general={**first.registers.general, "fs_base": 0x7F00}
    )
    second = replace(first, tid=first.tid + 1)
    return replace(whole, threads=(replace(first, registers=registers), second))


def test_a_thread_library_s_number_leads_to_the_kernel_s():
    picture = snapshot()
    tid = picture.threads[0].tid
    told = with_numbers((python(None, pointer=0x7F00), python(5)), picture)
    assert [thread.tid for thread in told] == [tid, 5]
    assert with_numbers((python(None, pointer=1),), picture)[0].tid is None
    assert with_numbers((python(None),), None)[0].tid is None


def test_native_stacks_stand_beside_python_s_and_others_follow():
    picture = snapshot()
    one, two = (thread.tid for thread in picture.threads)
    errors: list[str] = []
    threads = with_native_stacks((python(two),), picture, picture.modules, errors)
    assert [thread.tid for thread in threads] == [one, two]
    assert [len(thread.frames) for thread in threads] == [0, 1]
    assert all(thread.native for thread in threads)
    assert threads[0].crashed
    assert errors == []


def test_the_crashed_thread_without_a_number_is_known_by_the_signal():
    picture = snapshot()
    threads = with_native_stacks(
        (python(None, crashed=True),), picture, picture.modules, []
    )
    assert threads[0].tid == picture.threads[0].tid
    assert threads[0].native
    assert threads[0].frames


def test_a_lack_of_time_is_told():
    errors: list[str] = []
    picture = snapshot()
    limits = UnwindingLimits(seconds=0)
    threads = with_native_stacks((python(1),), picture, picture.modules, errors, limits)
    assert errors == ["native stacks: not all in time"]
    assert [thread.native for thread in threads] == [()]


def test_only_regular_files_are_opened_and_each_once(tmp_path):
    file, fifo = tmp_path / "m.so", tmp_path / "fifo"
    file.write_bytes(b"0123456789")
    os.mkfifo(fifo)
    with ModuleFiles() as files:
        read = files.module(str(file))
        assert read is not None
        assert (read(2, 3), read(8, 10), read(99, 1)) == (b"234", b"89", b"")
        before = open_descriptors()
        files.module(str(file))
        assert open_descriptors() == before
        names = (str(fifo), "/dev/null", str(tmp_path), "m.so", "/no/such", "/a\0b")
        assert [files.module(name) for name in names] == [None] * 6
        assert files.debug(b"") is None
        assert files.debug(bytes(20)) is None
    assert open_descriptors() == before - 1


def open_descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))
