"""A frozen process read by all three sources; each may fail and the others stay."""

import sys

import pytest

from crashwatch.linux.freeze import frozen
from crashwatch.supervisor.frozen_reading import FrozenFindings, read_frozen, soft
from tests.doubles.held_crash import held_crash

pytestmark = [pytest.mark.process, pytest.mark.ptrace]

PYTHON = sys.executable
THREE_THREADS = """
gate = threading.Barrier(3)
def wait():
    gate.wait()
    threading.Event().wait()
for _ in range(2):
    threading.Thread(target=wait, daemon=True).start()
gate.wait()
ctypes.string_at(0)
"""


def reading(code: str = "ctypes.string_at(0)") -> FrozenFindings:
    with held_crash(PYTHON, code) as held, frozen(held.pid) as stopped:
        return read_frozen(stopped, held.find_crashed(stopped.tids), 11)


def test_all_three_tell_of_the_same_threads():
    found = reading(THREE_THREADS)
    assert found.soft_errors == []
    assert found.sources == ["psutil", "ptrace", "py-spy"]
    assert found.snapshot is not None
    assert found.snapshot.soft_errors == ()
    native = {thread.tid for thread in found.snapshot.threads}
    assert {thread.tid for thread in found.threads} == native
    assert found.process.thread_count == len(native) == 3
    assert found.process.resident_bytes > 1 << 20
    assert found.process.uptime < 60


def test_without_py_spy_the_others_stay(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    found = reading()
    assert found.soft_errors == ["py-spy is not installed"]
    assert found.sources == ["psutil", "ptrace"]
    assert found.threads == ()
    assert found.snapshot is not None


def test_a_thread_that_is_not_the_processes_own_is_told():
    with held_crash(PYTHON, "ctypes.string_at(0)") as held:
        with frozen(held.pid) as stopped:
            found = read_frozen(stopped, 1, 11)
        assert found.snapshot is not None
        told = "crashing thread: not among the stopped ones"
        assert found.snapshot.soft_errors == (told,)


def test_a_process_that_is_gone_gives_what_nothing_is_needed_for():
    with held_crash(PYTHON, "ctypes.string_at(0)") as held:
        with frozen(held.pid) as stopped:
            pass
        held.let_die()
        found = read_frozen(stopped, held.pid, 11)
    assert found.snapshot is None
    assert found.threads == ()
    assert found.sources == []
    kinds = [line.partition(":")[0] for line in found.soft_errors]
    assert sorted(kinds)[:1] == ["psutil"]
    assert "snapshot" in kinds


def test_a_soft_error_tells_the_kind_and_never_the_text():
    found = FrozenFindings()
    with soft(found, "psutil"):
        raise ValueError("/home/mireille/secret")
    assert found.soft_errors == ["psutil: ValueError"]
