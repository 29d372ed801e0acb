"""The guard's page of code is what its listing says, and does what it should."""

import os
import platform
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crashwatch.cli import wake_alone
from crashwatch.linux import sleeper_image
from crashwatch.linux.tiny_program import image
from crashwatch.supervisor.hold_guard import (
    GUARD_HOLD,
    LISTINGS,
    MORE_SECONDS,
    MORE_TIME,
    SECONDS,
)
from tests.doubles.requirement import require

OBJDUMP = {
    "x86_64": ["objdump", "-m", "i386:x86-64", "-M", "intel", "--insn-width=16"],
    "aarch64": ["aarch64-linux-gnu-objdump", "-m", "aarch64"],
}
MACHINES = pytest.mark.parametrize("machine", sorted(LISTINGS))
HERE = platform.machine()
RUNNABLE = pytest.mark.parametrize(
    "machine", ["x86_64", "aarch64"] if HERE == "x86_64" else ["aarch64"]
)
LONG = 60


@MACHINES
def test_it_is_small(machine: str) -> None:
    assert len(image(GUARD_HOLD[machine], machine)) < 400


def test_all_who_ask_for_time_ask_by_the_same_signal() -> None:
    asked = {MORE_TIME, wake_alone.MORE_TIME, sleeper_image._SIGSTKFLT}
    assert asked == {signal.SIGSTKFLT}


@MACHINES
def test_objdump_reads_what_the_listing_says(machine: str, tmp_path: Path) -> None:
    program, *options = OBJDUMP[machine]
    package = "binutils" if program == "objdump" else "binutils-aarch64-linux-gnu"
    found = shutil.which(program)
    require(found, f"{program} is missing", f"apt-get install {package}")
    path = tmp_path / "code"
    path.write_bytes(bytes.fromhex("".join(code for code, _, _ in LISTINGS[machine])))
    shown = subprocess.run(
        [program, "-D", "-b", "binary", *options, str(path)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "LC_ALL": "C"},
    ).stdout
    lines = re.findall(r"^\s+[0-9a-f]+:\t([0-9a-f ]+?)\s*\t(.*)$", shown, re.MULTILINE)
    read = []
    for code, text in lines:
        written = bytes.fromhex(code)
        in_order = written if machine == "x86_64" else written[::-1]
        plain = " ".join(re.sub(r"\s*(//|# 0x).*", "", text).split())
        read.append((in_order.hex(), plain))
    assert read == [(code, text) for code, text, _ in LISTINGS[machine]]


# What follows runs the code: natively, and AArch64's under qemu-user.

BLOCKED = """
import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
os.execvp(sys.argv[1], sys.argv[1:])
"""


class Guarded:
    """A guard with times of its own, a hold, and a stopped program that is held."""

    def __init__(self, machine: str, folder: Path, soon: float, later: float) -> None:
        runner = [] if machine == HERE else ["qemu-aarch64"]
        if runner:
            require(shutil.which(*runner), "qemu is missing", "apt install qemu-user")
        code = GUARD_HOLD[machine]
        for seconds, own in ((SECONDS, soon), (MORE_SECONDS, later)):
            known = struct.pack("<QQ", seconds, 0)
            assert code.count(known) == 1
            nanoseconds = divmod(round(own * 1e9), 1_000_000_000)
            code = code.replace(known, struct.pack("<QQ", *nanoseconds))
        path = folder / "guard"
        path.write_bytes(image(code, machine))
        path.chmod(0o700)
        self.ours, self.theirs = socket.socketpair(
            socket.AF_UNIX, socket.SOCK_SEQPACKET
        )
        self.held = subprocess.Popen(["sleep", str(2 * LONG)])
        self.held.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.held.pid, os.WSTOPPED)
        pidfd = os.pidfd_open(self.held.pid)
        self.guard = subprocess.Popen(
            [sys.executable, "-c", BLOCKED, *runner, str(path)],
            stdin=self.ours,
            stdout=pidfd,
        )
        os.close(pidfd)
        name = Path(runner[0] if runner else path).name
        comm = Path(f"/proc/{self.guard.pid}/comm")
        while comm.read_text().strip() != name:
            os.sched_yield()

    def wait_for_its_end(self) -> None:
        """It has done what it is for: the hold is shut, the program runs."""
        assert self.guard.wait(LONG) == 0
        with pytest.raises(BrokenPipeError):
            self.theirs.send(b"more", socket.MSG_NOSIGNAL)
        assert os.waitid(os.P_PID, self.held.pid, os.WCONTINUED) is not None

    def close(self) -> None:
        for process in (self.guard, self.held):
            process.kill()
            process.wait(LONG)
        self.ours.close()
        self.theirs.close()


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[list[Guarded]]:
    """Where a test puts what is to be closed."""
    made: list[Guarded] = []
    yield made
    for one in made:
        one.close()


@RUNNABLE
@pytest.mark.process
def test_what_nobody_reads_it_ends_and_lets_the_program_run(
    machine: str, guarded: list[Guarded], tmp_path: Path
) -> None:
    one = Guarded(machine, tmp_path, soon=0.2, later=LONG)
    guarded.append(one)
    one.theirs.send(b"text")
    one.wait_for_its_end()


@RUNNABLE
@pytest.mark.process
def test_asked_for_time_it_gives_more(
    machine: str, guarded: list[Guarded], tmp_path: Path
) -> None:
    one = Guarded(machine, tmp_path, soon=0.1, later=1.0)
    guarded.append(one)
    one.guard.send_signal(MORE_TIME)  # it is blocked, and waits for the text
    began = time.monotonic()
    one.theirs.send(b"text")
    one.wait_for_its_end()
    assert time.monotonic() - began >= 1.0


@pytest.mark.process
@pytest.mark.skipif(HERE != "x86_64", reason="the number of the system call")
def test_a_stop_of_the_guard_itself_takes_no_time_from_the_reader(
    guarded: list[Guarded], tmp_path: Path
) -> None:
    one = Guarded("x86_64", tmp_path, soon=1.0, later=LONG)
    guarded.append(one)
    one.theirs.send(b"text")
    where = Path(f"/proc/{one.guard.pid}/syscall")
    while not where.read_text().startswith("128 "):  # rt_sigtimedwait
        os.sched_yield()
    one.guard.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, one.guard.pid, os.WSTOPPED)
    began = time.monotonic()
    one.guard.send_signal(signal.SIGCONT)
    one.wait_for_its_end()
    assert time.monotonic() - began >= 1.0
