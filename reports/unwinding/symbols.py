"""Names of functions by address, from the symbol tables of a module's files.

``Elf64_Sym`` (gABI): name u32, info u8, other u8, section u16, value u64, size u64.
Tables are read in pieces, so that a large one costs time but no memory.
"""

from __future__ import annotations

import lzma
from bisect import bisect_left
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from reports.errors import UnwindingError
from reports.unwinding.elf_file import ElfFile, read_elf_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from reports.unwinding.elf_file import Section
    from reports.unwinding.file_window import ReadAt

_SYMBOL: Final = 24
_PIECE: Final = _SYMBOL * 16384
_MOST_SYMBOLS: Final = 4_000_000
_FUNCTIONS: Final = frozenset({2, 10})
"""``STT_FUNC`` and ``STT_GNU_IFUNC``."""

_LOCAL: Final = 0
_MOST_ALIASES: Final = 8
_MOST_HITS: Final = 65536
"""In one piece of a table; only a damaged one has more."""

_LONGEST_NAME: Final = 512
_LARGEST_PACKED: Final = 4 * 1024 * 1024
_LARGEST_UNPACKED: Final = 16 * 1024 * 1024


class _Found(NamedTuple):
    """A symbol that holds an address; of several the least is chosen."""

    is_local: bool
    before: int
    name_at: int


def names_of(
    elf: ElfFile,
    addresses: Iterable[int],
    debug: Callable[[], ReadAt | None],
    go_on: Callable[[], bool] = lambda: True,
) -> dict[int, str]:
    """The functions that hold some addresses; those without a name are missing.

    Args:
        elf: The module's file.
        addresses: In the file's own numbering.
        debug: Opens the separate file with debug information; asked only where the
            module's own file has no ``.symtab``.
        go_on: Asked before each piece of a table.

    Nothing is raised: a damaged table gives fewer names.
    """
    wanted = sorted(set(addresses))
    names: dict[int, str] = {}
    for where, table in _tables(elf, debug):
        left = [address for address in wanted if address not in names]
        if not left:
            break
        try:
            names |= _names_in(where, table, left, go_on)
        except UnwindingError:
            continue
    return names


def _tables(
    elf: ElfFile, debug: Callable[[], ReadAt | None]
) -> Iterator[tuple[ElfFile, Section]]:
    full = elf.section(b".symtab")
    if full is not None:
        yield elf, full
    else:
        for other in _separate(elf, debug):
            table = other.section(b".symtab")
            if table is not None:
                yield other, table
                break
    exported = elf.section(b".dynsym")
    if exported is not None:
        yield elf, exported


def _separate(elf: ElfFile, debug: Callable[[], ReadAt | None]) -> Iterator[ElfFile]:
    """The debug file of this build, and what Fedora packs into ``.gnu_debugdata``."""
    try:
        read = debug()
        if read is not None:
            other = read_elf_file(read)
            if other.build_id == elf.build_id:
                yield other
    except UnwindingError:
        pass
    packed = elf.section(b".gnu_debugdata")
    if packed is None or packed.size > _LARGEST_PACKED:
        return
    try:
        data = lzma.LZMADecompressor(memlimit=64 * 1024 * 1024).decompress(
            elf.window.some_at(packed.offset, packed.size), _LARGEST_UNPACKED
        )
        yield read_elf_file(lambda offset, size: data[offset : offset + size])
    except (lzma.LZMAError, UnwindingError):
        return


def _names_in(
    elf: ElfFile, table: Section, wanted: list[int], go_on: Callable[[], bool]
) -> dict[int, str]:
    holders: dict[int, list[_Found]] = {}
    for piece in _pieces(elf, table):
        if not go_on():
            break
        for address, found in islice(_holders(piece, wanted), _MOST_HITS):
            known = holders.setdefault(address, [])
            if len(known) < _MOST_ALIASES:
                known.append(found)
    strings = _strings_of(elf, table)
    if strings is None:
        return {}
    named = ((a, _best_name(elf, strings, found)) for a, found in holders.items())
    return {address: name for address, name in named if name}


def _best_name(elf: ElfFile, strings: Section, found: Iterable[_Found]) -> str:
    """Of aliases the plain one: ``write`` rather than ``__GI___write``."""
    names = [
        (each.is_local, each.before, len(name) - len(name.lstrip("_")), len(name), name)
        for each in found
        if (name := _name(elf, strings, each.name_at))
    ]
    return min(names)[-1] if names else ""


def _strings_of(elf: ElfFile, table: Section) -> Section | None:
    name = {b".symtab": b".strtab", b".dynsym": b".dynstr"}[table.name]
    return elf.section(name)


def _pieces(elf: ElfFile, table: Section) -> Iterator[bytes]:
    size = min(table.size, _MOST_SYMBOLS * _SYMBOL)
    for start in range(0, size, _PIECE):
        length = min(_PIECE, size - start)
        data = elf.window.some_at(table.offset + start, length)
        yield data[: len(data) // _SYMBOL * _SYMBOL]
        if len(data) < length:
            return


def _holders(piece: bytes, wanted: list[int]) -> Iterator[tuple[int, _Found]]:
    """Functions of a piece that hold wanted addresses.

    Most symbols lie between two wanted addresses and are passed over by a comparison.
    """
    words = memoryview(piece).cast("Q")
    heads, values, sizes = words[::3].tolist(), words[1::3].tolist(), words[2::3]
    low, high = wanted[0], wanted[-1]
    for number, value in enumerate(values):
        if value > high:
            continue
        head = heads[number]
        if head >> 32 & 15 not in _FUNCTIONS or head >> 48 == 0:
            continue
        end = value + sizes[number]
        if end <= low:
            continue
        first = bisect_left(wanted, value)
        for address in wanted[first : bisect_left(wanted, end, first)]:
            binding = head >> 36 & 15
            found = _Found(binding == _LOCAL, -value, head & 0xFFFFFFFF)
            yield address, found


def _name(elf: ElfFile, strings: Section, start: int) -> str:
    """A name without its version; empty where it is none."""
    room = min(_LONGEST_NAME, strings.size - start)
    if room <= 0:
        return ""
    try:
        data = elf.window.some_at(strings.offset + start, room)
    except UnwindingError:
        return ""
    text, end, _ = data.partition(b"\0")
    name = text.partition(b"@")[0]
    if not end or not name.isascii():
        return ""
    decoded = name.decode("ascii")
    return decoded if decoded.isprintable() else ""
