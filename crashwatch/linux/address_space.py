"""The mappings of a process, searched by address. Pure."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from reports.snapshot import Mapping, Protection

if TYPE_CHECKING:
    from collections.abc import Iterable

_CODE = Protection.READ | Protection.EXECUTE
_NOT_FILES = ("/memfd:", "/dev/", "/SYSV", "/proc/", "/anon_hugepage")


class AddressSpace:
    """Mappings in ascending order, as ``parse_maps`` gives them."""

    def __init__(self, mappings: Iterable[Mapping]) -> None:
        self.mappings = tuple(mappings)
        self._starts = [mapping.start for mapping in self.mappings]

    def find(self, address: int) -> Mapping | None:
        """The mapping that holds ``address``."""
        index = bisect_right(self._starts, address) - 1
        if index < 0 or address >= self.mappings[index].end:
            return None
        return self.mappings[index]

    def find_stack(self, address: int, reach: int) -> Mapping | None:
        """The readable mapping at ``address``, or the next above within ``reach``.

        None when that one is not writable: it is no stack.
        """
        index = max(bisect_right(self._starts, address) - 1, 0)
        for mapping in self.mappings[index:]:
            if mapping.start > address + reach:
                return None
            if mapping.end > address and Protection.READ in mapping.protection:
                return mapping if Protection.WRITE in mapping.protection else None
        return None

    def find_code(self, address: int) -> Mapping | None:
        """The mapping of ``address`` if it holds a file's code and nothing else."""
        mapping = self.find(address)
        return mapping if mapping is not None and is_file_code(mapping) else None

    def is_executable(self, address: int) -> bool:
        """Whether ``address`` may be executed."""
        mapping = self.find(address)
        return mapping is not None and Protection.EXECUTE in mapping.protection


def is_file(mapping: Mapping) -> bool:
    """Whether a real file is mapped, not memory or a device under a file's name."""
    return mapping.path.startswith("/") and not mapping.path.startswith(_NOT_FILES)


def is_file_code(mapping: Mapping) -> bool:
    """Whether a mapping holds the unchanged code of a file, or the vDSO.

    Writable, shared and anonymous executable memory belongs to compilers at run time,
    which put the program's data between their instructions.
    """
    return mapping.protection == _CODE and (
        is_file(mapping) or mapping.path == "[vdso]"
    )
