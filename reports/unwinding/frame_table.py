"""Call frame information of one module, through the search table of ``.eh_frame_hdr``.

Forms: Linux Standard Base 5.0, Core, 10.6 (``.eh_frame``, ``.eh_frame_hdr``). The table
is sorted by address, so one entry in seventeen steps is found among a hundred thousand,
and the whole section is never parsed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reports.errors import UnwindingError
from reports.unwinding.call_frame_program import CallFrameProgram
from reports.unwinding.cursor import OMITTED, Cursor
from reports.unwinding.rules import Row

if TYPE_CHECKING:
    from reports.unwinding.elf_file import ElfFile

_TABLE_ENTRIES: Final = {0x3B: 4, 0x3C: 8}
"""``DW_EH_PE_datarel`` with ``sdata4`` (every linker's choice) or ``sdata8``."""

_LONGEST_HEADER: Final = 64
_LARGEST_RECORD: Final = 48 * 1024
_EXTENDED: Final = 0xFFFFFFFF
_VERSIONS: Final = (1, 3, 4)
_MOST_ROWS: Final = 4096


@dataclass(frozen=True, slots=True)
class _Common:
    """A CIE: what several functions' records share."""

    code_factor: int
    data_factor: int
    return_register: int
    encoding: int
    has_augmentation_data: bool
    is_signal_frame: bool
    instructions: bytes
    instructions_address: int


class FrameTable:
    """Finds rows of call frame information in one module's file.

    Raises:
        UnwindingError: The module has no search table, or one of an unknown form.
    """

    def __init__(self, elf: ElfFile) -> None:
        address = elf.search_table
        if address is None:
            raise UnwindingError("a module has no table of its functions")
        self._elf = elf
        self._base = address
        size = min(_LONGEST_HEADER, elf.available(address))
        header = Cursor(elf.at(address, size), address)
        version, frame, count, table = header.take(4)
        if version != 1 or table not in _TABLE_ENTRIES or OMITTED in (frame, count):
            raise UnwindingError("a module's table of functions has an unknown form")
        header.pointer(frame, address)
        self._count = header.pointer(count, address)
        self._half = _TABLE_ENTRIES[table]
        self._first = address + header.position
        if self._count * 2 * self._half > elf.available(self._first):
            raise UnwindingError("a module's table of functions is cut short")
        self._rows: dict[int, Row | None] = {}
        self._common: dict[int, _Common] = {}

    def row(self, place: int) -> Row | None:
        """The rules at an address in the file's numbering; None where there are none.

        Raises:
            UnwindingError: The records are damaged.
        """
        if place not in self._rows:
            if len(self._rows) >= _MOST_ROWS:
                self._rows.clear()
            self._rows[place] = self._find(place)
        return self._rows[place]

    def _find(self, place: int) -> Row | None:
        low, high = 0, self._count
        while low < high:
            middle = (low + high) // 2
            if self._start(middle) <= place:
                low = middle + 1
            else:
                high = middle
        if low == 0:
            return None
        at = self._first + (2 * (low - 1) + 1) * self._half
        return self._read(self._relative(at), place)

    def _start(self, index: int) -> int:
        return self._relative(self._first + 2 * index * self._half)

    def _relative(self, at: int) -> int:
        data = self._elf.at(at, self._half)
        return self._base + int.from_bytes(data, "little", signed=True)

    def _read(self, address: int, place: int) -> Row | None:
        record, identity_at = self._record(address)
        distance = record.unsigned(4)
        if distance == 0:
            raise UnwindingError("a table entry leads to no function")
        common = self._common_at(identity_at - distance)
        start = record.pointer(common.encoding)
        length = record.number(common.encoding & 0x0F)
        if not 0 <= place - start < length:
            return None
        if common.has_augmentation_data:
            record.take(record.uleb())
        program = CallFrameProgram(
            common.code_factor, common.data_factor, common.encoding
        )
        program.run_initial(Cursor(common.instructions, common.instructions_address))
        program.run(record, start, place)
        return Row(
            cfa=program.cfa,
            registers=program.registers,
            return_register=common.return_register,
            is_signal_frame=common.is_signal_frame,
            start=start,
        )

    def _record(self, address: int) -> tuple[Cursor, int]:
        """The bytes of a record behind its length, and their address."""
        size = int.from_bytes(self._elf.at(address, 4), "little")
        begin = address + 4
        if size == _EXTENDED:
            size = int.from_bytes(self._elf.at(begin, 8), "little")
            begin += 8
        if not 4 <= size <= _LARGEST_RECORD:
            raise UnwindingError("a record of a function has an impossible size")
        return Cursor(self._elf.at(begin, size), begin), begin

    def _common_at(self, address: int) -> _Common:
        if address not in self._common:
            if len(self._common) >= _MOST_ROWS:
                self._common.clear()
            self._common[address] = self._read_common(address)
        return self._common[address]

    def _read_common(self, address: int) -> _Common:
        record, _ = self._record(address)
        if record.unsigned(4) != 0:
            raise UnwindingError("a function's record leads to no common one")
        version, letters = record.byte(), record.text()
        if version not in _VERSIONS or not (letters == b"" or letters[:1] == b"z"):
            raise UnwindingError("a common record has an unknown form")
        if version == 4:
            record.take(2)
        code_factor, data_factor = record.uleb(), record.sleb()
        return_register = record.byte() if version == 1 else record.uleb()
        encoding = 0
        if letters:
            length = record.uleb()
            end = record.position + length
            encoding = _encoding(record, letters[1:])
            record.position = end
        begin = record.address + record.position
        instructions = record.take(len(record.data) - record.position)
        return _Common(
            code_factor,
            data_factor,
            return_register,
            encoding,
            has_augmentation_data=bool(letters),
            is_signal_frame=b"S" in letters,
            instructions=instructions,
            instructions_address=begin,
        )


def _encoding(record: Cursor, letters: bytes) -> int:
    """How functions' addresses are written: the byte that belongs to ``R``.

    An unknown letter ends the search: the length before them tells where to go on.
    """
    encoding = 0
    for letter in letters:
        if letter == ord("R"):
            encoding = record.byte()
        elif letter == ord("L"):
            record.byte()
        elif letter == ord("P"):
            record.number(record.byte())
        elif letter not in b"SBG":
            break
    return encoding
