"""An OS-neutral picture of a stopped process, as it was: raw, in memory only.

Values of these types are never written anywhere. ``reports.sanitize`` turns a
``ProcessSnapshot`` into a ``Sanitized`` one, and only that has a way to the disk.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field


class Architecture(enum.Enum):
    """Processor families whose registers we know."""

    AMD64 = "amd64"
    ARM64 = "arm64"


class Protection(enum.Flag):
    """What a mapping allows, as in ``/proc/PID/maps``."""

    NONE = 0
    READ = 1
    WRITE = 2
    EXECUTE = 4
    SHARED = 8


@dataclass(frozen=True, slots=True)
class Mapping:
    """One line of ``/proc/PID/maps``: ``[start, end)`` in bytes."""

    start: int
    end: int
    protection: Protection
    offset: int
    path: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Registers:
    """The registers of one thread.

    Attributes:
        general: Register name (``rip``, ``x0`` …) to unsigned 64-bit value.
        floating: The kernel's bytes, unchanged: the 512-byte fxsave area on AMD64,
            the 528-byte ``NT_PRFPREG`` set on ARM64; empty when it was not read.
    """

    architecture: Architecture
    general: dict[str, int] = field(repr=False)
    floating: bytes = field(default=b"", repr=False)

    @property
    def instruction_pointer(self) -> int:
        """``rip`` or ``pc``."""
        name = "rip" if self.architecture is Architecture.AMD64 else "pc"
        return self.general[name]

    @property
    def stack_pointer(self) -> int:
        """``rsp`` or ``sp``."""
        name = "rsp" if self.architecture is Architecture.AMD64 else "sp"
        return self.general[name]


@dataclass(frozen=True, slots=True)
class MemoryBlock:
    """Bytes of the process at an address."""

    address: int
    data: bytes = field(repr=False)

    @property
    def end(self) -> int:
        """First address after the block."""
        return self.address + len(self.data)


@dataclass(frozen=True, slots=True)
class ThreadPicture:
    """One thread at the moment of the freeze.

    Attributes:
        tid: Kernel thread id.
        name: ``/proc/PID/task/TID/comm`` as read: personal until sanitized.
        registers: For the crashing thread those at the fault, not in the handler.
        stack: From the stack pointer less the red zone to the mapping's end, bounded;
            ``None`` when it could not be read.
    """

    tid: int
    name: str = field(repr=False)
    registers: Registers
    stack: MemoryBlock | None
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Module:
    """An ELF image mapped into the process.

    Attributes:
        base: Address at which file offset 0 is (or would be) mapped.
        size: Bytes from ``base`` to the end of its last mapping.
        path: Absolute path as mapped: personal until sanitized.
        soname: ``DT_SONAME``, or the empty string.
        build_id: Bytes of the GNU build id note, or empty.
    """

    base: int
    size: int
    path: str = field(repr=False)
    soname: str
    build_id: bytes


@dataclass(frozen=True, slots=True)
class SignalDetails:
    """What killed it.

    Attributes:
        tid: The thread at fault.
        number: Signal number.
        code: ``si_code``.
        address: Fault address; 0 when ``code`` ≤ 0 (``si_addr`` then holds a pid).
        trap: Trap number of the processor, or None where the frame does not tell.
    """

    tid: int
    number: int
    code: int
    address: int
    trap: int | None = None


@dataclass(frozen=True, slots=True)
class LinkMapEntry:
    """One entry of the dynamic linker's list."""

    address: int
    name: str = field(repr=False)
    dynamic: int


@dataclass(frozen=True, slots=True)
class DynamicLinking:
    """``r_debug`` and what it points to, for LinuxDsoDebug."""

    version: int
    linker_base: int
    breakpoint_address: int
    dynamic_address: int
    dynamic: bytes = field(repr=False)
    link_map: tuple[LinkMapEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class SystemFacts:
    """The machine, without its name.

    Attributes:
        kernel: ``uname -s -r -v -m`` joined by spaces; never the node name.
        cpu_vendor: 12 ASCII bytes on AMD64 ("GenuineIntel"), else empty.
        cpu_signature: CPUID leaf 1 EAX, or MIDR on ARM64.
        cpu_features: CPUID leaf 1 EDX, or AT_HWCAP on ARM64.
    """

    kernel: str
    cpu_count: int
    cpu_level: int = 0
    cpu_revision: int = 0
    cpu_vendor: bytes = b""
    cpu_signature: int = 0
    cpu_features: int = 0


@dataclass(frozen=True, slots=True)
class ProcessSnapshot:
    """Everything read from the frozen process.

    Attributes:
        taken: Unix time of the freeze, seconds.
        started: Unix time of the process's start, seconds, or 0.
        threads: The crashing thread is one of them; order as the kernel lists them.
        modules: The main executable first.
        memory: Code bytes around instruction pointers and module pointers; no data.
        auxv: ``/proc/PID/auxv`` as (type, value) pairs.
        status: Safe fields only of ``/proc/PID/status`` ("VmRSS", "Threads" …).
        soft_errors: What could not be read, one short line each, no personal data.
    """

    architecture: Architecture
    system: SystemFacts
    pid: int
    taken: float
    started: float
    threads: tuple[ThreadPicture, ...]
    mappings: tuple[Mapping, ...]
    modules: tuple[Module, ...]
    signal: SignalDetails | None
    memory: tuple[MemoryBlock, ...] = ()
    auxv: tuple[tuple[int, int], ...] = ()
    status: tuple[tuple[str, str], ...] = ()
    dynamic_linking: DynamicLinking | None = None
    soft_errors: tuple[str, ...] = ()

    @property
    def crashed(self) -> ThreadPicture | None:
        """The thread named by ``signal``, if it was read."""
        if self.signal is None:
            return None
        tid = self.signal.tid
        return next((t for t in self.threads if t.tid == tid), None)
