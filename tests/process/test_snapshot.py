"""Snapshots of real processes: threads, stacks, modules."""

import ctypes
import itertools
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from reports.snapshot import Protection
from tests.doubles.requirement import require
from tests.doubles.taken_snapshot import taken

pytestmark = [pytest.mark.process, pytest.mark.ptrace]

NULL_READ = "ctypes.string_at(0)"
SIX_THREADS = """
gate = threading.Barrier(7)
def wait():
    gate.wait()
    threading.Event().wait()
for _ in range(6):
    threading.Thread(target=wait, daemon=True).start()
gate.wait()
ctypes.string_at(0)
"""


def test_every_thread_has_its_stack_and_name():
    with taken(sys.executable, SIX_THREADS) as result:
        snapshot = result.snapshot
        assert len(snapshot.threads) == 7
        for thread in snapshot.threads:
            assert thread.name.startswith("python")
            assert thread.stack is not None
            pointer = thread.registers.stack_pointer
            assert thread.stack.address == pointer - 128
            assert pointer < thread.stack.end
            assert len(thread.registers.floating) == 512
        assert snapshot.soft_errors == ()


def test_no_two_ranges_of_memory_overlap():
    with taken(sys.executable, SIX_THREADS) as result:
        snapshot = result.snapshot
        stacks = [each.stack for each in snapshot.threads if each.stack is not None]
        blocks = sorted([*stacks, *snapshot.memory], key=lambda each: each.address)
        for lower, upper in itertools.pairwise(blocks):
            assert lower.end <= upper.address


def test_only_unchanged_code_is_read_beside_stacks():
    with taken(sys.executable, SIX_THREADS) as result:
        snapshot = result.snapshot
        assert snapshot.memory
        for block in snapshot.memory:
            home = next(
                each
                for each in snapshot.mappings
                if each.start <= block.address < each.end
            )
            assert home.protection == Protection.READ | Protection.EXECUTE
            assert block.end <= home.end


def test_build_ids_are_those_of_the_files():
    require(shutil.which("readelf"), "readelf is missing", "apt-get install binutils")
    with taken(sys.executable, NULL_READ) as result:
        modules = result.snapshot.modules
        on_disk = [each for each in modules if each.path != "linux-vdso.so.1"]
        assert len(on_disk) >= 4
        for module in on_disk:
            assert module.build_id.hex() == readelf_build_id(module.path)
        assert modules[0].path == str(Path(sys.executable).resolve())
        vdso = next(each for each in modules if each.path == "linux-vdso.so.1")
        assert vdso.soname == "linux-vdso.so.1"
        assert len(vdso.build_id) in {16, 20}


def readelf_build_id(path: str) -> str:
    text = subprocess.run(
        ["readelf", "-n", path], capture_output=True, text=True, check=True
    ).stdout
    found = re.search(r"Build ID: ([0-9a-f]+)", text)
    return "" if found is None else found[1]


def test_the_dynamic_linkers_list_names_the_modules():
    with taken(sys.executable, NULL_READ) as result:
        snapshot = result.snapshot
        linking = snapshot.dynamic_linking
        assert linking is not None
        assert linking.version == 1
        bases = {each.base for each in snapshot.modules}
        listed = [each for each in linking.link_map if each.name]
        assert {each.address for each in listed} <= bases
        assert linking.linker_base in bases
        assert linking.link_map[0].name == ""


def test_an_executable_at_a_fixed_address():
    """Debian's python3.11 is no PIE: base 0x400000, where addresses look like text."""
    python = Path("/usr/bin/python3.11")
    require(python.exists(), "no /usr/bin/python3.11", "apt-get install python3.11")
    with taken(python, NULL_READ) as result:
        executable = result.snapshot.modules[0]
        assert executable.path == str(python)
        assert executable.base == 0x400000
        assert executable.build_id.hex() == readelf_build_id(str(python))
        assert result.snapshot.dynamic_linking is not None
        assert result.snapshot.soft_errors == ()


def test_a_library_deleted_meanwhile_is_still_a_module(tmp_path: Path):
    libc = Path("/lib/x86_64-linux-gnu/libm.so.6")
    require(libc.exists(), "no libm.so.6 at Debian's place", "use Debian")
    copy = tmp_path / "libdoomed.so"
    shutil.copy(libc, copy)
    code = f"ctypes.CDLL({str(copy)!r}); os.unlink({str(copy)!r}); ctypes.string_at(0)"
    with taken(sys.executable, code) as result:
        module = next(
            each for each in result.snapshot.modules if "libdoomed" in each.path
        )
        assert module.path == str(copy)
        assert module.soname == "libm.so.6"
        assert module.build_id.hex() == readelf_build_id(str(libc))


def test_a_file_that_is_only_mapped_as_data_is_no_module(tmp_path: Path):
    data = tmp_path / "notes.bin"
    data.write_bytes(b"\x7fELF" + bytes(8192))
    code = f"""
import mmap
with open({str(data)!r}, "r+b") as file:
    kept = mmap.mmap(file.fileno(), 0)
ctypes.string_at(0)
"""
    with taken(sys.executable, code) as result:
        assert any(each.path == str(data) for each in result.snapshot.mappings)
        assert all(each.path != str(data) for each in result.snapshot.modules)
        assert result.snapshot.soft_errors == ()


def test_the_times_are_those_of_the_process():
    with taken(sys.executable, NULL_READ) as result:
        snapshot = result.snapshot
        assert 0 <= snapshot.taken - snapshot.started < 30


def test_stacks_are_locked_in_memory_as_they_were_read():
    with taken(sys.executable, SIX_THREADS) as result:
        for thread in result.snapshot.threads:
            assert thread.stack is not None
            assert is_locked(thread.stack.data)


def is_locked(data: bytes) -> bool:
    """Whether the kernel keeps the page at the buffer's start in memory (``lo``)."""
    address = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value
    assert address is not None
    inside = False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if found := re.match(r"([0-9a-f]+)-([0-9a-f]+) ", line):
            inside = int(found[1], 16) <= address < int(found[2], 16)
        elif inside and line.startswith("VmFlags:"):
            return " lo" in line
    return False
