"""ELF images in a process: mappings merged for each file, the executable first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from crashwatch.linux.address_space import is_file
from crashwatch.linux.elf_image import (
    PT_DYNAMIC,
    ElfImageError,
    read_build_id,
    read_image,
    read_soname,
)
from crashwatch.linux.proc_parsers import without_deleted_suffix
from reports.snapshot import Mapping, Module, Protection

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crashwatch.linux.address_space import AddressSpace
    from crashwatch.linux.elf_image import ElfImage
    from crashwatch.linux.process_memory import ProcessMemory
    from crashwatch.linux.soft_errors import SoftErrors

AT_ENTRY: Final = 9

VDSO_NAME: Final = "linux-vdso.so.1"
_VDSO: Final = "[vdso]"
_MOST_MODULES: Final = 4096


@dataclass(frozen=True, slots=True)
class LoadedImage:
    """A module together with what its headers say."""

    module: Module
    image: ElfImage


class ModuleReader:
    """Reads modules from a process's memory, never from the file of that name.

    The file may have been replaced since (``(deleted)`` in its path), may be a FIFO, or
    may lie in another mount namespace; what is mapped is what runs.
    """

    def __init__(self, memory: ProcessMemory, errors: SoftErrors) -> None:
        self._memory = memory
        self._errors = errors

    def read_all(self, space: AddressSpace, entry: int) -> tuple[LoadedImage, ...]:
        """Read all modules, the one that holds ``entry`` (AT_ENTRY) first."""
        found = [*self._read_files(space), *self._read_vdso(space)]
        found.sort(key=lambda each: not _holds(each.module, entry))
        return tuple(found)

    def _read_files(self, space: AddressSpace) -> Iterator[LoadedImage]:
        by_path: dict[str, list[Mapping]] = {}
        for mapping in space.mappings:
            if is_file(mapping):
                by_path.setdefault(mapping.path, []).append(mapping)
        starts = (each for group in by_path.values() for each in _starts(group))
        left = _MOST_MODULES
        end: dict[str, int] = {}
        for start in starts:
            # A small file can be mapped twice from offset 0: code, then data.
            if start.start < end.get(start.path, 0):
                continue
            loaded = self._read(start, by_path[start.path])
            if loaded is None:
                continue
            end[start.path] = loaded.image.base + loaded.image.span
            yield loaded
            left -= 1
            if not left:
                self._errors.add("modules", "too many")
                return

    def _read_vdso(self, space: AddressSpace) -> Iterator[LoadedImage]:
        mapping = next((each for each in space.mappings if each.path == _VDSO), None)
        if mapping is not None:
            loaded = self._read(mapping, [mapping])
            if loaded is not None:
                yield loaded

    def _read(self, start: Mapping, group: Iterable[Mapping]) -> LoadedImage | None:
        what = "vDSO" if start.path == _VDSO else "module"
        try:
            image = read_image(
                self._memory.read, start.start, available=start.end - start.start
            )
        except ElfImageError:
            return None
        except OSError as error:
            self._errors.add(f"{what} headers", error)
            return None
        build_id, soname = b"", ""
        with self._errors.tolerated(f"{what} build id"):
            build_id = read_build_id(self._memory.read, image)
        with self._errors.tolerated(f"{what} name"):
            soname = self._soname(image)
        path = VDSO_NAME if what == "vDSO" else without_deleted_suffix(start.path)
        size = _end(image, group) - image.base
        return LoadedImage(Module(image.base, size, path, soname, build_id), image)

    def _soname(self, image: ElfImage) -> str:
        if image.find(PT_DYNAMIC) is None:
            return ""
        return read_soname(self._memory.read, image)


def find_image(images: Iterable[LoadedImage], address: int) -> LoadedImage | None:
    """The image that holds ``address``."""
    return next((each for each in images if _holds(each.module, address)), None)


def _holds(module: Module, address: int) -> bool:
    return module.base <= address < module.base + module.size


def _starts(group: Iterable[Mapping]) -> Iterator[Mapping]:
    for mapping in group:
        if mapping.offset == 0 and Protection.READ in mapping.protection:
            yield mapping


def _end(image: ElfImage, group: Iterable[Mapping]) -> int:
    """End of the last of the file's mappings that the image's segments reach.

    The same file may be mapped elsewhere too, as plain data.
    """
    limit = image.base + image.span
    return max(each.end for each in group if image.base <= each.start < limit)
