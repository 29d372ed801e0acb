"""Minidump: header and directory at once, each stream only when it is asked for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from reports.minidump import extension_readers as extensions
from reports.minidump import memory_readers as memory
from reports.minidump import stream_readers as process
from reports.minidump.bounds import Bounds
from reports.minidump.contexts import LAYOUTS, decode_context
from reports.minidump.layout import Location
from reports.minidump.records import DirectoryEntry, Header
from reports.minidump.structures import (
    DIRECTORY_ENTRY,
    FOREIGN_STREAMS,
    HEADER,
    MINIDUMP_SIGNATURE,
    MINIDUMP_VERSION,
    ProcessorArchitecture,
    StreamType,
)

if TYPE_CHECKING:
    import mmap
    from collections.abc import Callable

    from reports.minidump import records
    from reports.snapshot import Registers

V = TypeVar("V")
_LARGEST_CONTEXT = 1 << 16


class Minidump:
    """A minidump from anywhere: ours, Crashpad's, Breakpad's, Windows'.

    Every count, length and offset is checked before it is followed, and reading a
    stream takes time and memory in proportion to the file. A stream that is absent is
    ``None`` or empty; a stream that is broken raises MinidumpError each time it is
    asked for, and leaves the others readable.

    Args:
        data: The whole file. A mapped file that somebody truncates meanwhile would
            kill the reader by SIGBUS: map only files that nobody else writes.

    Raises:
        MinidumpError: Not a minidump, or its directory does not fit the file.
    """

    def __init__(self, data: bytes | mmap.mmap) -> None:
        self._data = data
        self.header = self._read_header()
        self.directory = self._read_directory()
        self._places: dict[int, list[Location]] = {}
        for entry in self.directory:
            self._places.setdefault(entry.number, []).append(entry.location)

    def _read_header(self) -> Header:
        bounds = Bounds(self._data, "header")
        signature, version, *rest = bounds.unpack(HEADER, 0)
        if signature != MINIDUMP_SIGNATURE:
            raise bounds.fault("not a minidump: it does not begin with MDMP", 0)
        if version & 0xFFFF != MINIDUMP_VERSION:
            raise bounds.fault(f"unknown version {version & 0xFFFF:#x}", 4)
        return Header(version, *rest)

    def _read_directory(self) -> tuple[DirectoryEntry, ...]:
        bounds = Bounds(self._data, "directory")
        at, count = self.header.directory_rva, self.header.stream_count
        end = len(self._data)
        return tuple(
            DirectoryEntry(number, stream_name(number), Location(size, rva))
            for number, size, rva in bounds.entries(DIRECTORY_ENTRY, at, count, end)
            if number != StreamType.UNUSED
        )

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return len(self._data)

    def locate(self, kind: StreamType) -> Location | None:
        """Where the stream lies, or None.

        Raises:
            MinidumpError: It is there twice, or lies outside the file.
        """
        found = self._places.get(kind)
        if not found:
            return None
        bounds = Bounds(self._data, kind.name)
        if len(found) > 1:
            raise bounds.fault(f"there are {len(found)} of it", found[1].rva)
        bounds.check(found[0].rva, found[0].size)
        return found[0]

    def _read(
        self, kind: StreamType, read: Callable[[Bounds, Location], V], absent: V
    ) -> V:
        place = self.locate(kind)
        return absent if place is None else read(Bounds(self._data, kind.name), place)

    @cached_property
    def system(self) -> records.SystemInfo | None:
        """SystemInfo."""
        return self._read(StreamType.SYSTEM_INFO, process.read_system_info, None)

    @cached_property
    def misc(self) -> records.MiscInfo | None:
        """MiscInfo."""
        return self._read(StreamType.MISC_INFO, process.read_misc_info, None)

    @cached_property
    def threads(self) -> tuple[records.ThreadRecord, ...]:
        """ThreadList."""
        return self._read(StreamType.THREAD_LIST, process.read_thread_list, ())

    @cached_property
    def thread_names(self) -> dict[int, str]:
        """ThreadNames: tid to name."""
        return self._read(StreamType.THREAD_NAMES, process.read_thread_names, {})

    @cached_property
    def exception(self) -> records.ExceptionRecord | None:
        """Exception."""
        return self._read(StreamType.EXCEPTION, process.read_exception, None)

    @cached_property
    def modules(self) -> tuple[records.ModuleRecord, ...]:
        """ModuleList, the main executable first."""
        return self._read(StreamType.MODULE_LIST, process.read_module_list, ())

    @cached_property
    def memory_ranges(self) -> tuple[records.MemoryRange, ...]:
        """MemoryList, then Memory64List."""
        absent: tuple[records.MemoryRange, ...] = ()
        short = self._read(StreamType.MEMORY_LIST, memory.read_memory_list, absent)
        long = self._read(StreamType.MEMORY64_LIST, memory.read_memory64_list, absent)
        return short + long

    @cached_property
    def _memory_index(self) -> memory.MemoryIndex:
        return memory.MemoryIndex(self.memory_ranges)

    def memory_at(self, address: int, size: int) -> bytes | None:
        """``size`` bytes of the process, or None unless one range has them all."""
        place = self._memory_index.find(address, size)
        return None if place is None else self.bytes_at(place, "MEMORY_LIST")

    def bytes_at(self, place: Location, stream: str) -> bytes:
        """The bytes at a location some stream gave; that stream is named in errors."""
        return Bounds(self._data, stream).take(place.rva, place.size)

    def stack_of(self, thread: records.ThreadRecord) -> bytes:
        """The thread's stack; a full Windows dump has it in the memory list only."""
        if thread.stack.size and not thread.stack.rva:
            return self.memory_at(thread.stack_address, thread.stack.size) or b""
        return self.bytes_at(thread.stack, "THREAD_LIST")

    def check_stack(self, thread: records.ThreadRecord) -> None:
        """Raise MinidumpError if the thread's stack lies outside the file."""
        Bounds(self._data, "THREAD_LIST").check(thread.stack.rva, thread.stack.size)

    @cached_property
    def regions(self) -> tuple[records.Region, ...]:
        """MemoryInfoList."""
        kind = StreamType.MEMORY_INFO_LIST
        return self._read(kind, memory.read_memory_info_list, ())

    @cached_property
    def maps(self) -> tuple[records.MapsLine, ...]:
        """LinuxMaps."""
        return self._read(StreamType.LINUX_MAPS, memory.read_maps, ())

    @cached_property
    def status(self) -> tuple[tuple[str, str], ...]:
        """LinuxProcStatus as pairs of name and value."""
        return self._read(StreamType.LINUX_PROC_STATUS, extensions.read_status, ())

    @cached_property
    def auxv(self) -> tuple[tuple[int, int], ...]:
        """LinuxAuxv without its closing AT_NULL."""
        return self._read(StreamType.LINUX_AUXV, extensions.read_auxv, ())

    @cached_property
    def dso_debug(self) -> records.DsoDebug | None:
        """LinuxDsoDebug."""
        return self._read(StreamType.LINUX_DSO_DEBUG, extensions.read_dso_debug, None)

    @cached_property
    def crashpad(self) -> records.CrashpadInfo | None:
        """CrashpadInfo."""
        return self._read(StreamType.CRASHPAD_INFO, extensions.read_crashpad_info, None)

    @cached_property
    def soft_errors(self) -> tuple[str, ...]:
        """What the writer could not read."""
        return self._read(StreamType.MOZ_SOFT_ERRORS, extensions.read_soft_errors, ())

    @cached_property
    def python_stacks(self) -> bytes | None:
        """Our user stream: the scrubbed py-spy JSON."""
        return self._read(StreamType.PYTHON_STACKS, extensions.read_json, None)

    def check_context(
        self, place: Location, stream: str = "THREAD_LIST"
    ) -> tuple[ProcessorArchitecture, bytes]:
        """The context at ``place``: its processor and the bytes that are read of it.

        Raises:
            MinidumpError: No SystemInfo, an architecture we do not know, or a context
                whose size or flags are not that architecture's.
        """
        bounds = Bounds(self._data, stream)
        kind = self._architecture(bounds, place)
        layout = LAYOUTS[kind]
        if not layout.size <= place.size <= _LARGEST_CONTEXT:
            message = f"a context of {place.size} bytes, {layout.size} wanted"
            raise bounds.fault(message, place.rva)
        data = bounds.take(place.rva, layout.size)
        flags = int.from_bytes(data[layout.flags_offset :][:4], "little")
        if flags & layout.family_mask != layout.family:
            raise bounds.fault(f"context flags {flags:#x}", place.rva)
        return kind, data

    def registers(self, place: Location, stream: str = "THREAD_LIST") -> Registers:
        """The registers of a context; raises what ``check_context`` does."""
        return decode_context(*self.check_context(place, stream))

    def _architecture(self, bounds: Bounds, place: Location) -> ProcessorArchitecture:
        if self.system is None:
            raise bounds.fault("a context without SystemInfo", place.rva)
        try:
            return ProcessorArchitecture(self.system.architecture)
        except ValueError:
            message = f"unknown processor {self.system.architecture:#x}"
            raise bounds.fault(message, place.rva) from None


_NAMES = FOREIGN_STREAMS | {kind.value: kind.name for kind in StreamType}


def stream_name(number: int) -> str:
    """The name of a stream type, or its number."""
    return _NAMES.get(number) or f"{number:#010x}"
