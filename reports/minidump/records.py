"""What the reader gives: one frozen value for each structure of a minidump.

Names and numbers are as the file has them, unjudged: a file may come from anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reports.minidump.structures import CPU_X86

if TYPE_CHECKING:
    from reports.minidump.layout import Location


@dataclass(frozen=True, slots=True)
class Header:
    """The first 32 bytes. ``time`` is Unix seconds."""

    version: int
    stream_count: int
    directory_rva: int
    checksum: int
    time: int
    flags: int


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """One stream: its number, name, and where it says that it lies."""

    number: int
    name: str
    location: Location


@dataclass(frozen=True, slots=True)
class SystemInfo:
    """The machine. ``architecture`` and ``platform`` are the file's own numbers."""

    architecture: int
    level: int
    revision: int
    processors: int
    version: tuple[int, int, int]
    platform: int
    version_text: str
    cpu: bytes = field(repr=False)

    @property
    def full_text(self) -> str:
        """The version's text, after its number where the text leaves that out.

        Breakpad writes all of it into the text and no number; Crashpad's text begins
        where the number ends.
        """
        number = ".".join(str(part) for part in self.version)
        if not any(self.version) or number in self.version_text:
            return self.version_text
        return f"{number}{self.version_text}"

    @property
    def x86_facts(self) -> tuple[bytes, int, int]:
        """Vendor, CPUID signature and features, as Breakpad has them on AMD64.

        Crashpad puts Windows' feature bits there, as Microsoft would: then nothing.
        """
        vendor, signature, features, _ = CPU_X86.unpack(self.cpu)
        if not vendor.isalpha():
            return b"", 0, 0
        return vendor, signature, features


@dataclass(frozen=True, slots=True)
class MiscInfo:
    """Process id and start time (Unix seconds), where the file has them."""

    pid: int | None
    started: int | None


@dataclass(frozen=True, slots=True)
class ThreadRecord:
    """One thread; its context and stack stay in the file until asked for."""

    tid: int
    priority: int
    teb: int
    stack_address: int
    stack: Location
    context: Location


@dataclass(frozen=True, slots=True)
class ExceptionRecord:
    """What killed it: on Linux ``code`` is the signal and ``flags`` is ``si_code``."""

    tid: int
    code: int
    flags: int
    address: int
    context: Location


@dataclass(frozen=True, slots=True)
class ModuleRecord:
    """A mapped image; ``build_id`` is empty unless the record is an ELF one.

    Attributes:
        debug_id: GUID and age of a PDB record as hex, else empty.
        debug_name: The file a PDB record names, else empty.
        misc: The miscellaneous debugging record, which is not read; None in a value
            that no file gave.
    """

    base: int
    size: int
    name: str
    build_id: bytes = b""
    debug_id: str = ""
    debug_name: str = ""
    misc: Location | None = None


@dataclass(frozen=True, slots=True)
class MemoryRange:
    """Bytes of the process at ``address``, still in the file."""

    address: int
    location: Location


@dataclass(frozen=True, slots=True)
class Region:
    """One entry of MemoryInfoList, in Windows' constants."""

    base: int
    allocation_base: int
    size: int
    state: int
    protection: int
    kind: int


@dataclass(frozen=True, slots=True)
class LinkMapRecord:
    """One entry of the dynamic linker's list."""

    address: int
    name: str
    dynamic: int


@dataclass(frozen=True, slots=True)
class DsoDebug:
    """``r_debug`` with its link map."""

    version: int
    breakpoint_address: int
    linker_base: int
    dynamic_address: int
    dynamic: bytes = field(repr=False)
    link_map: tuple[LinkMapRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class CrashpadInfo:
    """Crashpad's own stream; ``modules`` are (module index, annotations)."""

    version: int
    report_id: str
    client_id: str
    annotations: tuple[tuple[str, str], ...]
    modules: tuple[tuple[int, tuple[tuple[str, str], ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class MapsLine:
    """One line of a LinuxMaps stream."""

    start: int
    end: int
    protection: str
    offset: int
    path: str
