"""Process controls, each seen to work on a process of its own."""

import os
import subprocess
import sys

import pytest

from crashwatch.linux.process_control import take_descriptor


def printed_by(code: str) -> list[str]:
    ended = subprocess.run(
        [
            sys.executable,
            "-c",
            "from crashwatch.linux.process_control import *\n" + code,
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout.split()


def test_no_core_and_no_reading():
    code = """
import ctypes, os, resource
hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
forbid_core_and_reading()
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), *resource.getrlimit(resource.RLIMIT_CORE))
print(os.stat("/proc/self/mem").st_uid, hard)
"""
    dumpable, soft, hard, owner, before = printed_by(code)
    assert (dumpable, soft, owner) == ("0", "0", "0")
    assert hard == before


def test_a_signal_comes_when_the_parent_dies():
    code = """
import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
read, write = os.pipe()
ready, tell = os.pipe()
if os.fork() == 0:
    if os.fork() == 0:
        die_with_parent(signal.SIGUSR1)
        os.write(tell, b".")
        os.write(write, signal.sigwait([signal.SIGUSR1]).name.encode())
        os._exit(0)
    os.read(ready, 1)
    os._exit(0)
print(os.read(read, 64).decode())
"""
    assert printed_by(code) == ["SIGUSR1"]


def test_a_duplicate_shares_the_place_in_the_file(tmp_path):
    path = tmp_path / "log"
    code = "import sys; print(flush=True); sys.stdin.read()"
    with (
        path.open("wb") as file,
        subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=file,
        ) as process,
    ):
        assert process.stdout is not None
        process.stdout.readline()
        pidfd = os.pidfd_open(process.pid)
        taken = take_descriptor(pidfd, 2)
        file.write(b"theirs ")
        file.flush()
        os.write(taken, b"ours")
        os.close(taken)
        with pytest.raises(OSError, match="Bad file descriptor"):
            take_descriptor(pidfd, 999)
        os.close(pidfd)
        process.kill()
    assert path.read_bytes() == b"theirs ours"
