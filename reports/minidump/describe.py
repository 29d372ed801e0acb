"""Describe a minidump for ``crashwatch inspect``: as JSON, or as tables of text.

A dump may come from anywhere, and its names are shown on a terminal: control
characters are replaced, so that no file name can move the cursor or set a title.
"""

from __future__ import annotations

import signal
from bisect import bisect_right
from typing import TYPE_CHECKING, TypeVar

import msgspec

from reports.errors import MinidumpError
from reports.minidump import inspection as rows
from reports.minidump.inspection import Inspection
from reports.minidump.structures import PlatformId, ProcessorArchitecture
from reports.minidump.verify import problems

if TYPE_CHECKING:
    from collections.abc import Callable

    from reports.minidump.reader import Minidump
    from reports.minidump.records import ThreadRecord
    from reports.snapshot import Registers

V = TypeVar("V")
W = TypeVar("W")

_PROTECTIONS = {
    0x01: "---",
    0x02: "r--",
    0x04: "rw-",
    0x08: "rw-",
    0x10: "--x",
    0x20: "r-x",
    0x40: "rwx",
    0x80: "rwx",
}
_KINDS = {0x20000: "private", 0x40000: "mapped", 0x1000000: "image"}
_PLATFORMS = {
    PlatformId.WIN32_NT: "Windows",
    PlatformId.MAC: "macOS",
    PlatformId.LINUX: "Linux",
    PlatformId.ANDROID: "Android",
}
_REQUESTED = 0xFFFFFFFF


def inspect_minidump(minidump: Minidump) -> Inspection:
    """All that can be read of the dump; never raises for what is in the file."""
    about = _Description(minidump)
    misc = about.of(lambda: minidump.misc, None)
    return Inspection(
        size=minidump.size,
        time=minidump.header.time,
        flags=minidump.header.flags,
        streams=tuple(
            rows.StreamRow(e.number, e.name, e.location.rva, e.location.size)
            for e in minidump.directory
        ),
        system=about.of(about.system, None),
        pid=misc.pid if misc else None,
        started=misc.started if misc else None,
        exception=about.of(about.exception, None),
        threads=about.of(about.threads, ()),
        modules=about.of(about.modules, ()),
        memory=about.of(about.memory, ()),
        regions=about.of(about.regions, ()),
        status=about.of(about.status, ()),
        auxv=about.of(about.auxv, ()),
        link_map=about.of(about.link_map, ()),
        annotations=about.of(about.annotations, ()),
        soft_errors=about.of(lambda: tuple(map(visible, minidump.soft_errors)), ()),
        python_stacks=about.of(about.python_stacks, msgspec.Raw(b"null")),
        problems=tuple(
            rows.ProblemRow(p.stream, p.offset, visible(str(p)))
            for p in problems(minidump)
        ),
    )


def to_json(inspection: Inspection) -> bytes:
    """The inspection as indented JSON, ending in a newline."""
    return msgspec.json.format(msgspec.json.encode(inspection), indent=2) + b"\n"


def visible(text: str) -> str:
    """``text`` with whatever is not printable as U+FFFD."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


class _Description:
    """One dump being described, stream by stream."""

    def __init__(self, minidump: Minidump) -> None:
        self._dump = minidump
        modules = self.of(lambda: minidump.modules, ())
        self._modules = sorted(modules, key=lambda m: m.base)
        self._bases = [module.base for module in self._modules]

    @staticmethod
    def of(read: Callable[[], V], otherwise: W) -> V | W:
        """What ``read`` gives; ``otherwise`` for a broken stream."""
        try:
            return read()
        except MinidumpError:
            return otherwise

    def system(self) -> rows.SystemRow | None:
        """SystemInfo in words."""
        found = self._dump.system
        if found is None:
            return None
        names = {kind.value: kind.name for kind in ProcessorArchitecture}
        amd64 = found.architecture == ProcessorArchitecture.AMD64
        vendor = found.x86_facts[0] if amd64 else b""
        platforms = {kind.value: name for kind, name in _PLATFORMS.items()}
        return rows.SystemRow(
            names.get(found.architecture, f"{found.architecture:#x}"),
            platforms.get(found.platform, f"{found.platform:#x}"),
            visible(found.full_text),
            found.processors,
            vendor.decode("ascii"),
        )

    def exception(self) -> rows.ExceptionRow | None:
        """The exception, with the signal's name where it is one."""
        found = self._dump.exception
        if found is None:
            return None
        code = found.flags - (1 << 32) if found.flags >= 1 << 31 else found.flags
        return rows.ExceptionRow(
            found.tid, found.code, self._signal(found.code), code, hex(found.address)
        )

    def _signal(self, code: int) -> str:
        system = self.of(lambda: self._dump.system, None)
        if system is None or system.platform == PlatformId.WIN32_NT:
            return ""
        if code == _REQUESTED:
            return "requested"
        try:
            return signal.Signals(code).name
        except ValueError:
            return ""

    def threads(self) -> tuple[rows.ThreadRow, ...]:
        """Threads, the crashed one with its registers at the fault."""
        fault = self.of(lambda: self._dump.exception, None)
        names: dict[int, str] = self.of(lambda: self._dump.thread_names, {})
        crashed = fault.tid if fault and fault.code != _REQUESTED else None
        return tuple(
            self._thread(thread, names.get(thread.tid, ""), crashed)
            for thread in self._dump.threads
        )

    def _thread(
        self, thread: ThreadRecord, name: str, crashed: int | None
    ) -> rows.ThreadRow:
        registers = self.of(lambda: self._registers(thread, crashed), None)
        pointer = registers.instruction_pointer if registers else None
        return rows.ThreadRow(
            thread.tid,
            visible(name),
            thread.tid == crashed,
            "" if pointer is None else hex(pointer),
            hex(registers.stack_pointer) if registers else "",
            "" if pointer is None else self._place(pointer),
            hex(thread.stack_address),
            thread.stack.size,
        )

    def _registers(self, thread: ThreadRecord, crashed: int | None) -> Registers:
        fault = self._dump.exception
        if fault and thread.tid == crashed and fault.context.size:
            return self._dump.registers(fault.context, "EXCEPTION")
        return self._dump.registers(thread.context)

    def _place(self, address: int) -> str:
        """``libc.so.6+0x1a2b3``, or the empty string outside every module."""
        index = bisect_right(self._bases, address) - 1
        if index < 0:
            return ""
        module = self._modules[index]
        within = address - module.base
        if within >= module.size:
            return ""
        return f"{visible(_base_name(module.name))}+{within:#x}"

    def modules(self) -> tuple[rows.ModuleRow, ...]:
        """Modules in the file's order."""
        return tuple(
            rows.ModuleRow(
                hex(m.base), m.size, visible(m.name), m.build_id.hex(), m.debug_id
            )
            for m in self._dump.modules
        )

    def memory(self) -> tuple[rows.MemoryRow, ...]:
        """Ranges of memory that are in the file."""
        return tuple(
            rows.MemoryRow(hex(r.address), r.location.size, r.location.rva)
            for r in self._dump.memory_ranges
        )

    def regions(self) -> tuple[rows.RegionRow, ...]:
        """The map of the process."""
        return tuple(
            rows.RegionRow(
                hex(r.base),
                r.size,
                _PROTECTIONS.get(r.protection & 0xFF, "?"),
                _KINDS.get(r.kind, "?"),
            )
            for r in self._dump.regions
        )

    def status(self) -> tuple[rows.Pair, ...]:
        """Fields of LinuxProcStatus."""
        found = self._dump.status
        return tuple(rows.Pair(visible(n), visible(v)) for n, v in found)

    def auxv(self) -> tuple[rows.Pair, ...]:
        """The auxiliary vector by number."""
        return tuple(rows.Pair(str(kind), hex(v)) for kind, v in self._dump.auxv)

    def link_map(self) -> tuple[rows.Pair, ...]:
        """The dynamic linker's list: name and load address."""
        found = self._dump.dso_debug
        entries = found.link_map if found else ()
        return tuple(rows.Pair(visible(e.name), hex(e.address)) for e in entries)

    def annotations(self) -> tuple[rows.Pair, ...]:
        """Crashpad's annotations, those of modules after those of the process."""
        found = self._dump.crashpad
        if found is None:
            return ()
        pairs = [("report", found.report_id), *found.annotations]
        pairs += [pair for _, module in found.modules for pair in module]
        return tuple(rows.Pair(visible(n), visible(v)) for n, v in pairs)

    def python_stacks(self) -> msgspec.Raw:
        """The Python stacks as they are; they were checked to be JSON."""
        return msgspec.Raw(self._dump.python_stacks or b"null")


def _base_name(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]
