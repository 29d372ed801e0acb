"""One function for each stream we write: values in, the stream's bytes out.

What a stream points to (names, contexts) is placed in the layout by the function;
the stream itself is placed by the caller. Nothing here decides what is personal: the
picture has been through ``reports.sanitize``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reports.minidump.contexts import encode_context
from reports.minidump.layout import NOWHERE, Layout, Location
from reports.minidump.structures import (
    AUXV,
    COUNT,
    CPU_ARM,
    CPU_X86,
    CRASHPAD_INFO,
    CRASHPAD_PAIR,
    CV_SIGNATURE_ELF,
    DSO_DEBUG,
    EXCEPTION,
    EXCEPTION_DUMP_REQUESTED,
    LINK_MAP,
    MISC_INFO,
    MODULE,
    SYSTEM_INFO,
    THREAD,
    THREAD_NAME,
    PlatformId,
    ProcessorArchitecture,
)
from reports.snapshot import Architecture

if TYPE_CHECKING:
    import uuid
    from collections.abc import Mapping as Dictionary

    from reports.minidump.memory_placement import PlacedMemory
    from reports.snapshot import (
        DynamicLinking,
        Module,
        ProcessSnapshot,
        SystemFacts,
        ThreadPicture,
    )

_WORD32 = 0xFFFFFFFF
_KERNEL_VERSION = re.compile(r"(\d{1,5})\.(\d{1,5})(?:\.(\d{1,9}))?")


def system_info(
    layout: Layout, architecture: Architecture, facts: SystemFacts
) -> bytes:
    """SystemInfo: platform Linux, the kernel's version in numbers and as text."""
    version = _KERNEL_VERSION.search(facts.kernel)
    major, minor, build = (
        (int(n or 0) for n in version.groups()) if version else (0,) * 3
    )
    if architecture is Architecture.AMD64:
        kind = ProcessorArchitecture.AMD64
        vendor = facts.cpu_vendor[:12].ljust(12, b"\0")
        cpu = CPU_X86.pack(vendor, facts.cpu_signature, facts.cpu_features & _WORD32, 0)
    else:
        kind = ProcessorArchitecture.ARM64
        cpu = CPU_ARM.pack(facts.cpu_signature, facts.cpu_features & _WORD32)
    return SYSTEM_INFO.pack(
        kind,
        facts.cpu_level & 0xFFFF,
        facts.cpu_revision & 0xFFFF,
        min(facts.cpu_count, 255),
        0,
        major,
        minor,
        build,
        PlatformId.LINUX,
        layout.place_string(facts.kernel).rva,
        0,
        0,
        cpu,
    )


def misc_info(pid: int, started: float) -> bytes:
    """MiscInfo, the first version: the pid, and when the process began."""
    flags = 3 if started else 1
    return MISC_INFO.pack(MISC_INFO.size, flags, pid, int(started) & _WORD32, 0, 0)


def place_contexts(layout: Layout, picture: ProcessSnapshot) -> dict[int, Location]:
    """Write each thread's context, aligned to 16 bytes, and say where by tid."""
    return {
        thread.tid: layout.place(encode_context(thread.registers), 16)
        for thread in picture.threads
    }


def thread_list(
    threads: tuple[ThreadPicture, ...],
    contexts: Dictionary[int, Location],
    memory: PlacedMemory,
) -> bytes:
    """ThreadList; a thread without a readable stack has one of no bytes at its SP."""
    packed = [COUNT.pack(len(threads))]
    for thread in threads:
        stack = thread.stack
        place = memory.locate(stack) if stack else NOWHERE
        start = stack.address if place.size and stack else 0
        context = contexts[thread.tid]
        priority = thread.priority & _WORD32
        fields = (start, place.size, place.rva, context.size, context.rva)
        packed.append(THREAD.pack(thread.tid, 0, 0, priority, 0, *fields))
    return b"".join(packed)


def thread_names(layout: Layout, threads: tuple[ThreadPicture, ...]) -> bytes:
    """ThreadNames, of the threads that have one."""
    named = [
        THREAD_NAME.pack(thread.tid, layout.place_string(thread.name).rva)
        for thread in threads
        if thread.name
    ]
    return COUNT.pack(len(named)) + b"".join(named)


def exception(picture: ProcessSnapshot, contexts: Dictionary[int, Location]) -> bytes:
    """Exception: the signal, or a requested dump of the first thread without one.

    It shares the context of the crashed thread, as Breakpad does.
    """
    signal = picture.signal
    if signal is None:
        tid = picture.threads[0].tid if picture.threads else 0
        code, flags, address = EXCEPTION_DUMP_REQUESTED, 0, 0
    else:
        tid, code, address = signal.tid, signal.number, signal.address
        flags = signal.code & _WORD32
    context = contexts.get(tid, NOWHERE)
    return EXCEPTION.pack(
        tid, code & _WORD32, flags, 0, address, 0, b"", context.size, context.rva
    )


def module_list(layout: Layout, modules: tuple[Module, ...]) -> bytes:
    """ModuleList, in the picture's order: the executable first.

    Checksum, time stamp and version stay 0: an ELF file has none of them.
    """
    packed = [COUNT.pack(len(modules))]
    for module in modules:
        record = NOWHERE
        if module.build_id:
            record = layout.place(CV_SIGNATURE_ELF + module.build_id, 4)
        name = layout.place_string(module.path).rva
        size = min(module.size, _WORD32)
        located = (record.size, record.rva, 0, 0)
        packed.append(MODULE.pack(module.base, size, 0, 0, name, b"", *located))
    return b"".join(packed)


def linux_status(status: tuple[tuple[str, str], ...]) -> bytes:
    """LinuxProcStatus: lines as ``/proc/PID/status`` has them."""
    return "".join(f"{name}:\t{value}\n" for name, value in status).encode()


def linux_auxv(auxv: tuple[tuple[int, int], ...]) -> bytes:
    """LinuxAuxv: the pairs, closed by AT_NULL."""
    return b"".join(AUXV.pack(kind, value) for kind, value in (*auxv, (0, 0)))


def linux_dso_debug(layout: Layout, linking: DynamicLinking) -> bytes:
    """LinuxDsoDebug: ``r_debug``, its link map, the dynamic section's bytes."""
    entries = [
        LINK_MAP.pack(entry.address, layout.place_string(entry.name).rva, entry.dynamic)
        for entry in linking.link_map
    ]
    rva = layout.place(b"".join(entries)).rva if entries else 0
    fixed = DSO_DEBUG.pack(
        linking.version,
        rva,
        len(entries),
        linking.breakpoint_address,
        linking.linker_base,
        linking.dynamic_address,
    )
    return fixed + linking.dynamic


def crashpad_info(
    layout: Layout, annotations: Dictionary[str, str], report_id: uuid.UUID
) -> bytes:
    """CrashpadInfo version 1: report id, no client id, the annotations by name."""
    pairs = [
        CRASHPAD_PAIR.pack(layout.place_utf8(key).rva, layout.place_utf8(value).rva)
        for key, value in sorted(annotations.items())
    ]
    block = layout.place(COUNT.pack(len(pairs)) + b"".join(pairs), 4)
    return CRASHPAD_INFO.pack(
        1, report_id.bytes_le, bytes(16), block.size, block.rva, 0, 0
    )
