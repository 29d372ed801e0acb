"""/proc/PID by descriptor."""

import os
import subprocess
from collections.abc import Iterator

import pytest

from crashwatch.linux.proc_directory import ProcDirectory


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 -- names, not paths


def test_reads_are_bounded(child):
    with ProcDirectory(child.pid) as directory:
        assert directory.read("comm", 100).endswith(b"\n")
        assert len(directory.read("maps", 10)) == 10
        assert len(directory.read("maps", 1 << 20)) > 100
        assert directory.read(f"task/{child.pid}/comm", 2) != b""


def test_links_out_of_the_directory_are_not_followed(child):
    with (
        ProcDirectory(child.pid) as directory,
        pytest.raises(OSError, match="symbolic"),
    ):
        directory.read("exe", 10)


def test_a_reaped_process_is_never_mistaken_for_its_successor(child):
    with ProcDirectory(child.pid) as directory:
        assert not directory.has_ended()
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert directory.has_ended()
        assert directory.read("stat", 4096)
        child.wait()
        for name in ("stat", "maps", f"task/{child.pid}/comm"):
            with pytest.raises(OSError, match=r"No such (file|process)"):
                directory.read(name, 4096)
        assert directory.has_ended()


def test_no_process_no_descriptor():
    before = open_descriptors()
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
        with pytest.raises(OSError, match="No such"):
            ProcDirectory(gone.pid)
    assert open_descriptors() == before


def test_a_pid_recycled_while_opening_is_noticed(child, monkeypatch):
    """Between directory and pidfd the process is reaped, and its pid is taken."""
    real = os.pidfd_open
    before = open_descriptors()

    def slow_pidfd_open(pid: int) -> int:
        child.kill()
        child.wait()
        return real(os.getpid())

    monkeypatch.setattr(os, "pidfd_open", slow_pidfd_open)
    with pytest.raises(OSError, match="No such"):
        ProcDirectory(child.pid)
    assert open_descriptors() == before


def test_memory_of_this_process():
    with ProcDirectory(os.getpid()) as directory:
        maps = directory.read("maps", 1 << 22).decode()
        stack = next(line for line in maps.splitlines() if line.endswith("[stack]"))
        end = int(stack.split("-")[1].split()[0], 16)
        assert len(directory.read_memory(end - 4096, 8192)) == 4096
        with pytest.raises(OSError, match="Input/output"):
            directory.read_memory(0, 16)


@pytest.mark.parametrize("address", [-1, 1 << 63, (1 << 64) - 8, 0xFFFFFFFFFF600000])
def test_addresses_no_file_offset_can_hold_are_unreadable(address: int):
    with (
        ProcDirectory(os.getpid()) as directory,
        pytest.raises(OSError, match="Input/output"),
    ):
        directory.read_memory(address, 16)


def test_closing_twice_is_harmless():
    before = open_descriptors()
    directory = ProcDirectory(os.getpid())
    directory.close()
    directory.close()
    assert open_descriptors() == before
