"""A 64-bit ELF file on the disk: where its parts lie, and which build it is.

Offsets are from the gABI (``Elf64_Ehdr``, ``Elf64_Phdr``, ``Elf64_Shdr``,
``Elf64_Nhdr``); ``PT_GNU_EH_FRAME`` is in the Linux Standard Base 5.0, 12.2. A file
may have been replaced by anything since it was mapped: everything is checked.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from reports.errors import UnwindingError
from reports.unwinding.file_window import FileWindow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.unwinding.file_window import ReadAt

_EHDR: Final = struct.Struct("<4sBBBB8xHHIQQQIHHHHHH")
_PHDR: Final = struct.Struct("<IIQQQQQQ")
_SHDR: Final = struct.Struct("<IIQQQQIIQQ")
_NHDR: Final = struct.Struct("<III")

_PT_LOAD, _PT_NOTE, _PT_GNU_EH_FRAME = 1, 4, 0x6474E550
_SHT_NOBITS: Final = 8
_NT_GNU_BUILD_ID: Final = 3
_EXECUTE: Final = 1
_MOST_PROGRAM_HEADERS: Final = 128
_MOST_SECTIONS: Final = 1000
_LARGEST_NOTES: Final = 16 * 1024
_LONGEST_NAME: Final = 32


class Segment(NamedTuple):
    """One program header: what lies where in the file and in memory."""

    kind: int
    flags: int
    offset: int
    address: int
    file_size: int


class Section(NamedTuple):
    """One section header."""

    name: bytes
    kind: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class ElfFile:
    """An ELF file whose headers were read.

    Attributes:
        window: Its bytes.
        segments: Those of the types used here.
        sections: Empty in a file without section headers.
        build_id: Of its GNU note, or empty.
        first_address: Of file offset 0, in the file's own numbering.
    """

    window: FileWindow
    segments: tuple[Segment, ...]
    sections: tuple[Section, ...]
    build_id: bytes
    first_address: int

    @property
    def search_table(self) -> int | None:
        """Address of ``.eh_frame_hdr``."""
        found = (s.address for s in self.segments if s.kind == _PT_GNU_EH_FRAME)
        return next(found, None)

    def available(self, address: int) -> int:
        """Bytes of the file from an address to the end of its segment; 0 for none."""
        for segment in self.segments:
            within = address - segment.address
            if segment.kind == _PT_LOAD and 0 <= within < segment.file_size:
                return segment.file_size - within
        return 0

    def is_code(self, address: int) -> bool:
        """Whether an address lies in an executable segment."""
        return any(
            s.kind == _PT_LOAD
            and s.flags & _EXECUTE
            and 0 <= address - s.address < s.file_size
            for s in self.segments
        )

    def at(self, address: int, size: int) -> bytes:
        """Bytes by address, in the file's own numbering.

        Raises:
            UnwindingError: They are not in the file.
        """
        for segment in self.segments:
            within = address - segment.address
            if segment.kind == _PT_LOAD and 0 <= within < segment.file_size:
                if within + size > segment.file_size:
                    break
                return self.window.bytes_at(segment.offset + within, size)
        raise UnwindingError("an address is not in the module's file")

    def section(self, name: bytes) -> Section | None:
        """The first section of a name."""
        return next((each for each in self.sections if each.name == name), None)


def read_elf_file(read: ReadAt) -> ElfFile:
    """Read the headers.

    Args:
        read: ``read(offset, size)`` gives the file's bytes, fewer at its end.

    Raises:
        UnwindingError: No 64-bit little-endian ELF file, or damaged headers.
    """
    window = FileWindow(read)
    fields = _EHDR.unpack(window.bytes_at(0, _EHDR.size))
    magic, elf_class, order = fields[:3]
    if magic != b"\x7fELF" or elf_class != 2 or order != 1:
        raise UnwindingError("a module's file is no 64-bit ELF file")
    segments = tuple(_segments(window, fields[9], fields[13], fields[14]))
    loads = [each for each in segments if each.kind == _PT_LOAD]
    if not loads:
        raise UnwindingError("a module's file has nothing to load")
    first = min(loads, key=lambda each: each.address)
    return ElfFile(
        window=window,
        segments=segments,
        sections=_sections(window, fields[10], fields[15], fields[16], fields[17]),
        build_id=_build_id(window, segments),
        first_address=(first.address - first.offset) & ~0xFFF,
    )


def _segments(
    window: FileWindow, offset: int, entry_size: int, count: int
) -> Iterator[Segment]:
    if entry_size != _PHDR.size or not 0 < count <= _MOST_PROGRAM_HEADERS:
        raise UnwindingError("a module's file has unusual program headers")
    data = window.bytes_at(offset, count * _PHDR.size)
    for kind, flags, place, address, _, file_size, _, _ in _PHDR.iter_unpack(data):
        if kind in (_PT_LOAD, _PT_NOTE, _PT_GNU_EH_FRAME):
            yield Segment(kind, flags, place, address, file_size)


def _sections(
    window: FileWindow, offset: int, entry_size: int, count: int, names: int
) -> tuple[Section, ...]:
    """The section headers; none where they are damaged, since nothing else needs them.

    Names longer than any that is looked for are cut.
    """
    if entry_size != _SHDR.size or not 0 < count <= _MOST_SECTIONS or names >= count:
        return ()
    try:
        data = window.bytes_at(offset, count * _SHDR.size)
        headers = list(_SHDR.iter_unpack(data))
        text = headers[names]
        table = window.some_at(text[4], min(text[5], 64 * 1024))
    except UnwindingError:
        return ()
    return tuple(
        Section(_name(table, name), kind, place, size)
        for name, kind, _, _, place, size, _, _, _, _ in headers
        if kind != _SHT_NOBITS
    )


def _name(table: bytes, start: int) -> bytes:
    return table[start : start + _LONGEST_NAME].partition(b"\0")[0]


def _build_id(window: FileWindow, segments: tuple[Segment, ...]) -> bytes:
    for segment in segments:
        if segment.kind != _PT_NOTE or segment.file_size > _LARGEST_NOTES:
            continue
        notes = window.bytes_at(segment.offset, segment.file_size)
        found = _find_build_id(notes)
        if found:
            return found
    return b""


def _find_build_id(notes: bytes) -> bytes:
    """Notes are aligned to 4; GNU's property note, aligned to 8, is a multiple of 8."""
    position = 0
    while position + _NHDR.size <= len(notes):
        name_size, size, kind = _NHDR.unpack_from(notes, position)
        name = position + _NHDR.size
        content = name + (name_size + 3 & ~3)
        if content + size > len(notes):
            break
        if kind == _NT_GNU_BUILD_ID and notes[name : name + name_size] == b"GNU\0":
            return notes[content : content + size]
        position = content + (size + 3 & ~3)
    return b""
