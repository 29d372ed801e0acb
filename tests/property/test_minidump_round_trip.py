"""What is written is read again, and taken in again changes nothing more."""

from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from reports.minidump import Minidump, write_minidump
from reports.minidump.contexts import decode_context, encode_context
from reports.minidump.ingest import snapshot_from
from reports.minidump.structures import ProcessorArchitecture
from reports.minidump.verify import problems
from reports.sanitize import sanitize
from reports.snapshot import (
    Architecture,
    Mapping,
    MemoryBlock,
    Module,
    Protection,
    Registers,
    SignalDetails,
    ThreadPicture,
)
from scrubbers import Identity
from tests.doubles.sample_snapshot import LIBRARY, sample

WORD = st.integers(0, 2**64 - 1)
AMD64 = (*("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "rip"), "r8", "r15")
PATHS = st.sampled_from(
    ["/usr/lib/a.so", "/home/ann/b.so", "", "/lib/c (deleted)", "d"]
)


@st.composite
def snapshots(draw):
    tids = draw(
        st.lists(st.integers(1, 2**31 - 1), min_size=1, max_size=4, unique=True)
    )
    threads = []
    for n, tid in enumerate(tids):
        general = {name: draw(WORD) for name in AMD64}
        size = draw(st.integers(0, 20)) * 8
        stack = MemoryBlock(
            0x7FF0_0000_0000 + n * 0x10000, draw(st.binary(max_size=size))
        )
        general["rsp"] = stack.address + draw(st.integers(0, len(stack.data)))
        floating = draw(st.sampled_from([b"", bytes(512), bytes(range(256)) * 2]))
        registers = Registers(Architecture.AMD64, general, floating)
        name = draw(st.text(max_size=15))
        kept = draw(st.sampled_from([stack, None]))
        threads.append(
            ThreadPicture(tid, name, registers, kept, draw(st.integers(0, 40)))
        )
    modules = tuple(
        Module(LIBRARY + n * 0x10000, 0x8000, path, "", draw(st.binary(max_size=20)))
        for n, path in enumerate(draw(st.lists(PATHS, max_size=4)))
    )
    mappings = tuple(
        Mapping(
            m.base,
            m.base + 0x1000,
            draw(st.sampled_from(list(_protections()))),
            0,
            m.path,
        )
        for m in modules
    )
    number = draw(st.integers(1, 64))
    signal = SignalDetails(tids[0], number, draw(st.integers(-6, 200)), draw(WORD))
    return sample(
        threads=tuple(threads),
        modules=modules,
        mappings=mappings,
        signal=signal if draw(st.booleans()) else None,
        memory=(),
        taken=float(draw(st.integers(0, 2**32 - 1))),
        dynamic_linking=None,
        soft_errors=tuple(draw(st.lists(st.text(max_size=40), max_size=3))),
    )


def _protections():
    r, w, x = Protection.READ, Protection.WRITE, Protection.EXECUTE
    return (Protection.NONE, r, r | w, r | x, r | w | x)


@given(snapshots())
def test_a_written_picture_is_read_as_it_was_sanitized(snapshot):
    picture = sanitize(snapshot, identity=Identity(user="ann", home="/home/ann"))
    known = picture.snapshot
    dump = Minidump(write_minidump(picture, {}))
    assert problems(dump) == ()
    assert [t.tid for t in dump.threads] == [t.tid for t in known.threads]
    names = {t.tid: t.name for t in known.threads if t.name}
    assert dump.thread_names == names
    for record, thread in zip(dump.threads, known.threads, strict=True):
        registers = dump.registers(record.context)
        for name in AMD64:
            assert registers.general[name] == thread.registers.general[name]
        assert dump.stack_of(record) == (thread.stack.data if thread.stack else b"")
        if thread.stack and thread.stack.data:
            found = dump.memory_at(thread.stack.address, len(thread.stack.data))
            assert found == thread.stack.data
    for module, record in zip(known.modules, dump.modules, strict=True):
        assert (record.base, record.size) == (module.base, module.size)
        assert (record.name, record.build_id) == (module.path, module.build_id)
    assert dump.soft_errors == known.soft_errors


@given(snapshots())
def test_sanitizing_what_was_sanitized_changes_nothing(snapshot):
    identity = Identity(user="ann", home="/home/ann")
    once = sanitize(snapshot, identity=identity)
    again = sanitize(
        snapshot_from(Minidump(write_minidump(once, {}))), identity=identity
    )
    first, second = once.snapshot, again.snapshot
    for name in ("modules", "signal", "auxv", "status", "system", "pid", "taken"):
        mine, theirs = getattr(first, name), getattr(second, name)
        if name == "modules":
            theirs = tuple(
                dataclasses.replace(m, soname=n.soname)
                for m, n in zip(theirs, mine, strict=True)
            )
        if name == "signal" and mine:
            theirs = dataclasses.replace(theirs, trap=mine.trap)
        assert mine == theirs, name
    for mine, theirs in zip(first.threads, second.threads, strict=True):
        assert (mine.tid, mine.name) == (theirs.tid, theirs.name)
        assert (mine.stack.data if mine.stack else b"") == (
            theirs.stack.data if theirs.stack else b""
        )


@given(st.lists(WORD, min_size=33, max_size=33), st.binary(min_size=520, max_size=520))
def test_arm64_contexts_there_and_back(values, floating):
    names = [*(f"x{n}" for n in range(31)), "sp", "pc"]
    general = {**dict(zip(names, values, strict=True)), "pstate": values[0] & 2**32 - 1}
    registers = Registers(Architecture.ARM64, general, floating + bytes(8))
    context = encode_context(registers)
    assert len(context) == 912
    assert decode_context(ProcessorArchitecture.ARM64, context) == registers


@given(st.lists(WORD, min_size=17, max_size=17), st.binary(min_size=512, max_size=512))
def test_amd64_contexts_there_and_back(values, floating):
    names = [*("rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi")]
    names += [f"r{n}" for n in range(8, 16)] + ["rip"]
    small = dict.fromkeys(("cs", "ds", "es", "fs", "gs", "ss"), 51) | {"eflags": 0x246}
    general = {**dict(zip(names, values, strict=True)), **small}
    registers = Registers(Architecture.AMD64, general, floating)
    context = encode_context(registers)
    assert decode_context(ProcessorArchitecture.AMD64, context) == registers
