"""Snapshots of real processes held at their crash, under each Python there is."""

import contextlib
import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from crashwatch.linux import ptrace
from crashwatch.linux.freeze import Frozen, frozen
from crashwatch.linux.proc_directory import ProcDirectory
from crashwatch.linux.snapshot import take_snapshot
from reports.snapshot import Module, ProcessSnapshot, Protection, ThreadPicture
from tests.doubles.held_crash import held_crash
from tests.doubles.other_pythons import OtherPython
from tests.doubles.requirement import require

pytestmark = [pytest.mark.process, pytest.mark.ptrace]

SEGV_MAPERR, SEGV_ACCERR, SI_TKILL, SI_USER = 1, 2, -6, 0

NULL_READ = "ctypes.string_at(0)"
NULL_READ_IN_THREAD = """
def fall():
    ctypes.string_at(0)
threading.Thread(target=fall).start()
threading.Event().wait()
"""
OVERFLOW = "faulthandler._stack_overflow()"
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


@dataclass
class Taken:
    """A snapshot, and how the process ended afterwards."""

    snapshot: ProcessSnapshot
    ended: int = 0

    @property
    def crashed(self) -> ThreadPicture:
        assert self.snapshot.crashed is not None
        return self.snapshot.crashed


@contextlib.contextmanager
def taken(python: str | Path, code: str) -> Iterator[Taken]:
    """Hold, freeze, take, release; the block runs with the process still there."""
    with held_crash(python, code) as held:
        with ProcDirectory(held.pid) as directory, frozen(held.pid) as stopped:
            tid = held.find_crashed(stopped.tids)
            result = Taken(take_snapshot(stopped, directory, crashed_tid=tid))
        yield result
        result.ended = held.let_die()


def module_at(snapshot: ProcessSnapshot, address: int) -> Module:
    return next(
        each
        for each in snapshot.modules
        if each.base <= address < each.base + each.size
    )


def test_null_read_in_main(each_python: OtherPython):
    with taken(each_python.executable, NULL_READ) as result:
        snapshot, crashed = result.snapshot, result.crashed
        assert snapshot.signal is not None
        assert snapshot.signal.number == signal.SIGSEGV
        assert snapshot.signal.code == SEGV_MAPERR
        assert snapshot.signal.address == 0
        assert snapshot.signal.trap == 14
        assert crashed.tid == snapshot.pid
        at = crashed.registers.instruction_pointer
        assert module_at(snapshot, at).soname == "libc.so.6"
        assert snapshot.soft_errors == ()
    assert result.ended == -signal.SIGSEGV


def test_null_read_in_a_thread(each_python: OtherPython):
    with taken(each_python.executable, NULL_READ_IN_THREAD) as result:
        snapshot, crashed = result.snapshot, result.crashed
        assert snapshot.signal is not None
        assert crashed.tid != snapshot.pid
        assert (snapshot.signal.number, snapshot.signal.code) == (11, SEGV_MAPERR)
        assert (snapshot.signal.address, snapshot.signal.trap) == (0, 14)
        at = crashed.registers.instruction_pointer
        assert module_at(snapshot, at).soname == "libc.so.6"
        assert len(snapshot.threads) == 2
        assert snapshot.soft_errors == ()
    assert result.ended == -signal.SIGSEGV


def test_abort(each_python: OtherPython):
    with taken(each_python.executable, "os.abort()") as result:
        sent = result.snapshot.signal
        assert sent is not None
        assert (sent.number, sent.code) == (signal.SIGABRT, SI_TKILL)
        assert (sent.address, sent.trap) == (0, None)
        assert result.snapshot.soft_errors == ()
    assert result.ended == -signal.SIGABRT


def test_stack_overflow(each_python: OtherPython):
    with taken(each_python.executable, OVERFLOW) as result:
        snapshot, crashed = result.snapshot, result.crashed
        assert snapshot.signal is not None
        assert (snapshot.signal.number, snapshot.signal.code) == (11, SEGV_MAPERR)
        assert crashed.stack is not None
        assert len(crashed.stack.data) == 1024 * 1024
        own = next(each for each in snapshot.mappings if each.path == "[stack]")
        assert crashed.stack.address == own.start
        assert own.start - 1024 * 1024 < snapshot.signal.address < own.start
        assert own.start - 1024 * 1024 < crashed.registers.stack_pointer < own.start
        assert snapshot.soft_errors == ()
    assert result.ended == -signal.SIGSEGV


@pytest.mark.parametrize(
    ("code", "number", "si_code"),
    [
        ("os.kill(os.getpid(), signal.SIGFPE)", signal.SIGFPE, SI_USER),
        ("signal.raise_signal(signal.SIGSEGV)", signal.SIGSEGV, SI_TKILL),
        ("signal.raise_signal(signal.SIGILL)", signal.SIGILL, SI_TKILL),
    ],
)
def test_a_sent_signal_has_no_address(code: str, number: int, si_code: int):
    with taken(sys.executable, code) as result:
        sent = result.snapshot.signal
        assert sent is not None
        assert (sent.number, sent.code, sent.address) == (number, si_code, 0)
        assert sent.trap is None


@pytest.mark.parametrize(
    ("instructions", "number", "si_code", "trap"),
    [
        ("31c931c0f7f1c3", signal.SIGFPE, 1, 0),  # xor ecx,ecx; xor eax,eax; div ecx
        ("0f0bc3", signal.SIGILL, 2, 6),  # ud2
        ("48b80000000000000080488b00c3", signal.SIGSEGV, 0x80, 13),  # non-canonical
    ],
)
def test_faults_of_the_processor(
    instructions: str, number: int, si_code: int, trap: int
):
    code = f"""
import mmap
page = mmap.mmap(-1, 4096, prot=7)
page.write(bytes.fromhex("{instructions}"))
at = ctypes.addressof(ctypes.c_char.from_buffer(page))
ctypes.CFUNCTYPE(None)(at)()
"""
    require(os.uname().machine == "x86_64", "not an x86-64 machine", "use one")
    with taken(sys.executable, code) as result:
        fault = result.snapshot.signal
        assert fault is not None
        assert (fault.number, fault.code, fault.trap) == (number, si_code, trap)
        at_fault = result.crashed.registers.instruction_pointer
        assert fault.address == (0 if si_code == 0x80 else at_fault)


def test_a_write_to_protected_memory_is_accerr():
    code = """
import mmap
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE)
at = ctypes.addressof(ctypes.c_char.from_buffer(page))
ctypes.CDLL(None).mprotect(ctypes.c_void_p(at), 4096, 1)
ctypes.memset(at + 5, 1, 1)
"""
    with taken(sys.executable, code) as result:
        fault = result.snapshot.signal
        assert fault is not None
        assert (fault.number, fault.code, fault.trap) == (11, SEGV_ACCERR, 14)
        assert fault.address % 4096 == 5


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


def test_a_thread_stopped_at_its_signal_needs_no_handler():
    """As under ``--capture trace``: the stop itself holds the siginfo."""
    code = "import ctypes; input(); ctypes.string_at(0)"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as child:
        ptrace.seize(child.pid)
        assert child.stdin is not None
        child.stdin.write(b"\n")
        child.stdin.close()
        _, status = os.waitpid(child.pid, ptrace.ALL_THREADS)
        assert os.WSTOPSIG(status) == signal.SIGSEGV
        stopped = Frozen(child.pid)
        stopped.tids = (child.pid,)
        with ProcDirectory(child.pid) as directory:
            snapshot = take_snapshot(stopped, directory, crashed_tid=child.pid)
        ptrace.detach(child.pid, signal.SIGSEGV)
        assert child.wait(30) == -signal.SIGSEGV
    assert snapshot.signal is not None
    assert (snapshot.signal.number, snapshot.signal.code) == (11, SEGV_MAPERR)
    assert snapshot.signal.address == 0
    assert snapshot.crashed is not None
    at = snapshot.crashed.registers.instruction_pointer
    assert module_at(snapshot, at).soname == "libc.so.6"
    assert snapshot.soft_errors == ()
