"""The modules of a picture, with their files: what code lies at an address.

A file counts only if its build id is that of the module that was mapped. Whatever else
lies at the path now (an update, another file, nothing) is not looked at: such a
module's frames are told by module and offset, and its callers are guessed.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from reports.errors import UnwindingError
from reports.unwinding.elf_file import ElfFile, read_elf_file
from reports.unwinding.frame_table import FrameTable
from scrubbers.words import preceded_by_call

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.snapshot import Module
    from reports.unwinding.file_window import ReadAt
    from reports.unwinding.rules import Row

_LONGEST_CALL: Final = 7


class CodeFiles(Protocol):
    """Opens files; supplied by whoever may."""

    def module(self, path: str) -> ReadAt | None:
        """The file that was mapped as a module, or None where there is none."""

    def debug(self, build_id: bytes) -> ReadAt | None:
        """The separate file with a module's debug information, or None."""


@dataclass
class ModuleCode:
    """One module, and what could be read of its file.

    Attributes:
        index: Its place among the picture's modules.
        bias: What was added to the file's addresses when it was mapped.
        elf: None where there is no file of this build.
        table: None where the file has no usable call frame information.
    """

    index: int
    module: Module
    bias: int = 0
    elf: ElfFile | None = None
    table: FrameTable | None = None

    def row(self, address: int) -> Row | None:
        """The rules at an address of the process; None where there are none."""
        if self.table is None:
            return None
        try:
            return self.table.row(address - self.bias)
        except UnwindingError:
            return None


@dataclass
class CodeMap:
    """Finds modules by address and opens each one's file once, when it is needed.

    Args:
        modules: As mapped; their paths must be real ones.
        machine: As ``scrubbers.words.preceded_by_call`` names it.
    """

    modules: Sequence[Module]
    files: CodeFiles
    machine: str
    _known: dict[int, ModuleCode] = field(default_factory=dict)
    _after_call: dict[int, bool | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Sort the modules by address."""
        order = sorted(range(len(self.modules)), key=lambda n: self.modules[n].base)
        self._order = order
        self._bases = [self.modules[number].base for number in order]

    def find(self, address: int) -> ModuleCode | None:
        """The module that holds an address."""
        place = bisect_right(self._bases, address) - 1
        if place < 0:
            return None
        index = self._order[place]
        module = self.modules[index]
        if address >= module.base + module.size:
            return None
        if index not in self._known:
            self._known[index] = self._open(index, module)
        return self._known[index]

    def _open(self, index: int, module: Module) -> ModuleCode:
        code = ModuleCode(index, module)
        read = self.files.module(module.path) if module.build_id else None
        if read is None:
            return code
        try:
            elf = read_elf_file(read)
            if elf.build_id != module.build_id:
                return code
            code.elf = elf
            code.bias = module.base - elf.first_address
            code.table = FrameTable(elf)
        except UnwindingError:
            pass
        return code

    def is_after_call(self, address: int) -> bool | None:
        """Whether a call stands before an address; None where no file tells."""
        if address not in self._after_call:
            self._after_call[address] = self._look_before(address)
        return self._after_call[address]

    def _look_before(self, address: int) -> bool | None:
        code = self.find(address)
        if code is None:
            return False
        if code.elf is None:
            return None
        place = address - code.bias
        if not code.elf.is_code(place - 1):
            return False
        try:
            before = code.elf.at(place - _LONGEST_CALL, _LONGEST_CALL)
        except UnwindingError:
            return False
        return preceded_by_call(before, self.machine)
