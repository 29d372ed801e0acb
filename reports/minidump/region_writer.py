"""MemoryInfoList: the map of the process, in place of maps and their paths."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
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
    """Header, then 48 bytes for each region, by rising address.

    A mapping of a module is MEM_IMAGE with the module's base as allocation base, one
    of another file MEM_MAPPED, the rest MEM_PRIVATE. Neighbours that differ in
    nothing but their place in a file are one region, as on Windows.
    """
    images = sorted((m.base, m.base + m.size) for m in modules)
    regions: list[_Region] = []
    for mapping in sorted(mappings, key=lambda m: m.start):
        region = _region(mapping, images)
        if regions and region.continues(regions[-1]):
            regions[-1] = replace(regions[-1], end=region.end)
        else:
            regions.append(region)
    size = MEMORY_INFO_HEADER.size
    head = MEMORY_INFO_HEADER.pack(size, MEMORY_INFO.size, len(regions))
    return head + b"".join(region.packed() for region in regions)


@dataclass(frozen=True, slots=True)
class _Region:
    """Neighbouring mappings of one protection and kind; ``base`` 0 is "its own"."""

    start: int
    end: int
    base: int
    protection: int
    kind: int

    def continues(self, other: _Region) -> bool:
        """Whether it begins where ``other`` ends and is of the same sort."""
        mine = (self.start, self.base, self.protection, self.kind)
        return mine == (other.end, other.base, other.protection, other.kind)

    def packed(self) -> bytes:
        """MINIDUMP_MEMORY_INFO."""
        return MEMORY_INFO.pack(
            self.start,
            self.base or self.start,
            self.protection,
            self.end - self.start,
            MEM_COMMIT,
            self.protection,
            self.kind,
        )


def _region(mapping: Mapping, images: list[tuple[int, int]]) -> _Region:
    protection = PAGE_PROTECTION[mapping.protection & (_R | _W | _X)]
    base, kind = 0, MEM_PRIVATE
    index = bisect_right(images, mapping.start, key=itemgetter(0)) - 1
    if index >= 0 and mapping.start < images[index][1]:
        base, kind = images[index][0], MEM_IMAGE
    elif mapping.path and not mapping.path.startswith("["):
        kind = MEM_MAPPED
    return _Region(mapping.start, mapping.end, base, protection, kind)
