"""MemoryInfoList: the map of the process, in place of maps and their paths."""

from __future__ import annotations

from bisect import bisect_right
from operator import itemgetter
from typing import TYPE_CHECKING

from reports.minidump.structures import (
    MEM_COMMIT,
    MEM_IMAGE,
    MEM_MAPPED,
    MEM_PRIVATE,
    MEMORY_INFO,
    MEMORY_INFO_HEADER,
)
from reports.snapshot import Protection

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.snapshot import Mapping, Module

_R, _W, _X = Protection.READ, Protection.WRITE, Protection.EXECUTE

PAGE_PROTECTION = {
    Protection.NONE: 0x01,
    _R: 0x02,
    _W: 0x04,
    _R | _W: 0x04,
    _X: 0x10,
    _R | _X: 0x20,
    _W | _X: 0x40,
    _R | _W | _X: 0x40,
}
"""Our protection to ``PAGE_*``; Windows has no page that is writable only."""


def memory_info_list(mappings: Iterable[Mapping], modules: Iterable[Module]) -> bytes:
    """Header, then 48 bytes for each mapping, by rising address.

    A mapping of a module is MEM_IMAGE with the module's base as allocation base, one
    of another file MEM_MAPPED, the rest MEM_PRIVATE.
    """
    images = sorted((m.base, m.base + m.size) for m in modules)
    entries = [
        _entry(mapping, images) for mapping in sorted(mappings, key=lambda m: m.start)
    ]
    head = MEMORY_INFO_HEADER.pack(
        MEMORY_INFO_HEADER.size, MEMORY_INFO.size, len(entries)
    )
    return head + b"".join(entries)


def _entry(mapping: Mapping, images: list[tuple[int, int]]) -> bytes:
    protection = PAGE_PROTECTION[mapping.protection & (_R | _W | _X)]
    base, kind = mapping.start, MEM_PRIVATE
    index = bisect_right(images, mapping.start, key=itemgetter(0)) - 1
    if index >= 0 and mapping.start < images[index][1]:
        base, kind = images[index][0], MEM_IMAGE
    elif mapping.path and not mapping.path.startswith("["):
        kind = MEM_MAPPED
    size = mapping.end - mapping.start
    return MEMORY_INFO.pack(
        mapping.start, base, protection, size, MEM_COMMIT, protection, kind
    )
