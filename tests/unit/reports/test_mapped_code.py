"""Code read from the files a process had mapped."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from reports.mapped_code import MappedCode
from reports.sanitize import sanitize
from reports.snapshot import Mapping, MemoryBlock, Protection
from scrubbers import Identity
from tests.doubles.sample_snapshot import STACK, sample, words

CODE = Protection.READ | Protection.EXECUTE
BASE = 0x400000


def descriptors():
    """Names of this process's descriptors, the one of the listing among them."""
    return {path.name for path in Path("/proc/self/fd").iterdir()}


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "prog"
    path.write_bytes(bytes(range(256)) * 32)
    return path


def test_bytes_come_from_the_mappings_place_in_the_file(program):
    mapping = Mapping(BASE, BASE + 0x1000, CODE, 0x10, str(program))
    with MappedCode([mapping]) as code:
        assert code(BASE, 4) == bytes([16, 17, 18, 19])
        assert code(BASE + 0x20, 2) == bytes([48, 49])


@pytest.mark.parametrize(
    ("address", "size"), [(BASE - 1, 4), (BASE + 0xFFE, 4), (BASE + 0x1000, 1), (0, 1)]
)
def test_nothing_outside_the_mapping(program, address, size):
    with MappedCode([Mapping(BASE, BASE + 0x1000, CODE, 0, str(program))]) as code:
        assert code(address, size) == b""


@pytest.mark.parametrize("protection", [Protection.READ, CODE | Protection.WRITE])
def test_nothing_of_data_and_of_code_that_may_be_written(program, protection):
    with MappedCode(
        [Mapping(BASE, BASE + 0x1000, protection, 0, str(program))]
    ) as code:
        assert code(BASE, 4) == b""


def test_a_file_that_is_gone_or_is_no_file_gives_nothing(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    paths = [str(fifo), str(tmp_path), str(tmp_path / "gone"), "/a\0b", "[vdso]", ""]
    mappings = [
        Mapping(n << 20, (n << 20) + 9, CODE, 0, p) for n, p in enumerate(paths)
    ]
    with MappedCode(mappings) as code:
        assert [code(n << 20, 4) for n in range(len(paths))] == [b""] * len(paths)


def test_each_file_is_opened_once_and_closed(program):
    before = descriptors()
    with MappedCode([Mapping(BASE, BASE + 0x1000, CODE, 0, str(program))]) as code:
        for _ in range(3):
            code(BASE, 4)
        assert len(descriptors() - before) <= 1
    assert descriptors() <= before
    assert code(BASE, 4) == b""


def test_the_sanitizer_keeps_return_addresses_by_it(tmp_path):
    path = tmp_path / "prog"
    path.write_bytes(bytes(0x100) + b"\xe8\1\2\3\4" + bytes(0x100))
    returned, other = BASE + 0x105, BASE + 0x180
    stack = MemoryBlock(STACK, words(returned, other))
    thread = sample().threads[0]
    mapping = Mapping(BASE, BASE + 0x200, CODE, 0, str(path))
    general = {"rip": 0, "rsp": STACK}
    registers = replace(thread.registers, general=general)
    snapshot = sample(
        threads=(replace(thread, stack=stack, registers=registers),),
        mappings=(mapping,),
    )
    with MappedCode(snapshot.mappings) as code:
        done = sanitize(snapshot, identity=Identity(), read_code=code)
    assert done.snapshot.threads[0].stack.data[:8] == words(returned)
    assert done.snapshot.threads[0].stack.data[8:] != words(other)
