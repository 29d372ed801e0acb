"""A minidump's threads, registers and modules, as rows. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.errors import MinidumpError
from reports.minidump.describe import inspect_minidump
from reports.minidump.reader import Minidump

if TYPE_CHECKING:
    from reports.minidump.inspection import Inspection, ThreadRow
    from reports.snapshot import Registers


@dataclass(frozen=True, slots=True)
class ThreadShown:
    """One thread of the dump; registers by name, hexadecimal."""

    row: ThreadRow
    registers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class DumpShown:
    """A dump as the page shows it.

    Attributes:
        memory_bytes: Of all ranges that are in the file.
    """

    inspection: Inspection
    threads: tuple[ThreadShown, ...]
    memory_bytes: int


def dump_shown(data: bytes) -> DumpShown | str:
    """Everything shown of a dump; or, in words, why it cannot be read."""
    try:
        dump = Minidump(data)
        found = inspect_minidump(dump)
    except MinidumpError as error:
        return str(error)
    registers = _registers(dump)
    threads = tuple(
        ThreadShown(row, registers.get(row.tid, ()))
        for row in sorted(found.threads, key=lambda row: not row.crashed)
    )
    return DumpShown(found, threads, sum(row.size for row in found.memory))


def _registers(dump: Minidump) -> dict[int, tuple[tuple[str, str], ...]]:
    """By thread; of the crashed one those at the fault."""
    shown: dict[int, tuple[tuple[str, str], ...]] = {}
    try:
        for thread in dump.threads:
            shown[thread.tid] = _rows(dump.registers(thread.context))
    except MinidumpError:
        pass
    try:
        fault = dump.exception
        if fault is not None and fault.context.size:
            shown[fault.tid] = _rows(dump.registers(fault.context, "EXCEPTION"))
    except MinidumpError:
        pass
    return shown


def _rows(registers: Registers) -> tuple[tuple[str, str], ...]:
    return tuple((name, f"{value:#018x}") for name, value in registers.general.items())
