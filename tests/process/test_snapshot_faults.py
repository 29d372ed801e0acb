"""Each call of a snapshot fails in turn, and a snapshot of the rest still results."""

import contextlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from crashwatch.linux import ptrace
from crashwatch.linux.freeze import Frozen, frozen
from crashwatch.linux.proc_directory import ProcDirectory
from crashwatch.linux.snapshot import take_snapshot
from reports.snapshot import ProcessSnapshot
from tests.doubles.held_crash import held_crash
from tests.doubles.scripted_process import FAILURES, ScriptedProcess

pytestmark = [pytest.mark.process, pytest.mark.ptrace]

CODE = """
gate = threading.Barrier(3)
def wait_in_thread():
    gate.wait()
    threading.Event().wait()
for _ in range(2):
    threading.Thread(target=wait_in_thread, daemon=True).start()
gate.wait()
ctypes.string_at(0)
"""

HARMLESS = re.compile(
    r"(?:maps|auxv|stat|status|code|dynamic linking|signal of the stop|signal frame"
    r"|signal number|crashing thread|modules|(?:module|vDSO) (?:headers|build id|name)"
    r"|stack of the signal handler|system call of the crashing thread"
    r"|(?:name in the )?dynamic linker's list"
    r"|(?:registers|floating-point registers|stack|name) of thread [0-9]+)"
    r": [A-Za-z0-9_:, -]+"
)
"""The shape of every soft error: our words, a thread id, an errno."""


MOOT = {("getsiginfo", "empty"), ("getsiginfo", "short"), ("memory", "short")}
"""Half a siginfo_t is enough, and none tells nothing; memory is read on."""


@dataclass
class Victim:
    """A process that stays frozen, so that every attempt reads the same."""

    stopped: Frozen
    directory: ProcDirectory
    tid: int

    def attempt(
        self, *, fail_at: int = -1, fail_kind: str = "", failure: str = "EIO"
    ) -> tuple[ProcessSnapshot, list[str]]:
        source = ScriptedProcess(self.directory, ptrace, fail_at, fail_kind, failure)
        snapshot = take_snapshot(
            self.stopped, source, crashed_tid=self.tid, requests=source
        )
        return snapshot, source.calls


@pytest.fixture(scope="module")
def victim() -> Iterator[Victim]:
    with contextlib.ExitStack() as stack:
        held = stack.enter_context(held_crash(sys.executable, CODE))
        directory = stack.enter_context(ProcDirectory(held.pid))
        stopped = stack.enter_context(frozen(held.pid))
        yield Victim(stopped, directory, held.find_crashed(stopped.tids))


def test_without_a_failure_nothing_is_missing(victim: Victim):
    snapshot, _ = victim.attempt()
    assert snapshot.soft_errors == ()
    assert snapshot.signal is not None
    assert len(snapshot.threads) == 3


@pytest.mark.parametrize("failure", FAILURES)
def test_any_one_call_may_fail(victim: Victim, failure: str):
    """Most is left, whichever it is, and what is missing is said."""
    whole, calls = victim.attempt()
    for number, label in enumerate(calls):
        snapshot, _ = victim.attempt(fail_at=number, failure=failure)
        assert isinstance(snapshot, ProcessSnapshot)
        assert all(map(HARMLESS.fullmatch, snapshot.soft_errors)), snapshot.soft_errors
        if snapshot != whole:
            same = not _differences(snapshot, whole)
            assert snapshot.soft_errors or same, (label, _differences(snapshot, whole))
        assert len(snapshot.threads) >= 2
        assert snapshot.system.kernel


def _differences(one: ProcessSnapshot, other: ProcessSnapshot) -> list[str]:
    """Names of the parts that differ, times left out.

    Of ``status`` only the fields' names are compared: under load the kernel's memory
    counters change between two readings, though the process is frozen.
    """
    names = ("threads", "mappings", "modules", "signal", "memory", "auxv")
    names += ("dynamic_linking",)
    found = [name for name in names if getattr(one, name) != getattr(other, name)]
    fields = [[name for name, _ in each.status] for each in (one, other)]
    return found if fields[0] == fields[1] else [*found, "status"]


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize(
    "kind",
    ["maps", "auxv", "stat", "status", "task", "memory", "getregset", "getsiginfo"],
)
def test_a_whole_kind_of_call_may_fail(victim: Victim, kind: str, failure: str):
    snapshot, _ = victim.attempt(fail_kind=kind, failure=failure)
    assert all(map(HARMLESS.fullmatch, snapshot.soft_errors)), snapshot.soft_errors
    assert snapshot.soft_errors or (kind, failure) in MOOT


def test_nothing_at_all_can_be_read(victim: Victim):
    class Nothing(ScriptedProcess):
        def _answer(self, _label, _real):
            raise ProcessLookupError(3, "gone")

    source = Nothing(victim.directory, ptrace)
    snapshot = take_snapshot(
        victim.stopped, source, crashed_tid=victim.tid, requests=source
    )
    assert snapshot.threads == ()
    assert snapshot.signal is None
    assert snapshot.system.kernel
    assert "maps: ESRCH" in snapshot.soft_errors
    assert f"registers of thread {victim.tid}: ESRCH" in snapshot.soft_errors


def test_the_crash_is_found_without_its_threads_registers(victim: Victim):
    """``task/TID/syscall`` tells the handler's stack pointer instead."""

    class WithoutRegisters(ScriptedProcess):
        def getregset(self, tid, note, size):
            if tid == victim.tid:
                raise PermissionError(1, "no")
            return super().getregset(tid, note, size)

    whole, _ = victim.attempt()
    source = WithoutRegisters(victim.directory, ptrace)
    snapshot = take_snapshot(
        victim.stopped, source, crashed_tid=victim.tid, requests=source
    )
    assert snapshot.signal == whole.signal
    assert snapshot.crashed is not None
    assert whole.crashed is not None
    assert (
        snapshot.crashed.registers.instruction_pointer
        == whole.crashed.registers.instruction_pointer
    )
    assert snapshot.soft_errors == (f"registers of thread {victim.tid}: EPERM",)


def test_a_wrong_thread_id_is_said(victim: Victim):
    snapshot = take_snapshot(victim.stopped, victim.directory, crashed_tid=1)
    assert snapshot.signal is None
    assert snapshot.soft_errors == ("crashing thread: not among the stopped ones",)
    assert len(snapshot.threads) == 3
