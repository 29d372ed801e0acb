"""Memory of the process in the file: each byte once, ranges that never overlap.

Readers look memory up by address and some stop at the first overlap, while two
threads may well share a stack mapping (a handler on the interrupted stack), and a
stack must be listed both by its thread and in the memory list. So blocks that overlap
become one range, and a thread's stack is a window into it.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.minidump.layout import NOWHERE, Layout, Location
from reports.minidump.structures import COUNT, MEMORY_DESCRIPTOR
from reports.snapshot import MemoryBlock

if TYPE_CHECKING:
    from collections.abc import Iterable


def merged_blocks(blocks: Iterable[MemoryBlock]) -> list[MemoryBlock]:
    """The same bytes as disjoint blocks by address; the lower block wins an overlap."""
    merged: list[MemoryBlock] = []
    for block in sorted(blocks, key=lambda b: (b.address, -b.end)):
        if not block.data:
            continue
        if not merged or block.address >= merged[-1].end:
            merged.append(block)
        elif block.end > merged[-1].end:
            last = merged[-1]
            tail = block.data[last.end - block.address :]
            merged[-1] = MemoryBlock(last.address, last.data + tail)
    return merged


@dataclass(frozen=True, slots=True)
class PlacedMemory:
    """Where each range of memory lies in the file, by rising address."""

    addresses: tuple[int, ...]
    locations: tuple[Location, ...]

    def locate(self, block: MemoryBlock) -> Location:
        """Where the bytes of ``block`` lie; NOWHERE for one that was not placed."""
        index = bisect_right(self.addresses, block.address) - 1
        if index < 0:
            return NOWHERE
        within = block.address - self.addresses[index]
        size = len(block.data)
        if within + size > self.locations[index].size:
            return NOWHERE
        return Location(size, self.locations[index].rva + within)

    def memory_list(self) -> bytes:
        """The MemoryList stream: count, then a descriptor for each range."""
        pairs = zip(self.addresses, self.locations, strict=True)
        packed = [
            MEMORY_DESCRIPTOR.pack(a, place.size, place.rva) for a, place in pairs
        ]
        return COUNT.pack(len(packed)) + b"".join(packed)


def place_memory(layout: Layout, blocks: Iterable[MemoryBlock]) -> PlacedMemory:
    """Write the merged ``blocks`` into the file."""
    merged = merged_blocks(blocks)
    locations = tuple(layout.place(block.data) for block in merged)
    return PlacedMemory(tuple(block.address for block in merged), locations)
