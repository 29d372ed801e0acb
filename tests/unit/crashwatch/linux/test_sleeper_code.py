"""The sleeper's machine code is what its listing says, and does what it should."""

import ctypes
import os
import platform
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from crashwatch.client.inside import run_page
from crashwatch.linux import sleeper_image as image_module
from crashwatch.linux.sleeper_code import LISTINGS, code_of
from crashwatch.linux.sleeper_image import (
    BASE,
    HEARTBEATS,
    ROW_BYTES,
    ROWS,
    TABLE,
    Beats,
    Waiting,
    Waking,
    sleeper_image,
)
from tests.doubles.requirement import require

BINUTILS = "apt-get install binutils"
AARCH64 = "apt-get install binutils-aarch64-linux-gnu"
QEMU = "apt-get install qemu-user"
OBJDUMP = {
    "x86_64": ["objdump", "-m", "i386:x86-64", "-M", "intel"],
    "aarch64": ["aarch64-linux-gnu-objdump", "-m", "aarch64"],
}
MACHINES = pytest.mark.parametrize("machine", sorted(LISTINGS))


def image(machine: str = "x86_64", period_ms: int = -1, **more: int) -> bytes:
    waiting = Waiting(signals=3, terminal=5, **more)
    waking = Waking(b"/bin/true", [b"true", b"two"], [b"A=1"], pid=77)
    return sleeper_image(waiting, Beats(period_ms, 9), waking, machine)


@MACHINES
def test_it_is_small(machine: str) -> None:
    assert 0 < len(code_of(machine)) < 256


@MACHINES
def test_objdump_reads_what_the_listing_says(machine: str, tmp_path: Path) -> None:
    program, *options = OBJDUMP[machine]
    missing = BINUTILS if program == "objdump" else AARCH64
    require(shutil.which(program), f"{program} is missing", missing)
    path = tmp_path / "code"
    path.write_bytes(code_of(machine))
    shown = subprocess.run(
        [program, "-D", "-b", "binary", *options, "--insn-width=16", str(path)]
        if machine == "x86_64"
        else [program, "-D", "-b", "binary", *options, str(path)],
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
        plain = " ".join(re.sub(r"\s*//.*", "", text).split())
        read.append((in_order.hex(), plain))
    assert read == [(code, text) for code, text, _ in LISTINGS[machine]]


@MACHINES
def test_rows_are_where_the_code_looks_for_them(machine: str) -> None:
    """Each row the code names by number is one of the table, and the right one."""
    comments = {
        text: why
        for _, text, why in LISTINGS[machine]
        if re.search(r"row [A-Z]+$", why)
    }
    found = {}
    for text, why in comments.items():
        number = int(re.findall(r"0x[0-9a-f]+", text)[-1], 16)
        found[why.rpartition(" ")[2]] = number - (BASE if machine == "x86_64" else 0)
    expected = {name: TABLE + ROW_BYTES * ROWS.index(name) for name in found}
    assert found == expected
    assert set(found) == {"POLL", "STOP", "WAKE", "WAIT", "EXIT"}


def test_the_heartbeat_is_read_where_the_client_writes_it() -> None:
    assert HEARTBEATS == run_page.HEARTBEATS


@MACHINES
def test_readelf_takes_the_image(machine: str, tmp_path: Path) -> None:
    require(shutil.which("readelf"), "readelf is missing", BINUTILS)
    path = tmp_path / "sleeper"
    path.write_bytes(image(machine))
    shown = subprocess.run(
        ["readelf", "-h", "-l", "-W", str(path)],
        capture_output=True,
        text=True,
        check=True,
        env={"LC_ALL": "C"},
    )
    assert "rror" not in shown.stdout
    assert shown.stderr == ""
    assert re.search(r"Entry point address:\s+0x4000b0", shown.stdout)
    flags = re.findall(r"LOAD .*? (R ?[WE ]+) 0x1000", shown.stdout)
    assert [flag.replace(" ", "") for flag in flags] == ["RE", "RW"]


def test_an_unknown_machine_has_no_image() -> None:
    assert image("pdp11") == b""


def test_a_terminal_without_page_is_never_timed() -> None:
    data = image(period_ms=500)[0x1000:]
    timeout = struct.unpack_from("<q", data, TABLE + 24)[0]
    assert timeout == -1
    data = image(period_ms=500, page=8)[0x1000:]
    assert struct.unpack_from("<q", data, TABLE + 24)[0] == 500


# What follows runs the code: natively, and AArch64's under qemu-user.

HERE = platform.machine()
RUN = {"x86_64": [], "aarch64": ["qemu-aarch64"]}
RUNNABLE = pytest.mark.parametrize(
    "machine", ["x86_64", "aarch64"] if HERE == "x86_64" else ["aarch64"]
)
DEADLINE = 60


class Sleeper:
    """A sleeper as a child of a child of ours, since its children are its terminal's.

    The middle process forks the terminal (a shell with `script`), then becomes the
    sleeper, which on waking becomes a shell that prints "woken", and, where there was
    text in the hold, "stopped" and the signals that wait for the guard.
    """

    def __init__(self, machine: str, folder: Path) -> None:
        if machine != HERE:
            (program,) = RUN[machine]
            require(shutil.which(program), f"{program} is missing", QEMU)
        self.machine = machine
        self.folder = folder

    def run(
        self,
        script: str,
        *,
        path: str = "/bin/sh",
        text_in_hold: bool = False,
        period_ms: int = -1,
        last: int = 0,
        told: int = image_module.NOTHING_TOLD,
        token: bool = False,
        guard: bool = True,
    ) -> subprocess.CompletedProcess[bytes]:
        code = MIDDLE.format(
            script=script,
            path=path,
            text_in_hold=text_in_hold,
            period_ms=period_ms,
            last=last,
            told=told,
            token=token,
            guard=guard,
            machine=self.machine,
            runner=RUN[self.machine] if self.machine != HERE else [],
            file=str(self.folder / "sleeper"),
        )
        return subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=False,
            timeout=DEADLINE,
            cwd=Path(__file__).parents[4],
        )


MIDDLE = """
import ctypes, os, shutil, signal, socket, threading
from crashwatch.linux.light_calls import die_with_parent, open_signal_descriptor
from crashwatch.linux.sleeper_image import Beats, Waiting, Waking, sleeper_image
from crashwatch.supervisor.sleeper import fill_up
watched = set(map(int, signal.valid_signals())) - {{9, 19}}
signal.pthread_sigmask(signal.SIG_BLOCK, watched)
signals = open_signal_descriptor(watched - {{17}})
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
page = os.memfd_create("page", 0)
os.write(page, bytes(8) + ({last}).to_bytes(8, "little") + bytes(4080))
first, taken = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
first.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
fill_up(first.fileno())
if {text_in_hold}:
    theirs.send(b"text")
else:
    os.set_inheritable(theirs.fileno(), True)
parent = os.getpid()
guard = os.fork()
if guard == 0:
    die_with_parent(9)
    while os.getppid() == parent:
        signal.pause()
    os._exit(0)
terminal = os.fork()
if terminal == 0:
    os.dup2(taken.fileno(), 9)
    os.dup2(theirs.fileno(), 8)
    os.environ["PAGE"] = f"/proc/{{os.getppid()}}/fd/{{page}}"
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    os.execv("/bin/sh", ["sh", "-c", {script!r}])
pidfd = os.pidfd_open(terminal)
told = "echo woken; [ -z $2 ] || until grep -q T.*stopped /proc/$1/status;"
told += " do sleep 0.05; done; [ -z $2 ] || echo stopped;"
told += " [ -z $2 ] || grep ShdPnd: /proc/$3/status;"
told += " kill -KILL $1 $3; exit 3"
waiting = Waiting(signals=signals, terminal=pidfd, hold=ours.fileno(), page=page)
waiting.guard = guard if {guard} else 0
if {token}:
    waiting.first_beat = first.fileno()
    os.set_inheritable(first.fileno(), True)
    os.set_inheritable(taken.fileno(), True)
words = [b"sh", b"-c", told.encode(), b"-", b"%d" % terminal]
words += [b"held" if {text_in_hold} else b"", b"%d" % guard]
waking = Waking({path!r}.encode(), words, [], os.getpid())
data = sleeper_image(
    waiting, Beats({period_ms}, {last}, {told}), waking, {machine!r}
)
for number in (signals, pidfd, page, ours.fileno(), theirs.fileno()):
    os.set_inheritable(number, True)
with open({file!r}, "wb") as file:
    file.write(data)
os.chmod({file!r}, 0o700)
runner = {runner!r}
if runner:
    os.execvp(runner[0], [*runner, {file!r}])
os.execv({file!r}, ["sleeper"])
"""


@RUNNABLE
@pytest.mark.process
def test_it_wakes_when_the_terminal_ends(machine: str, tmp_path: Path) -> None:
    done = Sleeper(machine, tmp_path).run("exit 7")
    assert (done.returncode, done.stdout) == (3, b"woken\n"), done.stderr


@RUNNABLE
@pytest.mark.process
def test_it_stops_a_held_terminal_before_it_wakes(machine: str, tmp_path: Path) -> None:
    done = Sleeper(machine, tmp_path).run("exec sleep 60", text_in_hold=True)
    assert done.returncode == 3, done.stderr
    asked = f"{1 << signal.SIGSTKFLT - 1:016x}"
    assert done.stdout.decode().split() == ["woken", "stopped", "ShdPnd:", asked]


@RUNNABLE
@pytest.mark.process
def test_without_a_guard_it_asks_nobody(machine: str, tmp_path: Path) -> None:
    """Least of all its whole process group, which is what 0 would be."""
    sleeper = Sleeper(machine, tmp_path)
    done = sleeper.run("exec sleep 60", text_in_hold=True, guard=False)
    assert done.returncode == 3, done.stderr
    assert done.stdout.decode().split() == ["woken", "stopped", "ShdPnd:", "0" * 16]


@RUNNABLE
@pytest.mark.process
@pytest.mark.parametrize(
    ("script", "status"),
    [("sleep 0.2; exit 7", 7), ("kill -TERM $$", -15), ("kill -SEGV $$", -11)],
)
def test_it_ends_like_the_terminal_where_it_cannot_wake(
    machine: str, script: str, status: int, tmp_path: Path
) -> None:
    done = Sleeper(machine, tmp_path).run(script, path="/nowhere/python")
    assert (done.returncode, done.stdout) == (status, b""), done.stderr


@RUNNABLE
@pytest.mark.process
def test_what_it_stopped_it_continues_where_it_cannot_wake(
    machine: str, tmp_path: Path
) -> None:
    """And nothing holds it any more: a write to the hold fails."""
    script = "trap '' PIPE; while printf x >&8; do :; done 2>/dev/null; exit 8"
    sleeper = Sleeper(machine, tmp_path)
    done = sleeper.run(script, path="/nowhere", text_in_hold=True)
    assert done.returncode == 8, done.stderr


BEAT = (
    "python3 -c \"import os,time; f=os.open(os.environ['PAGE'],os.O_RDWR);"
    "[(os.pwrite(f,n.to_bytes(8,'little'),8), time.sleep(.05)) for n in range(1,{n})]"
    '"; {then}'
)


@RUNNABLE
@pytest.mark.process
def test_heartbeats_that_stand_still_wake_it(machine: str, tmp_path: Path) -> None:
    script = BEAT.format(n=12, then="exec sleep 60")
    done = Sleeper(machine, tmp_path).run(script, period_ms=300, last=1)
    assert (done.returncode, done.stdout) == (3, b"woken\n"), done.stderr


@RUNNABLE
@pytest.mark.process
def test_it_sleeps_on_at_a_standstill_that_was_told(
    machine: str, tmp_path: Path
) -> None:
    """Only the terminal's end wakes it, half a second later."""
    sleeper = Sleeper(machine, tmp_path)
    script = "sleep 0.5; touch " + str(tmp_path / "lived")
    done = sleeper.run(script, period_ms=50, last=5, told=5)
    assert (done.returncode, done.stdout) == (3, b"woken\n"), done.stderr
    assert (tmp_path / "lived").exists()


@RUNNABLE
@pytest.mark.process
def test_it_wakes_at_the_first_heartbeat(machine: str, tmp_path: Path) -> None:
    """A socket that is full in its direction, and then has room."""
    script = "sleep 0.3; head -c 1 >/dev/null <&9; exec sleep 60"
    done = Sleeper(machine, tmp_path).run(script, token=True)
    assert (done.returncode, done.stdout) == (3, b"woken\n"), done.stderr


def test_it_says_what_ctypes_says() -> None:
    """The numbers of signals in the image are this system's."""
    assert image_module._SIGCONT == signal.SIGCONT
    assert image_module._SIGSTOP == signal.SIGSTOP
    assert image_module._SIGSTKFLT == signal.SIGSTKFLT
    assert image_module._SHUT_RD == socket.SHUT_RD
    assert ctypes.sizeof(ctypes.c_void_p) == 8
