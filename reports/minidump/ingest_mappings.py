"""The map of a process as a dump tells it: from maps, regions, or its modules alone."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from reports.errors import MinidumpError
from reports.minidump.region_writer import PAGE_PROTECTION
from reports.minidump.structures import MEM_COMMIT, MEM_MAPPED
from reports.snapshot import Mapping, Protection

if TYPE_CHECKING:
    from reports.minidump.reader import Minidump

_LETTERS = {
    "r": Protection.READ,
    "w": Protection.WRITE,
    "x": Protection.EXECUTE,
    "s": Protection.SHARED,
}
_PROTECTIONS = {page: protection for protection, page in PAGE_PROTECTION.items()} | {
    0x04: Protection.READ | Protection.WRITE,
    0x40: Protection.READ | Protection.WRITE | Protection.EXECUTE,
}
_MOST_MAPPINGS = 65536


def mappings_of(minidump: Minidump) -> tuple[Mapping, ...]:
    """Mappings by rising address.

    Breakpad's dumps have the maps themselves, ours have regions, Crashpad's have
    neither: there each module counts as one readable and executable range, which
    keeps more words than the truth would, all of them pointers into a module.

    Raises:
        MinidumpError: More mappings than a process has.
    """
    count = max(len(minidump.maps), len(minidump.regions))
    if count > _MOST_MAPPINGS:
        message = f"{count} mappings; {_MOST_MAPPINGS} are the most we take in"
        raise MinidumpError(message, stream="MEMORY_INFO_LIST", offset=0)
    if minidump.maps:
        found = _from_maps(minidump)
    elif minidump.regions:
        found = _from_regions(minidump)
    else:
        found = _from_modules(minidump)
    return tuple(sorted(found, key=lambda mapping: mapping.start))


def _from_maps(minidump: Minidump) -> list[Mapping]:
    mappings = []
    for line in minidump.maps:
        protection = Protection.NONE
        for letter in line.protection:
            protection |= _LETTERS.get(letter, Protection.NONE)
        mappings.append(
            Mapping(line.start, line.end, protection, line.offset, line.path)
        )
    return mappings


def _from_regions(minidump: Minidump) -> list[Mapping]:
    """Regions have no paths: those of a module get its name, other files a label."""
    modules = sorted(minidump.modules, key=lambda module: module.base)
    bases = [module.base for module in modules]
    mappings = []
    for region in minidump.regions:
        index = bisect_right(bases, region.base) - 1
        owner = modules[index] if index >= 0 else None
        inside = owner is not None and region.base < owner.base + owner.size
        path = "<file>" if region.kind == MEM_MAPPED else ""
        if owner is not None and inside:
            path = owner.name
        if region.state == MEM_COMMIT:
            protection = _PROTECTIONS.get(region.protection & 0xFF, Protection.NONE)
            end = region.base + region.size
            mappings.append(Mapping(region.base, end, protection, 0, path))
    return mappings


def _from_modules(minidump: Minidump) -> list[Mapping]:
    both = Protection.READ | Protection.EXECUTE
    return [Mapping(m.base, m.base + m.size, both, 0, m.name) for m in minidump.modules]
