"""Signals and registers at the fault, under each Python there is."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crashwatch.linux import ptrace
from crashwatch.linux.freeze import Frozen, frozen, list_tasks
from crashwatch.linux.proc_directory import ProcDirectory
from crashwatch.linux.snapshot import UnknownProcessorError, take_snapshot
from crashwatch.linux.system_facts import Machine
from tests.doubles.held_crash import held_crash
from tests.doubles.other_pythons import OtherPython
from tests.doubles.requirement import require
from tests.doubles.taken_snapshot import module_at, taken

pytestmark = [pytest.mark.process, pytest.mark.ptrace]

SEGV_MAPERR, SEGV_ACCERR, SI_TKILL, SI_USER = 1, 2, -6, 0
RED_ZONE = 128  # System V ABI, AMD64

NULL_READ = "ctypes.string_at(0)"
NULL_READ_IN_THREAD = """
def fall():
    ctypes.string_at(0)
threading.Thread(target=fall).start()
threading.Event().wait()
"""
OVERFLOW = "faulthandler._stack_overflow()"


def test_null_read_in_main(each_python: OtherPython):
    with taken(each_python.executable, NULL_READ) as result:
        snapshot, crashed = result.snapshot, result.crashed
        assert snapshot.signal is not None
        assert snapshot.signal.number == signal.SIGSEGV
        assert snapshot.signal.code == SEGV_MAPERR
        assert snapshot.signal.address == 0
        assert snapshot.signal.trap == 14
        assert crashed.tid == snapshot.pid
        assert crashed.registers.general["orig_rax"] == (1 << 64) - 1
        assert crashed.registers.general["fs_base"]
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


PAUSING_HANDLER = """
import ctypes
libc = ctypes.CDLL(None)
class Action(ctypes.Structure):
    _fields_ = [
        ("handler", ctypes.c_void_p),
        ("mask", ctypes.c_ulong * 16),
        ("flags", ctypes.c_int),
        ("restorer", ctypes.c_void_p),
    ]
SA_SIGINFO = 4
pause = ctypes.cast(libc.pause, ctypes.c_void_p).value
libc.sigaction(11, ctypes.byref(Action(handler=pause, flags=SA_SIGINFO)), None)
ctypes.string_at(0x1234)
"""


def test_a_handler_that_asked_for_the_siginfo():
    """As native programs install theirs; this one is libc's pause()."""
    require(os.uname().machine == "x86_64", "not an x86-64 machine", "use one")
    command = [sys.executable, "-c", PAUSING_HANDLER]
    with subprocess.Popen(command) as child:
        wait_for_system_call(child.pid, b"34")
        with ProcDirectory(child.pid) as directory, frozen(child.pid) as stopped:
            snapshot = take_snapshot(stopped, directory, crashed_tid=child.pid)
        child.kill()
    assert snapshot.signal is not None
    assert (snapshot.signal.number, snapshot.signal.code) == (11, SEGV_MAPERR)
    assert (snapshot.signal.address, snapshot.signal.trap) == (0x1234, 14)
    assert snapshot.soft_errors == ()


def wait_for_system_call(pid: int, number: bytes) -> None:
    limit = time.monotonic() + 30
    path = Path(f"/proc/{pid}/syscall")
    while path.read_bytes().split()[:1] != [number]:
        assert time.monotonic() < limit
        os.sched_yield()


def test_a_process_without_any_crash_has_no_signal():
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as child:
        wait_for_system_call(child.pid, b"0")
        with ProcDirectory(child.pid) as directory, frozen(child.pid) as stopped:
            snapshot = take_snapshot(stopped, directory, crashed_tid=child.pid)
        child.kill()
    assert snapshot.signal is None
    assert snapshot.soft_errors == ("signal frame: not found",)
    assert len(snapshot.threads) == 1
    assert snapshot.modules[0].path.endswith("/cat")


def test_an_unknown_processor_is_said():
    uname = os.uname_result(("Linux", "", "6.1", "#1", "riscv64"))
    here = Machine(uname, b"", 1)
    with (
        ProcDirectory(os.getpid()) as directory,
        pytest.raises(UnknownProcessorError, match="riscv64") as caught,
    ):
        take_snapshot(Frozen(1), directory, crashed_tid=1, machine=here)
    assert caught.value.hint


def test_a_process_stopped_beforehand_shows_the_same():
    """The supervisor stops the whole process the moment it wakes."""
    with held_crash(sys.executable, NULL_READ_IN_THREAD) as held:
        os.kill(held.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, held.pid, os.WSTOPPED | os.WNOWAIT)
        with ProcDirectory(held.pid) as directory, frozen(held.pid) as stopped:
            tid = held.find_crashed(stopped.tids)
            snapshot = take_snapshot(stopped, directory, crashed_tid=tid)
    assert snapshot.signal is not None
    assert (snapshot.signal.number, snapshot.signal.code) == (11, SEGV_MAPERR)
    assert (snapshot.signal.address, snapshot.signal.trap) == (0, 14)
    assert snapshot.crashed is not None
    assert snapshot.crashed.tid != snapshot.pid
    assert snapshot.soft_errors == ()


OVERFLOW_IN_THREAD = """
import faulthandler, sys, threading
def fall():
    sys.stdin.readline()
    faulthandler._stack_overflow()
threading.Thread(target=fall).start()
"""


def test_a_stack_overflow_in_a_thread_is_seen_by_a_tracer():
    """No handler can run there. The stack pointer is in the guard page, or below it:
    compilers make one frame of three calls, and that leaps over the page.
    """
    command = [sys.executable, "-c", OVERFLOW_IN_THREAD]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as child:
        assert child.stdin is not None
        main, thread = wait_for_two_threads(child.pid)
        ptrace.seize(main)
        ptrace.seize(thread)
        child.stdin.write(b"\n")
        child.stdin.close()
        _, status = os.waitpid(thread, ptrace.ALL_THREADS)
        assert os.WSTOPSIG(status) == signal.SIGSEGV
        stopped = Frozen(child.pid)
        stopped.tids = (thread,)
        with ProcDirectory(child.pid) as directory:
            snapshot = take_snapshot(stopped, directory, crashed_tid=thread)
        ptrace.detach(thread, signal.SIGSEGV)
        assert child.wait(30) == -signal.SIGSEGV
    crashed = snapshot.crashed
    assert crashed is not None
    assert crashed.stack is not None
    pointer = crashed.registers.stack_pointer
    assert pointer - RED_ZONE <= crashed.stack.address < pointer + 1024 * 1024
    assert len(crashed.stack.data) == 1024 * 1024
    assert snapshot.signal is not None
    assert snapshot.signal.number == signal.SIGSEGV
    assert abs(snapshot.signal.address - pointer) < 16384
    assert snapshot.soft_errors == ()


def wait_for_two_threads(pid: int) -> tuple[int, int]:
    limit = time.monotonic() + 30
    while len(tids := list_tasks(pid)) < 2:
        assert time.monotonic() < limit
        os.sched_yield()
    return tids[0], tids[1]
