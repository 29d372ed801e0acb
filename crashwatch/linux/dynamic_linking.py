"""The dynamic linker's own account of what it loaded: ``r_debug`` and its list.

Layouts from ``<link.h>``, 64-bit: ``r_debug`` is version u32, padding, first entry
u64, breakpoint u64, state u32, padding, linker's base u64; ``link_map`` is load
bias u64, name u64, dynamic section u64, next u64, previous u64.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from crashwatch.linux.elf_image import DT_DEBUG, parse_dynamic, read_dynamic
from reports.snapshot import DynamicLinking, LinkMapEntry

if TYPE_CHECKING:
    from collections.abc import Callable

    from crashwatch.linux.elf_image import ElfImage
    from crashwatch.linux.soft_errors import SoftErrors

    Read = Callable[[int, int], bytes]

_R_DEBUG: Final = struct.Struct("<IxxxxQQIxxxxQ")
_LINK_MAP: Final = struct.Struct("<QQQQQ")
_MOST_ENTRIES: Final = 2048
_LONGEST_PATH: Final = 4096
_FIRST_BYTES: Final = 256


class LinkMapError(ValueError):
    """The list cannot be followed."""


def read_dynamic_linking(
    read: Read, executable: ElfImage, errors: SoftErrors
) -> DynamicLinking:
    """Read what ``DT_DEBUG`` of the executable's dynamic section leads to.

    The list is in the process's own memory, which it may have damaged: an entry met
    twice, an unreadable one, and the 2,048th end it.

    Raises:
        LinkMapError: No ``DT_DEBUG`` value: linking has not begun.
        ElfImageError: No dynamic section: a static executable.
        OSError: From ``read``, before the list's first entry.
    """
    dynamic_address, dynamic = read_dynamic(read, executable)
    debug = parse_dynamic(dynamic).get(DT_DEBUG, 0)
    if not debug:
        raise LinkMapError("the dynamic linker has not started")
    version, first, breakpoint_address, _, linker_base = _R_DEBUG.unpack(
        read(debug, _R_DEBUG.size)
    )
    return DynamicLinking(
        version=version,
        linker_base=linker_base,
        breakpoint_address=breakpoint_address,
        dynamic_address=dynamic_address,
        dynamic=dynamic,
        link_map=_walk(read, first, errors),
    )


def _walk(read: Read, address: int, errors: SoftErrors) -> tuple[LinkMapEntry, ...]:
    entries: list[LinkMapEntry] = []
    seen: set[int] = set()
    while address and address not in seen and len(seen) < _MOST_ENTRIES:
        seen.add(address)
        try:
            fields = _LINK_MAP.unpack(read(address, _LINK_MAP.size))
        except OSError as error:
            errors.add("dynamic linker's list", error)
            return tuple(entries)
        bias, name, dynamic, address, _ = fields
        path = ""
        with errors.tolerated("name in the dynamic linker's list"):
            path = _read_text(read, name)
        entries.append(LinkMapEntry(bias, path, dynamic))
    if address:
        errors.add("dynamic linker's list", "does not end")
    return tuple(entries)


def _read_text(read: Read, address: int) -> str:
    """Read a C string, at most a path's length; empty when it is longer.

    Up to the end of a page first: the string may be the last thing before unmapped
    memory.
    """
    text = b""
    while address and len(text) < _LONGEST_PATH:
        position = address + len(text)
        chunk = read(position, min(_FIRST_BYTES, 4096 - position % 4096))
        part, end, _ = chunk.partition(b"\0")
        text += part
        if end:
            return text.decode("utf-8", "surrogateescape")
    return ""
