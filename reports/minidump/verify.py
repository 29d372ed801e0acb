"""problems: everything a strict reader would refuse in a dump, without stopping.

Tools differ in what they overlook: a bogus exception thread, a context of the wrong
family, a stack outside the file. Here each is an error with stream and offset.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.errors import MinidumpError
from reports.minidump.structures import (
    EXCEPTION_DUMP_REQUESTED,
    HEADER,
    PlatformId,
    StreamType,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.minidump.reader import Minidump

STREAMS = {
    "system": StreamType.SYSTEM_INFO,
    "misc": StreamType.MISC_INFO,
    "threads": StreamType.THREAD_LIST,
    "thread_names": StreamType.THREAD_NAMES,
    "exception": StreamType.EXCEPTION,
    "modules": StreamType.MODULE_LIST,
    "memory_ranges": StreamType.MEMORY_LIST,
    "regions": StreamType.MEMORY_INFO_LIST,
    "maps": StreamType.LINUX_MAPS,
    "status": StreamType.LINUX_PROC_STATUS,
    "auxv": StreamType.LINUX_AUXV,
    "dso_debug": StreamType.LINUX_DSO_DEBUG,
    "crashpad": StreamType.CRASHPAD_INFO,
    "soft_errors": StreamType.MOZ_SOFT_ERRORS,
    "python_stacks": StreamType.PYTHON_STACKS,
}
"""Attribute of ``Minidump`` to the stream it reads."""

_MOST_PROBLEMS = 100


def problems(minidump: Minidump) -> tuple[MinidumpError, ...]:
    """What is wrong with the dump, at most a hundred things; empty if nothing is."""
    found: list[MinidumpError] = []
    for problem in _all(minidump):
        found.append(problem)
        if len(found) == _MOST_PROBLEMS:
            break
    return tuple(found)


def _all(minidump: Minidump) -> Iterator[MinidumpError]:
    yield from _in_directory(minidump)
    broken = set()
    for attribute in STREAMS:
        try:
            getattr(minidump, attribute)
        except MinidumpError as problem:
            broken.add(attribute)
            yield problem
    if broken.isdisjoint({"threads", "system"}):
        yield from _in_threads(minidump)
    if broken.isdisjoint({"threads", "exception", "system"}):
        yield from _in_exception(minidump)
    if "memory_ranges" not in broken:
        yield from _in_memory(minidump)
    if "modules" not in broken:
        yield from _in_modules(minidump)


def _in_directory(minidump: Minidump) -> Iterator[MinidumpError]:
    """Streams outside the file, over the header, or over each other."""
    end, previous = HEADER.size, "header"
    entries = [e for e in minidump.directory if e.location.size]
    for entry in sorted(entries, key=lambda e: e.location.rva):
        place = entry.location
        if place.rva + place.size > minidump.size:
            message = f"{place.size} bytes, the file has {minidump.size}"
            yield MinidumpError(message, stream=entry.name, offset=place.rva)
        elif place.rva < end:
            message = f"it overlaps {previous}"
            yield MinidumpError(message, stream=entry.name, offset=place.rva)
        end, previous = max(end, place.rva + place.size), entry.name


def _in_threads(minidump: Minidump) -> Iterator[MinidumpError]:
    name = StreamType.THREAD_LIST.name
    seen: set[int] = set()
    for thread in minidump.threads:
        if thread.tid in seen:
            message = f"thread {thread.tid} is listed twice"
            yield MinidumpError(message, stream=name, offset=0)
        seen.add(thread.tid)
        try:
            minidump.check_context(thread.context)
            minidump.check_stack(thread)
        except MinidumpError as problem:
            yield problem


def _in_exception(minidump: Minidump) -> Iterator[MinidumpError]:
    fault = minidump.exception
    if fault is None:
        return
    name = StreamType.EXCEPTION.name
    known = any(thread.tid == fault.tid for thread in minidump.threads)
    if not known and fault.code != EXCEPTION_DUMP_REQUESTED:
        message = f"thread {fault.tid} is not in the thread list"
        yield MinidumpError(message, stream=name, offset=0)
    linux = minidump.system and minidump.system.platform == PlatformId.LINUX
    if linux and fault.code > 64 and fault.code != EXCEPTION_DUMP_REQUESTED:
        message = f"{fault.code:#x} is no signal"
        yield MinidumpError(message, stream=name, offset=0)
    if fault.context.size:
        try:
            minidump.check_context(fault.context, name)
        except MinidumpError as problem:
            yield problem


def _in_memory(minidump: Minidump) -> Iterator[MinidumpError]:
    end = 0
    for entry in sorted(minidump.memory_ranges, key=lambda r: r.address):
        if entry.address < end:
            message = f"ranges overlap at address {entry.address:#x}"
            offset = entry.location.rva
            yield MinidumpError(message, stream="MEMORY_LIST", offset=offset)
        end = max(end, entry.address + entry.location.size)


def _in_modules(minidump: Minidump) -> Iterator[MinidumpError]:
    end = 0
    for module in sorted(minidump.modules, key=lambda m: m.base):
        if module.base < end:
            message = f"modules overlap at address {module.base:#x}"
            yield MinidumpError(message, stream="MODULE_LIST", offset=0)
        end = max(end, module.base + module.size)
