"""snapshot_from: a dump somebody else wrote, back to a picture to be sanitized.

Only what the picture has a field for is taken: every other stream of the file is
dropped, and the soft errors name it. Nothing here is safe to write; the caller passes
the picture to ``reports.sanitize``.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from reports.errors import MinidumpError
from reports.minidump.ingest_mappings import mappings_of
from reports.minidump.structures import (
    EXCEPTION_DUMP_REQUESTED,
    PlatformId,
    ProcessorArchitecture,
    StreamType,
)
from reports.snapshot import (
    Architecture,
    DynamicLinking,
    LinkMapEntry,
    MemoryBlock,
    Module,
    ProcessSnapshot,
    Registers,
    SignalDetails,
    SystemFacts,
    ThreadPicture,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reports.minidump.reader import Minidump
    from reports.minidump.records import SystemInfo, ThreadRecord

V = TypeVar("V")
W = TypeVar("W")

_ARCHITECTURES = {
    ProcessorArchitecture.AMD64: Architecture.AMD64,
    ProcessorArchitecture.ARM64: Architecture.ARM64,
    ProcessorArchitecture.ARM64_OLD: Architecture.ARM64,
}
_PLATFORMS = frozenset({PlatformId.LINUX, PlatformId.ANDROID})
_TAKEN = frozenset(
    {
        *(StreamType.SYSTEM_INFO, StreamType.MISC_INFO, StreamType.THREAD_LIST),
        *(StreamType.THREAD_NAMES, StreamType.EXCEPTION, StreamType.MODULE_LIST),
        *(StreamType.MEMORY_LIST, StreamType.MEMORY64_LIST, StreamType.LINUX_MAPS),
        *(StreamType.MEMORY_INFO_LIST, StreamType.LINUX_PROC_STATUS),
        *(StreamType.LINUX_AUXV, StreamType.LINUX_DSO_DEBUG),
        StreamType.MOZ_SOFT_ERRORS,
    }
)
_OUR_LINE = re.compile(r"[a-zA-Z0-9 :,.()_-]{1,200}", re.ASCII)
_MOST_THREADS = 4096
_MOST_MODULES = 4096
_LARGEST_STACK = 8 << 20
_LARGEST_CODE = 4096


def snapshot_from(minidump: Minidump) -> ProcessSnapshot:
    """The picture in a Linux dump of an AMD64 or ARM64 process.

    Raises:
        MinidumpError: Another system or processor, a stream that is broken where the
            picture needs it whole, or more threads and modules than a process has.
    """
    system, architecture = _system(minidump)
    _refuse_crowds(minidump)
    complaints = _dropped(minidump)
    threads = _threads(minidump, architecture, complaints)

    def optional(what: str, read: Callable[[], V], absent: W) -> V | W:
        try:
            return read()
        except MinidumpError:
            complaints.append(f"stream broken: {what}")
            return absent

    misc = optional("misc info", lambda: minidump.misc, None)
    status = optional("status", lambda: minidump.status, ())
    picture = ProcessSnapshot(
        architecture=architecture,
        system=_facts(system, architecture),
        pid=(misc.pid if misc and misc.pid else _pid_in(dict(status))),
        taken=float(minidump.header.time),
        started=float(misc.started or 0) if misc else 0.0,
        threads=threads,
        mappings=mappings_of(minidump),
        modules=tuple(
            Module(m.base, m.size, m.name, "", m.build_id) for m in minidump.modules
        ),
        signal=_signal(minidump),
        memory=optional("memory", lambda: _code(minidump), ()),
        auxv=optional("auxiliary vector", lambda: minidump.auxv, ()),
        status=status,
        dynamic_linking=optional("link map", lambda: _linking(minidump), None),
    )
    theirs = optional("soft errors", lambda: _their_lines(minidump), ())
    return replace(picture, soft_errors=(*theirs, *complaints))


def _system(minidump: Minidump) -> tuple[SystemInfo, Architecture]:
    name = StreamType.SYSTEM_INFO.name
    system = minidump.system
    if system is None:
        raise MinidumpError("it is missing", stream=name, offset=0)
    if system.platform not in _PLATFORMS:
        message = f"platform {system.platform:#x} is neither Linux nor Android"
        raise MinidumpError(message, stream=name, offset=0)
    kinds = {kind.value: known for kind, known in _ARCHITECTURES.items()}
    architecture = kinds.get(system.architecture)
    if architecture is None:
        message = f"processor {system.architecture:#x} is neither AMD64 nor ARM64"
        raise MinidumpError(message, stream=name, offset=0)
    return system, architecture


def _refuse_crowds(minidump: Minidump) -> None:
    for kind, count, most in (
        (StreamType.THREAD_LIST, len(minidump.threads), _MOST_THREADS),
        (StreamType.MODULE_LIST, len(minidump.modules), _MOST_MODULES),
    ):
        if count > most:
            message = f"{count} entries; {most} are the most we take in"
            raise MinidumpError(message, stream=kind.name, offset=0)


def _dropped(minidump: Minidump) -> list[str]:
    names = {e.name.lower() for e in minidump.directory if e.number not in _TAKEN}
    return [f"stream dropped: {name}" for name in sorted(names)]


def _facts(system: SystemInfo, architecture: Architecture) -> SystemFacts:
    vendor, signature, features = b"", 0, 0
    if architecture is Architecture.AMD64:
        vendor, signature, features = system.x86_facts
    text = system.full_text
    return SystemFacts(
        kernel=text if text.startswith("Linux") else f"Linux {text}",
        cpu_count=system.processors,
        cpu_level=system.level,
        cpu_revision=system.revision,
        cpu_vendor=vendor,
        cpu_signature=signature,
        cpu_features=features,
    )


def _pid_in(status: Mapping[str, str]) -> int:
    """The pid as Breakpad has it, which writes no MiscInfo; 0 if nowhere."""
    value = status.get("Pid", "")
    return int(value) if re.fullmatch(r"[0-9]{1,9}", value) else 0


def _threads(
    minidump: Minidump, architecture: Architecture, complaints: list[str]
) -> tuple[ThreadPicture, ...]:
    """Every thread; what is broken of one is left out and complained of."""
    names = minidump.thread_names
    budget = minidump.size
    threads = []
    for record in minidump.threads:
        registers = _registers(minidump, record, architecture, complaints)
        budget -= record.stack.size
        stack = None
        if 0 < record.stack.size <= _LARGEST_STACK and budget >= 0:
            stack = _stack(minidump, record, complaints)
        name = names.get(record.tid, "")
        priority = record.priority if record.priority < 140 else 0
        threads.append(ThreadPicture(record.tid, name, registers, stack, priority))
    return tuple(threads)


def _registers(
    minidump: Minidump,
    record: ThreadRecord,
    architecture: Architecture,
    complaints: list[str],
) -> Registers:
    """Those of the exception for the thread at fault: its own may be the handler's."""
    context, stream = record.context, "THREAD_LIST"
    fault = minidump.exception
    if fault and fault.tid == record.tid and fault.context.size:
        context, stream = fault.context, "EXCEPTION"
    try:
        return minidump.registers(context, stream)
    except MinidumpError:
        complaints.append("registers of a thread could not be read")
        return Registers(architecture, {})


def _stack(
    minidump: Minidump, record: ThreadRecord, complaints: list[str]
) -> MemoryBlock | None:
    try:
        data = minidump.stack_of(record)
    except MinidumpError:
        complaints.append("the stack of a thread could not be read")
        return None
    return MemoryBlock(record.stack_address, data) if data else None


def _signal(minidump: Minidump) -> SignalDetails | None:
    fault = minidump.exception
    if fault is None or fault.code == EXCEPTION_DUMP_REQUESTED:
        return None
    code = fault.flags - (1 << 32) if fault.flags >= 1 << 31 else fault.flags
    return SignalDetails(fault.tid, fault.code, code, fault.address)


def _code(minidump: Minidump) -> tuple[MemoryBlock, ...]:
    """Small ranges inside modules; which of their bytes are code, the rules decide."""
    images = [(m.base, m.base + m.size) for m in minidump.modules]
    budget = minidump.size
    blocks = []
    for entry in minidump.memory_ranges:
        size = entry.location.size
        inside = any(start <= entry.address < end for start, end in images)
        if inside and size <= _LARGEST_CODE and size <= budget:
            budget -= size
            data = minidump.bytes_at(entry.location, "MEMORY_LIST")
            blocks.append(MemoryBlock(entry.address, data))
    return tuple(blocks)


def _linking(minidump: Minidump) -> DynamicLinking | None:
    found = minidump.dso_debug
    if found is None:
        return None
    return DynamicLinking(
        version=found.version,
        linker_base=found.linker_base,
        breakpoint_address=found.breakpoint_address,
        dynamic_address=found.dynamic_address,
        dynamic=found.dynamic,
        link_map=tuple(
            LinkMapEntry(e.address, e.name, e.dynamic) for e in found.link_map
        ),
    )


def _their_lines(minidump: Minidump) -> tuple[str, ...]:
    """Soft errors that look like ours; those of others may quote anything."""
    lines = minidump.soft_errors
    return tuple(line for line in lines if _OUR_LINE.fullmatch(line))
