"""Streams that describe the process: threads, modules, exception, machine.

One function for each stream: the checked bytes of the file and the stream's place in,
values out. Whatever does not fit raises MinidumpError naming stream and offset.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reports.minidump.layout import Location
from reports.minidump.records import (
    ExceptionRecord,
    MiscInfo,
    ModuleRecord,
    SystemInfo,
    ThreadRecord,
)
from reports.minidump.structures import (
    CV_SIGNATURE_ELF,
    CV_SIGNATURE_PDB70,
    EXCEPTION,
    MISC_INFO,
    MODULE,
    SYSTEM_INFO,
    THREAD,
    THREAD_NAME,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.minidump.bounds import Bounds

_LONGEST_CV_RECORD = 4096
_PID_VALID = 1
_TIMES_VALID = 2


def fixed(bounds: Bounds, place: Location, size: int) -> int:
    """The RVA of a structure of ``size`` bytes that fills the stream or more."""
    if place.size < size:
        raise bounds.fault(f"{place.size} bytes, {size} wanted", place.rva)
    return place.rva


def read_system_info(bounds: Bounds, place: Location) -> SystemInfo:
    """SystemInfo and the version text it points to."""
    raw = bounds.take(fixed(bounds, place, SYSTEM_INFO.size), SYSTEM_INFO.size)
    kind, level, revision, processors, _, *rest = SYSTEM_INFO.unpack(raw)
    major, minor, build, platform, text_rva, _, _, cpu = rest
    text = bounds.string(text_rva) if text_rva else ""
    version = (major, minor, build)
    return SystemInfo(kind, level, revision, processors, version, platform, text, cpu)


def read_misc_info(bounds: Bounds, place: Location) -> MiscInfo:
    """MiscInfo of any version: all begin with the same 24 bytes."""
    at = fixed(bounds, place, MISC_INFO.size)
    size, flags, pid, created, _, _ = bounds.unpack(MISC_INFO, at)
    if size > place.size:
        raise bounds.fault(f"says {size} bytes, the stream has {place.size}", at)
    return MiscInfo(
        pid if flags & _PID_VALID else None,
        created if flags & _TIMES_VALID else None,
    )


def read_thread_list(bounds: Bounds, place: Location) -> tuple[ThreadRecord, ...]:
    """ThreadList; contexts and stacks are located, not read."""
    return tuple(_thread(fields) for fields in bounds.listed(THREAD, place))


def _thread(fields: Sequence[int]) -> ThreadRecord:
    tid, _, _, priority, teb, address, size, rva, context_size, context_rva = fields
    stack, context = Location(size, rva), Location(context_size, context_rva)
    return ThreadRecord(tid, priority, teb, address, stack, context)


def read_thread_names(bounds: Bounds, place: Location) -> dict[int, str]:
    """ThreadNames: tid to name; the first entry of a tid counts."""
    names: dict[int, str] = {}
    for tid, rva in bounds.listed(THREAD_NAME, place):
        names.setdefault(tid, bounds.string(rva))
    return names


def read_exception(bounds: Bounds, place: Location) -> ExceptionRecord:
    """The exception record; parameters are not kept."""
    raw = bounds.take(fixed(bounds, place, EXCEPTION.size), EXCEPTION.size)
    tid, code, flags, _, address, _, _, size, rva = EXCEPTION.unpack(raw)
    return ExceptionRecord(tid, code, flags, address, Location(size, rva))


def read_module_list(bounds: Bounds, place: Location) -> tuple[ModuleRecord, ...]:
    """ModuleList with names and CodeView records."""
    modules = []
    for fields in bounds.listed(MODULE, place):
        base, size, _, _, name_rva, _, cv_size, cv_rva, misc_size, misc_rva = fields
        misc = Location(misc_size, misc_rva)
        record = ModuleRecord(base, size, bounds.string(name_rva), misc=misc)
        if cv_size:
            record = _identified(bounds, record, Location(cv_size, cv_rva))
        modules.append(record)
    return tuple(modules)


def _identified(bounds: Bounds, module: ModuleRecord, place: Location) -> ModuleRecord:
    """The module with what its CodeView record says; unknown kinds say nothing."""
    if place.size > _LONGEST_CV_RECORD:
        message = f"a CodeView record of {place.size} bytes"
        raise bounds.fault(message, place.rva)
    raw = bounds.take(place.rva, place.size)
    if raw[:4] == CV_SIGNATURE_ELF:
        return replace(module, build_id=raw[4:])
    if raw[:4] == CV_SIGNATURE_PDB70 and len(raw) >= 24:
        file = raw[24:].partition(b"\0")[0].decode("utf-8", "replace")
        return replace(module, debug_id=raw[4:24].hex(), debug_name=file)
    return module
