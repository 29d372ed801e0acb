"""A 64-bit ELF image as it lies in a process's memory: build id, name, dynamic section.

Offsets are from the gABI (``Elf64_Ehdr``, ``Elf64_Phdr``, ``Elf64_Dyn``,
``Elf64_Nhdr``). The image belongs to the process being read, which may have
overwritten it: every count, size and address is checked before it is used.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    Read = Callable[[int, int], bytes]

_EHDR: Final = struct.Struct("<4sBBBB8xHHIQQQIHHHHHH")
_PHDR: Final = struct.Struct("<IIQQQQQQ")
_NHDR: Final = struct.Struct("<III")

_PT_LOAD, PT_DYNAMIC, _PT_NOTE = 1, 2, 4
_USED: Final = frozenset({_PT_LOAD, PT_DYNAMIC, _PT_NOTE})
_DT_STRTAB, _DT_STRSZ, _DT_SONAME, DT_DEBUG = 5, 10, 14, 21
_NT_GNU_BUILD_ID: Final = 3

_FIRST_READ: Final = 4096
_MOST_HEADERS: Final = 128
_LARGEST_DYNAMIC: Final = 64 * 1024
_LARGEST_NOTES: Final = 64 * 1024
_LONGEST_BUILD_ID: Final = 64
_LONGEST_NAME: Final = 256
_ADDRESS: Final = (1 << 64) - 1


class ElfImageError(ValueError):
    """Not an ELF image that we can read; the message quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class ProgramHeader:
    """One ``Elf64_Phdr``: its type, file offset, address before relocation, sizes."""

    kind: int
    offset: int
    address: int
    file_size: int
    memory_size: int
    alignment: int


@dataclass(frozen=True, slots=True)
class ElfImage:
    """An image whose headers were read.

    Attributes:
        base: Address of file offset 0.
        bias: What the linker added to every address in the file, modulo 2^64.
        span: Bytes from ``base`` to the end of its last segment in memory.
    """

    base: int
    bias: int
    span: int
    headers: tuple[ProgramHeader, ...]

    def find(self, kind: int) -> ProgramHeader | None:
        """The first program header of a type."""
        return next((each for each in self.headers if each.kind == kind), None)

    def relocated(self, address: int) -> int:
        """Where an address of the file lies in memory."""
        return (address + self.bias) & _ADDRESS


def read_image(read: Read, base: int, *, available: int = _FIRST_READ) -> ElfImage:
    """Read the headers of the image whose file offset 0 is mapped at ``base``.

    Args:
        read: Reads exactly (address, size) or raises ``OSError``.
        base: Where to look.
        available: Readable bytes from ``base`` on.

    Raises:
        ElfImageError: No 64-bit little-endian ELF image, or headers out of bounds.
        OSError: From ``read``.
    """
    data = read(base, min(_FIRST_READ, available))
    if len(data) < _EHDR.size:
        raise ElfImageError("ELF header is cut short")
    fields = _EHDR.unpack_from(data)
    magic, elf_class, order = fields[:3]
    offset, entry_size, count = fields[9], fields[13], fields[14]
    if magic != b"\x7fELF" or elf_class != 2 or order != 1:
        raise ElfImageError("not a 64-bit little-endian ELF image")
    if entry_size != _PHDR.size or not 0 < count <= _MOST_HEADERS:
        raise ElfImageError("unusual program headers")
    if not _EHDR.size <= offset <= available - count * _PHDR.size:
        raise ElfImageError("program headers lie outside the first mapping")
    if offset + count * _PHDR.size > len(data):
        data = bytes(offset) + read(base + offset, count * _PHDR.size)
    return _image(base, parse_program_headers(data[offset:], count))


def parse_program_headers(data: bytes, count: int) -> tuple[ProgramHeader, ...]:
    """Parse ``count`` program headers, and keep those of the types used here.

    Raises:
        ElfImageError: ``data`` is too short for them.
    """
    if len(data) < count * _PHDR.size:
        raise ElfImageError("program headers are cut short")
    fields = _PHDR.iter_unpack(data[: count * _PHDR.size])
    return tuple(
        ProgramHeader(kind, offset, address, file_size, memory_size, alignment)
        for kind, _, offset, address, _, file_size, memory_size, alignment in fields
        if kind in _USED
    )


def _image(base: int, headers: tuple[ProgramHeader, ...]) -> ElfImage:
    loads = [each for each in headers if each.kind == _PT_LOAD]
    if not loads:
        raise ElfImageError("no segment to load")
    first = min(loads, key=lambda each: each.address)
    start = (first.address - first.offset) & ~0xFFF
    end = max(each.address + each.memory_size for each in loads)
    span = end - start
    if not 0 < span < 1 << 47:
        raise ElfImageError("segments span an impossible range")
    return ElfImage(base, (base - start) & _ADDRESS, span, headers)


def read_build_id(read: Read, image: ElfImage) -> bytes:
    """Read the GNU build id note; empty when there is none.

    Raises:
        ElfImageError: A note section is larger than any real one.
        OSError: From ``read``.
    """
    for header in image.headers:
        if header.kind != _PT_NOTE:
            continue
        if header.file_size > _LARGEST_NOTES:
            raise ElfImageError("notes are too large")
        notes = read(image.relocated(header.address), header.file_size)
        build_id = find_build_id(notes, 8 if header.alignment == 8 else 4)
        if build_id:
            return build_id
    return b""


def find_build_id(notes: bytes, alignment: int) -> bytes:
    """Find ``NT_GNU_BUILD_ID`` of owner ``GNU`` among notes; empty when there is none.

    A note that reaches beyond the end closes the list.
    """
    position = 0
    while position + _NHDR.size <= len(notes):
        name_size, size, kind = _NHDR.unpack_from(notes, position)
        name = position + _NHDR.size
        content = _aligned(name + name_size, alignment)
        if content + size > len(notes):
            break
        is_build_id = kind == _NT_GNU_BUILD_ID and notes[name:content][:4] == b"GNU\0"
        if is_build_id and name_size == 4 and 0 < size <= _LONGEST_BUILD_ID:
            return notes[content : content + size]
        position = _aligned(content + size, alignment)
    return b""


def _aligned(position: int, alignment: int) -> int:
    return -(-position // alignment) * alignment


def read_dynamic(read: Read, image: ElfImage) -> tuple[int, bytes]:
    """Read the dynamic section: its address, and its bytes up to ``DT_NULL``.

    Raises:
        ElfImageError: There is none (a static executable), or it is too large.
        OSError: From ``read``.
    """
    header = image.find(PT_DYNAMIC)
    if header is None:
        raise ElfImageError("no dynamic section")
    if header.memory_size > _LARGEST_DYNAMIC:
        raise ElfImageError("dynamic section is too large")
    address = image.relocated(header.address)
    data = read(address, header.memory_size & ~15)
    for position in range(0, len(data), 16):
        if data[position : position + 8] == bytes(8):
            return address, data[: position + 16]
    return address, data


def parse_dynamic(data: bytes) -> dict[int, int]:
    """Parse a dynamic section: tag to value; of a repeated tag the first counts."""
    values: dict[int, int] = {}
    for tag, value in struct.iter_unpack("<QQ", data[: len(data) & ~15]):
        values.setdefault(tag, value)
    return values


def read_soname(read: Read, image: ElfImage) -> str:
    """Read ``DT_SONAME``; empty when the image has none.

    Raises:
        ElfImageError: The name lies outside the string table, or is no name.
        OSError: From ``read``.
    """
    _, data = read_dynamic(read, image)
    values = parse_dynamic(data)
    name, table = values.get(_DT_SONAME), values.get(_DT_STRTAB)
    if name is None or table is None:
        return ""
    left = values.get(_DT_STRSZ, 0) - name
    if left <= 0:
        raise ElfImageError("SONAME lies outside the string table")
    # glibc relocates DT_STRTAB in place; the vDSO's and musl's stays as in the file.
    if table < image.span:
        table = image.relocated(table)
    text, end, _ = read((table + name) & _ADDRESS, min(left, _LONGEST_NAME)).partition(
        b"\0"
    )
    if not end or not text.isascii() or not text.decode("ascii").isprintable():
        raise ElfImageError("SONAME is not a name")
    return text.decode("ascii")
