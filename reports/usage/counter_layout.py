r"""The counter file, written and read as bytes; a table of its words. Pure.

``crashwatch.client.inside.counter_page`` has the same table for the terminal's side:
the two share no code, since one of them runs in a foreign process; a test compares.

A reader trusts nothing: a file of the right form from another program, a newer version,
or a disk that lost half of it, is refused whole.
"""

from __future__ import annotations

import binascii
import struct

from reports.consent.record import Category
from reports.errors import StorageError
from reports.light_tuple import NamedTuple
from reports.usage.registry import (
    UNDECLARED,
    Kind,
    Registry,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import date

MAGIC = b"CWCOUNT\2"
HEAD = 256
SECTION_WORDS = 8
SECTIONS = 32
BUCKETS = 64
LARGEST = 16 * 1024 * 1024
"""Bytes; a registry of the most metrics, all histograms, needs half of it."""

OWNER = 56
"""Offset of pid, start time and spawn time: the process writes them before its exec."""
MEMORY_ONLY = 80

COUNTED = (
    Category.USAGE,
    Category.PERFORMANCE,
    Category.FEATURES,
    Category.PLUGINS,
)
"""In the order of a section's grants."""

_FIXED = struct.Struct("=8s5Q")
_CHECK = struct.Struct("=Q")
_OWN = struct.Struct("=3Q")
_REST = struct.Struct("=QQ16s32s")
_LABEL = struct.Struct("=5Q")
_LETTER = {Kind.COUNTER: "c", Kind.HISTOGRAM: "h", Kind.FEATURE: "f", Kind.PLUGIN: "p"}
_KIND = {letter: kind for kind, letter in _LETTER.items()}
_MOST_COUNTS = 2**55
_WHOLE = 2**56 - 1
_LAST_DAY = 100_000  # of the year 2243


class Place(NamedTuple):
    """Where a metric is counted.

    Attributes:
        name: As ``Registry.names`` has it, or ``undeclared``.
        slot: The first one of it in a section.
        slots: ``BUCKETS`` for a histogram, else 1.
    """

    kind: Kind
    category: Category
    slot: int
    name: str

    @property
    def slots(self) -> int:
        """How many slots it has."""
        return BUCKETS if self.kind is Kind.HISTOGRAM else 1


class Owner(NamedTuple):
    """The process that counts.

    Attributes:
        start_time: Clock ticks since boot.
        spawned: ``CLOCK_MONOTONIC`` in nanoseconds when it was started.
        boot: The boot's id, 16 bytes.
    """

    pid: int
    start_time: int
    spawned: int
    boot: bytes


class Section(NamedTuple):
    """What was counted on one day under the same grants.

    Attributes:
        day: Days since 1970-01-01, UTC.
        grants: For each category of ``COUNTED``, 0 or the grant's sequence number.
        counts: Name to bucket to count, without the zeros; bucket 0 for what is no
            histogram. Only of categories that were granted.
    """

    day: int
    grants: tuple[int, ...]
    counts: dict[str, dict[int, int]]


class CounterFile(NamedTuple):
    """A file as it was read."""

    owner: Owner
    registry: bytes
    in_memory: bool
    places: tuple[Place, ...]
    sections: tuple[Section, ...]


def places_of(registry: Registry, today: date) -> tuple[Place, ...]:
    """A slot for everything that may be counted today."""
    found = [Place(Kind.COUNTER, Category.USAGE, 0, UNDECLARED)]
    slot = 1
    for name, metric in registry.names(today).items():
        found.append(Place(metric.kind, metric.category, slot, name))
        slot += found[-1].slots
    return tuple(found)


def fresh_file(
    places: tuple[Place, ...],
    registry: bytes,
    boot: bytes,
    *,
    in_memory: bool = False,
    sections: int = SECTIONS,
) -> bytes:
    """The file's head and table; what follows up to ``size_of`` it is zero.

    Args:
        places: As ``places_of`` gives them.
        registry: ``Registry.sha256``.
        boot: This boot's id.
        in_memory: The disk is full: nothing of it will last.
        sections: How many there is room for.
    """
    table = "".join(
        f"{_LETTER[p.kind]} {COUNTED.index(p.category)} {p.slot} {p.name}\n"
        for p in places
    ).encode("ascii")
    slots = max((p.slot + p.slots for p in places), default=0)
    words = SECTION_WORDS + slots
    first = -(-(HEAD + len(table)) // 8) * 8
    size = first + sections * words * 8
    fixed = _FIXED.pack(MAGIC, size, first, words, sections, len(table))
    rest = _REST.pack(int(in_memory), 0, boot, registry)
    data = fixed + _CHECK.pack(0) + bytes(_OWN.size) + rest
    data += bytes(HEAD - len(data)) + table
    return data[:48] + _CHECK.pack(_check_of(data)) + data[56:]


def size_of(head: bytes) -> int:
    """How large the file is that begins with this."""
    return int(_FIXED.unpack_from(head)[1])


def owner_bytes(pid: int, start_time: int, spawned: int) -> bytes:
    """What stands at ``OWNER``."""
    return _OWN.pack(pid, start_time, spawned)


def one_section(head: bytes, section: Section, places: tuple[Place, ...]) -> bytes:
    """A file with one room, filled: what the supervisor itself counts."""
    words = int(_FIXED.unpack_from(head)[3])
    slots = [0] * (words - SECTION_WORDS)
    by_name = {place.name: place for place in places}
    for name, buckets in section.counts.items():
        for bucket, count in buckets.items():
            slots[by_name[name].slot + bucket] = count
    data = bytearray(head.ljust(int(_FIXED.unpack_from(head)[2]), b"\0"))
    struct.pack_into("=Q", data, 88, 1)
    data += _LABEL.pack(section.day, *section.grants)
    data += bytes(8 * SECTION_WORDS - _LABEL.size)
    return bytes(data) + struct.pack(f"={len(slots)}Q", *slots)


def parse_counter_file(data: bytes) -> CounterFile:
    """Read a counter file.

    Raises:
        StorageError: It is not one, or damaged.
    """
    if len(data) < HEAD or data[:8] != MAGIC:
        raise StorageError("it is not a counter file of this version")
    _, size, first, words, sections, length = _FIXED.unpack_from(data)
    in_memory, used, boot, registry = _REST.unpack_from(data, MEMORY_ONLY)
    fits = (
        len(data) == size <= LARGEST
        and HEAD + length <= first
        and words >= SECTION_WORDS
        and used <= sections
        and size == first + sections * words * 8
    )
    if not fits:
        raise StorageError("its sizes do not fit together")
    if _CHECK.unpack_from(data, 48)[0] != _check_of(data[: HEAD + length]):
        raise StorageError("its head is damaged")
    places = _places(data[HEAD : HEAD + length], words - SECTION_WORDS)
    pid, start_time, spawned = _OWN.unpack_from(data, OWNER)
    starts = (first + number * words * 8 for number in range(used))
    return CounterFile(
        Owner(pid, start_time, spawned, boot),
        registry,
        bool(in_memory),
        places,
        tuple(_section(data, start, words, places) for start in starts),
    )


def _check_of(data: bytes) -> int:
    return binascii.crc32(data[96:], binascii.crc32(data[:48]))


def _places(table: bytes, slots: int) -> tuple[Place, ...]:
    found: list[Place] = []
    end = 0
    try:
        for line in table.decode("ascii").splitlines():
            kind, category, slot, name = line.split(" ")
            place = Place(_KIND[kind], COUNTED[int(category)], int(slot), name)
            if place.slot != end or not name:
                raise StorageError("its table has gaps")
            end += place.slots
            found.append(place)
    except (ValueError, LookupError):
        raise StorageError("its table cannot be read") from None
    if end > slots or len({place.name for place in found}) != len(found):
        raise StorageError("its table does not fit")
    return tuple(found)


def _section(data: bytes, start: int, words: int, places: tuple[Place, ...]) -> Section:
    day, *grants = _LABEL.unpack_from(data, start)
    if not 0 < day < _LAST_DAY:
        raise StorageError("a section has no day that can be")
    body = start + 8 * SECTION_WORDS
    slots = struct.unpack_from(f"={words - SECTION_WORDS}Q", data, body)
    counts: dict[str, dict[int, int]] = {}
    for place in places:
        values = slots[place.slot : place.slot + place.slots]
        if place.kind is Kind.COUNTER:
            values = (_sum_of(values[0]),)
        if max(values) >= _MOST_COUNTS:
            raise StorageError("a count is larger than can be")
        buckets = {n: value for n, value in enumerate(values) if value}
        if buckets and grants[COUNTED.index(place.category)]:
            counts[place.name] = buckets
    return Section(day, tuple(grants), counts)


def _sum_of(word: int) -> int:
    """A counter's two parts, the upper eight bits and the rest, modulo 2^56.

    A store that came too late (a traced thread's) may leave it a little below zero.
    """
    total = (word + (word >> 56)) & _WHOLE
    return total if total < _WHOLE - 255 else 0


def slots_of(
    head: bytes, file: CounterFile, categories: Collection[Category]
) -> Iterator[tuple[int, int]]:
    """Offset and bytes of every slot of these categories, in sections in use."""
    _, _, first, words, _, _ = _FIXED.unpack_from(head)
    for number in range(len(file.sections)):
        start = first + 8 * (number * words + SECTION_WORDS)
        for place in file.places:
            if place.category in categories:
                yield start + 8 * place.slot, 8 * place.slots
