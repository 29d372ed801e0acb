"""ELF images in memory become modules."""

import errno
from collections.abc import Mapping as Bytes

import pytest

from crashwatch.linux.address_space import AddressSpace
from crashwatch.linux.dynamic_linking import LinkMapError, read_dynamic_linking
from crashwatch.linux.elf_image import (
    ElfImageError,
    find_build_id,
    read_build_id,
    read_image,
    read_soname,
)
from crashwatch.linux.modules import ModuleReader
from crashwatch.linux.process_memory import ProcessMemory
from crashwatch.linux.soft_errors import SoftErrors
from reports.snapshot import Mapping, Protection
from tests.doubles.synthetic_elf import synthetic_elf

R, RX = Protection.READ, Protection.READ | Protection.EXECUTE
RW = Protection.READ | Protection.WRITE
BUILD_ID = bytes(range(1, 21))


class Memory:
    """Blocks of memory by address; all else is unmapped."""

    pid = 1

    def __init__(self, blocks: Bytes[int, bytes]) -> None:
        self.blocks = blocks

    def read(self, name: str, limit: int) -> bytes:
        raise OSError(errno.ENOENT, name, limit)

    def read_memory(self, address: int, size: int) -> bytes:
        for start, data in self.blocks.items():
            if start <= address < start + len(data):
                return data[address - start :][:size]
        raise OSError(errno.EIO, "unmapped")


def reading(blocks: Bytes[int, bytes]):
    return ProcessMemory(Memory(blocks), SoftErrors()).read


def modules_of(mappings, blocks, entry=0):
    errors = SoftErrors()
    reader = ModuleReader(ProcessMemory(Memory(blocks), errors), errors)
    found = reader.read_all(AddressSpace(mappings), entry)
    return [each.module for each in found], errors.lines


def library(base: int, path: str) -> list[Mapping]:
    return [
        Mapping(base, base + 0x1000, R, 0, path),
        Mapping(base + 0x1000, base + 0x2000, RX, 0x1000, path),
        Mapping(base + 0x2000, base + 0x3000, RW, 0x2000, path),
    ]


def elf(base: int, soname: bytes = b"libone.so.1") -> bytes:
    return synthetic_elf(base=base, build_id=BUILD_ID, soname=soname)


def test_mappings_of_a_file_are_one_module():
    (module,), errors = modules_of(
        library(0x10000, "/opt/one"), {0x10000: elf(0x10000)}
    )
    assert (module.base, module.size) == (0x10000, 0x3000)
    assert (module.path, module.soname) == ("/opt/one", "libone.so.1")
    assert module.build_id == BUILD_ID
    assert errors == ()


def test_the_executable_comes_first():
    mappings = library(0x10000, "/opt/one") + library(0x20000, "/opt/program")
    blocks = {0x10000: elf(0x10000), 0x20000: elf(0x20000)}
    found, _ = modules_of(mappings, blocks, entry=0x21234)
    assert [each.path for each in found] == ["/opt/program", "/opt/one"]


def test_a_deleted_file_keeps_its_name():
    (module,), _ = modules_of(
        library(0x10000, "/opt/one (deleted)"), {0x10000: elf(0x10000)}
    )
    assert module.path == "/opt/one"


@pytest.mark.parametrize("path", ["", "[heap]", "/memfd:x", "/dev/dri/card0", "/SYSV0"])
def test_only_files_are_looked_at(path: str):
    found, errors = modules_of(library(0x10000, path), {0x10000: elf(0x10000)})
    assert (found, errors) == ([], ())


def test_a_file_that_is_no_elf_is_left_out_silently():
    found, errors = modules_of(library(0x10000, "/usr/font"), {0x10000: bytes(4096)})
    assert (found, errors) == ([], ())


def test_an_unreadable_header_is_said_without_the_path():
    found, errors = modules_of(library(0x10000, "/home/alice/one"), {})
    assert found == []
    assert errors == ("module headers: EIO",)


def test_the_same_file_mapped_as_data_too_does_not_stretch_the_module():
    data = Mapping(0x90000, 0x93000, R, 0x1000, "/opt/one")
    mappings = [*library(0x10000, "/opt/one"), data]
    (module,), _ = modules_of(mappings, {0x10000: elf(0x10000)})
    assert module.size == 0x3000


def test_a_small_file_mapped_twice_from_its_beginning_is_one_module():
    mappings = [
        Mapping(0x10000, 0x11000, RX, 0, "/opt/one"),
        Mapping(0x12000, 0x13000, RW, 0, "/opt/one"),
    ]
    blocks = {0x10000: elf(0x10000), 0x12000: elf(0x10000)}
    (module,), _ = modules_of(mappings, blocks)
    assert module.size == 0x3000


def test_a_file_loaded_twice_is_two_modules():
    mappings = library(0x10000, "/opt/one") + library(0x50000, "/opt/one")
    blocks = {0x10000: elf(0x10000), 0x50000: elf(0x50000)}
    found, _ = modules_of(mappings, blocks)
    assert [each.base for each in found] == [0x10000, 0x50000]


def test_the_vdso_gets_the_linkers_name_for_it():
    vdso = synthetic_elf(
        build_id=BUILD_ID, soname=b"linux-vdso.so.1", relocated=False, span=0x1000
    )
    mappings = [Mapping(0x10000, 0x11000, RX, 0, "[vdso]")]
    (module,), _ = modules_of(mappings, {0x10000: vdso})
    assert (module.path, module.soname) == ("linux-vdso.so.1", "linux-vdso.so.1")
    assert module.build_id == BUILD_ID


@pytest.mark.parametrize("alignment", [4, 8])
@pytest.mark.parametrize("size", [1, 8, 16, 20, 64])
def test_build_ids_of_any_length(alignment: int, size: int):
    build_id = bytes(range(1, size + 1))
    data = synthetic_elf(build_id=build_id, alignment=alignment)
    read = reading({0x10000: data})
    assert read_build_id(read, read_image(read, 0x10000)) == build_id


@pytest.mark.parametrize(
    "notes",
    [
        b"",
        b"\4\0\0\0",
        b"\4\0\0\0\xff\xff\xff\xff\3\0\0\0GNU\0" + bytes(20),
        b"\xff\xff\xff\xff\x04\0\0\0\3\0\0\0GNU\0" + bytes(20),
        b"\4\0\0\0\x41\0\0\0\3\0\0\0GNU\0" + bytes(65),
        b"\4\0\0\0\x04\0\0\0\3\0\0\0XYZ\0" + bytes(4),
        b"\4\0\0\0\x14\0\0\0\3\0\0\0GNU\0" + bytes(10),
        b"\x08\0\0\0\x04\0\0\0\3\0\0\0GNU\0more" + bytes(4),
    ],
)
def test_notes_without_a_build_id(notes: bytes):
    assert find_build_id(notes, 4) == b""


def damaged(offset: int, value: bytes) -> bytes:
    data = bytearray(elf(0x10000))
    data[offset : offset + len(value)] = value
    return bytes(data)


@pytest.mark.parametrize(
    ("offset", "value"),
    [
        (0, b"\x7fELG"),
        (4, b"\1"),
        (5, b"\2"),
        (32, b"\xff" * 8),
        (32, bytes(8)),
        (54, b"\x20\0"),
        (56, bytes(2)),
        (56, b"\xff\xff"),
        (64 + 40, b"\xff" * 8),
        (64, b"\7"),
    ],
)
def test_headers_out_of_bounds_are_refused(offset: int, value: bytes):
    with pytest.raises(ElfImageError):
        read_image(reading({0x10000: damaged(offset, value)}), 0x10000)


@pytest.mark.parametrize(
    "soname", [b"", b"caf\xe9.so", b"a\nb", b"x" * 300, b"lib one.so"]
)
def test_a_soname_is_a_name_or_refused(soname: bytes):
    data = synthetic_elf(base=0x10000, soname=soname)
    read = reading({0x10000: data})
    image = read_image(read, 0x10000)
    if soname in {b"", b"lib one.so"}:
        assert read_soname(read, image) == soname.decode()
    else:
        with pytest.raises(ElfImageError, match="not a name"):
            read_soname(read, image)


def test_a_soname_outside_the_string_table_is_refused():
    data = bytearray(elf(0x10000))
    data[0x618:0x620] = (1).to_bytes(8, "little")  # DT_STRSZ
    read = reading({0x10000: bytes(data)})
    with pytest.raises(ElfImageError, match="outside"):
        read_soname(read, read_image(read, 0x10000))


def linked(*entries: bytes, first: int = 0x30000) -> dict[int, bytes]:
    debug = (1).to_bytes(8, "little") + first.to_bytes(8, "little")
    debug += (0x41).to_bytes(8, "little") + bytes(8) + (0x40000).to_bytes(8, "little")
    blocks = {0x10000: synthetic_elf(base=0x10000, debug=0x20000), 0x20000: debug}
    blocks |= {0x30000 + 0x100 * n: entry for n, entry in enumerate(entries)}
    blocks[0x50000] = b"/opt/one\0" + b"x" * 8000
    return blocks


def entry_of(bias: int, name: int, following: int) -> bytes:
    words = (bias, name, 0x77, following, 0)
    return b"".join(word.to_bytes(8, "little") for word in words)


def linking_of(blocks: dict[int, bytes]):
    errors = SoftErrors()
    read = reading(blocks)
    return read_dynamic_linking(read, read_image(read, 0x10000), errors), errors.lines


def test_the_dynamic_linkers_list():
    linking, errors = linking_of(
        linked(entry_of(1, 0, 0x30100), entry_of(2, 0x50000, 0))
    )
    assert (linking.version, linking.breakpoint_address) == (1, 0x41)
    assert (linking.linker_base, linking.dynamic_address) == (0x40000, 0x10600)
    assert [(each.address, each.name) for each in linking.link_map] == [
        (1, ""),
        (2, "/opt/one"),
    ]
    assert linking.dynamic.endswith(bytes(16))
    assert errors == ()


def test_a_list_in_a_circle_ends():
    linking, errors = linking_of(
        linked(entry_of(1, 0, 0x30100), entry_of(2, 0, 0x30000))
    )
    assert len(linking.link_map) == 2
    assert errors == ("dynamic linker's list: does not end",)


def test_a_list_into_nowhere_keeps_its_beginning():
    linking, errors = linking_of(linked(entry_of(1, 0, 0xDEAD0000)))
    assert len(linking.link_map) == 1
    assert errors == ("dynamic linker's list: EIO",)


def test_a_name_without_an_end_is_left_out():
    linking, _ = linking_of(linked(entry_of(1, 0x50010, 0)))
    assert linking.link_map[0].name == ""


def test_before_the_linker_has_started_there_is_no_list():
    blocks = {0x10000: elf(0x10000)}
    with pytest.raises(LinkMapError):
        linking_of(blocks)
