"""problems: everything a strict reader would refuse in a dump, without stopping.

Tools differ in what they overlook: a bogus exception thread, a context of the wrong
family, a stack outside the file. Here each is an error with stream and offset.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.errors import MinidumpError
from reports.minidump.layout import Location
from reports.minidump.structures import (
    COUNT,
    EXCEPTION_DUMP_REQUESTED,
    HEADER,
    MEMORY_DESCRIPTOR,
    MODULE,
    THREAD,
    THREAD_NAME,
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

_LISTS = {
    "threads": THREAD.size,
    "thread_names": THREAD_NAME.size,
    "modules": MODULE.size,
    "memory_ranges": MEMORY_DESCRIPTOR.size,
}
"""Attribute that is read from a list to the bytes of the list's entries."""

_MISC_HEADER = 12
_LONGEST_MISC = 32768
_ADDRESSES = 1 << 64
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
    if "regions" not in broken:
        yield from _in_regions(minidump)
    if "modules" not in broken:
        yield from _in_modules(minidump)
    for attribute in _LISTS.keys() - broken:
        yield from _in_list(minidump, attribute)


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


def _in_list(minidump: Minidump, attribute: str) -> Iterator[MinidumpError]:
    """A list that does not fill its stream: its count is wrong.

    Some writers put four more bytes behind the count.
    """
    kind = STREAMS[attribute]
    place = minidump.locate(kind)
    if place is None:
        return
    raw = minidump.bytes_at(Location(COUNT.size, place.rva), kind.name)
    (count,) = COUNT.unpack(raw)
    size = COUNT.size + count * _LISTS[attribute]
    if place.size not in {size, size + 4}:
        message = f"{count} entries do not fill {place.size} bytes"
        yield MinidumpError(message, stream=kind.name, offset=place.rva)


def _in_memory(minidump: Minidump) -> Iterator[MinidumpError]:
    end = 0
    for entry in sorted(minidump.memory_ranges, key=lambda r: r.address):
        if entry.address < end:
            message = f"ranges overlap at address {entry.address:#x}"
            offset = entry.location.rva
            yield MinidumpError(message, stream="MEMORY_LIST", offset=offset)
        end = max(end, entry.address + entry.location.size)


def _in_regions(minidump: Minidump) -> Iterator[MinidumpError]:
    """Regions that are empty, pass the last address, or overlap."""
    end = 0
    for region in sorted(minidump.regions, key=lambda r: r.base):
        problem = ""
        if not 0 < region.size <= _ADDRESSES - region.base:
            problem = f"a region of {region.size:#x} bytes"
        elif region.base < end:
            problem = "regions overlap"
        if problem:
            message = f"{problem} at address {region.base:#x}"
            yield MinidumpError(message, stream="MEMORY_INFO_LIST", offset=0)
        end = max(end, region.base + region.size)


def _in_modules(minidump: Minidump) -> Iterator[MinidumpError]:
    name, end = StreamType.MODULE_LIST.name, 0
    for module in sorted(minidump.modules, key=lambda m: m.base):
        if module.base < end:
            message = f"modules overlap at address {module.base:#x}"
            yield MinidumpError(message, stream=name, offset=0)
        end = max(end, module.base + module.size)
        misc = module.misc
        if misc is None or not misc.size:
            continue
        if not (
            _MISC_HEADER <= misc.size <= _LONGEST_MISC
            and misc.rva + misc.size <= minidump.size
        ):
            message = f"a miscellaneous record of {misc.size} bytes"
            yield MinidumpError(message, stream=name, offset=misc.rva)
