"""Fuzz target: a module's file, its call frame information, and stacks through it."""

from __future__ import annotations

import time

from reports.errors import UnwindingError
from reports.snapshot import (
    Architecture,
    MemoryBlock,
    Module,
    ProcessSnapshot,
    Registers,
    SystemFacts,
    ThreadPicture,
)
from reports.unwinding.elf_file import read_elf_file
from reports.unwinding.expression import evaluate
from reports.unwinding.frame_table import FrameTable
from reports.unwinding.native_stacks import UnwindingLimits, native_stacks
from reports.unwinding.symbols import names_of
from tests.doubles.synthetic_code import BUILD_ID, CODE, FRAMES, SYMBOLS, TABLE
from tests.doubles.synthetic_code import module_file as file_with

BASE = 0x7F00_0000_0000
STACK = 0x7FFF_0000_0000
SECONDS = 1.0
PLACES = range(CODE, CODE + 0x400, 0x40)
FUNCTIONS = tuple((CODE + 0x100 * n, b"\x41\x0e\x10\x86\x02\x0a\x0b") for n in range(4))
WHOLE = file_with(FUNCTIONS, symbols=(("f", CODE, 0x100, 0x12),))
PARTS = (0, 64, 0x400, TABLE, FRAMES, SYMBOLS, 0x7000)
"""Offsets at which bytes of the input may lie over those of a whole file."""


class _Files:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def module(self, _path):
        return self._read

    def debug(self, _build_id):
        return self._read

    def _read(self, offset, size):
        return self._data[offset : offset + size]


def TARGET(data: bytes) -> None:  # noqa: N802 -- the name every fuzz target has
    """Rows, names and frames or an UnwindingError, within 1 s and the frames' limit.

    The first byte says where the input lies in a whole file: over one of its parts, as
    a function's program, as an expression, or in the place of all of it.
    """
    begun = time.process_time()
    choice, rest = data[:1], data[1:]
    way = choice[0] % (len(PARTS) + 3) if choice else 0
    if way < len(PARTS):
        file = bytearray(WHOLE)
        rest = rest[: len(file) - PARTS[way]]
        file[PARTS[way] : PARTS[way] + len(rest)] = rest
        _whole(bytes(file), rest)
    elif way == len(PARTS):
        _whole(file_with(((CODE, rest[:256]),)), rest)
    elif way == len(PARTS) + 1:
        _expression(rest)
    else:
        _whole(rest, rest)
    assert time.process_time() - begun < SECONDS


def _whole(file: bytes, stack: bytes) -> None:
    files = _Files(file)
    try:
        elf = read_elf_file(files.module(""))
    except UnwindingError:
        return
    names = names_of(elf, PLACES, lambda: files.debug(b""))
    assert all(name.isascii() and name.isprintable() for name in names.values())
    try:
        table = FrameTable(elf)
    except UnwindingError:
        return
    for place in PLACES:
        try:
            row = table.row(place)
        except UnwindingError:
            continue
        assert row is None or len(row.registers) <= 256
    for architecture in Architecture:
        _frames(architecture, files, stack)


def _frames(architecture: Architecture, files: _Files, stack: bytes) -> None:
    amd64 = architecture is Architecture.AMD64
    names = ("rip", "rsp", "rbp") if amd64 else ("pc", "sp", "x29")
    values = (BASE + CODE + 4, STACK, STACK + 64)
    registers = Registers(architecture, dict(zip(names, values, strict=True)))
    thread = ThreadPicture(1, "", registers, MemoryBlock(STACK, stack[:4096]))
    picture = ProcessSnapshot(
        architecture=architecture,
        system=SystemFacts("", 1),
        pid=1,
        taken=0.0,
        started=0.0,
        threads=(thread,),
        mappings=(),
        modules=(Module(BASE, 0x8000, "/m", "", BUILD_ID),),
        signal=None,
    )
    found = native_stacks(picture, files, limits=UnwindingLimits(seconds=0.5))
    assert 1 <= len(found.threads[1]) <= 64 or not found.in_time


def _expression(code: bytes) -> None:
    try:
        value = evaluate(code, register=lambda n: n, word=lambda a: a, first=1)
    except UnwindingError:
        return
    assert 0 <= value < 1 << 64
