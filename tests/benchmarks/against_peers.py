"""Our dump of one crash beside Crashpad's and Breakpad's, in one run.

Run ``python tests/benchmarks/against_peers.py [ROUNDS]``. The victim is the same Python
with eight threads each time. For each writer: milliseconds from the fault to the
finished dump, bytes, bytes under zstd -19, and copies of a variable of the
environment in the dump. Ours is written by a process that has its modules loaded and
has captured nothing yet, as a resident supervisor; the peers' handlers run already too.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import zstandard

from crashwatch.backtraces.pyspy import PySpyDump
from crashwatch.linux.proc_directory import ProcDirectory
from crashwatch.linux.signal_descriptor import SignalDescriptor
from crashwatch.linux.snapshot import take_snapshot
from crashwatch.linux.system_facts import read_machine
from crashwatch.supervisor.held import hold
from crashwatch.supervisor.launch import Launched
from reports.mapped_code import MappedCode
from reports.minidump import write_minidump
from reports.sanitize import sanitize
from scrubbers import Identity
from tests.benchmarks.peers.build import peers

if TYPE_CHECKING:
    from collections.abc import Callable

    from crashwatch.linux.freeze import Frozen
    from crashwatch.linux.system_facts import Machine
    from tests.benchmarks.peers.build import Peer

ROUNDS = 15
THREADS = 8
CANARY = "Quokka7Zebra9Lynx"
IDENTITY = Identity(user="mireille", home="/home/mireille", host="quietbox")
VICTIM = f"""
import ctypes, faulthandler, os, sys, threading, time
gate = threading.Barrier({THREADS})
def wait():
    gate.wait()
    threading.Event().wait()
for _ in range({THREADS} - 1):
    threading.Thread(target=wait, daemon=True).start()
kind, *rest = sys.argv[1:]
if kind == "hold":
    faulthandler.enable(file=int(rest[0]), all_threads=False)
else:
    folder_or_socket, *numbers = rest[1:]
    first = os.fsencode(folder_or_socket) if kind == "breakpad" else int(rest[1])
    ctypes.CDLL(rest[0]).arm(first, *map(int, numbers))
gate.wait()
def fall():
    os.write(int(os.environ["BEGIN"]), b"%d" % time.monotonic_ns())
    ctypes.string_at(0)
fall()
"""


class Round(NamedTuple):
    """One crash: milliseconds from the fault, the dump, parts of our own time."""

    milliseconds: float
    dump: bytes
    parts: dict[str, float]


def start_victim(
    arguments: list[str], begin: int, passed: list[int]
) -> subprocess.Popen[bytes]:
    """The victim; it writes the time of its fault to ``begin``."""
    return subprocess.Popen(
        [sys.executable, "-c", VICTIM, *arguments],
        env={"PEER_SECRET": CANARY, "BEGIN": str(begin)},
        pass_fds=[begin, *passed],
        stderr=subprocess.DEVNULL,
    )


def peer_round(peer: Peer, folder: Path) -> Round:
    """One crash of a victim that a peer watches."""
    begin, begin_end = os.pipe()
    stamps, stamps_end = os.pipe()
    handler = None
    if peer.handler is None:
        arguments = ["breakpad", str(peer.client), str(folder), str(stamps_end)]
        victim = start_victim(arguments, begin_end, [stamps_end])
    else:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours, theirs:
            theirs.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            handler = start_handler(peer.handler, theirs.fileno(), folder)
            numbers = [ours.fileno(), peer.message_bytes, stamps_end]
            arguments = ["crashpad", str(peer.client), *map(str, numbers)]
            victim = start_victim(arguments, begin_end, [ours.fileno(), stamps_end])
    os.close(stamps_end)
    os.close(begin_end)
    state, _, done = os.read(stamps, 96).split()
    begun = int(os.read(begin, 64))
    victim.wait(30)
    if handler is not None:
        handler.wait(30)
    os.close(stamps)
    os.close(begin)
    (dump,) = (p.read_bytes() for p in folder.rglob("*.dmp"))
    if state != b"done":
        raise RuntimeError(f"{peer.name} wrote no dump")
    return Round((int(done) - begun) / 1e6, dump, {})


def start_handler(
    program: Path, descriptor: int, folder: Path
) -> subprocess.Popen[bytes]:
    """A Crashpad handler, ready for its one client."""
    return subprocess.Popen(
        [program, f"--database={folder}", f"--initial-client-fd={descriptor}"],
        pass_fds=[descriptor],
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )


def our_round(folder: Path, *options: str) -> Round:
    """One crash of a victim that we hold, read by a process made for it."""
    command = [sys.executable, __file__, "--one", str(folder), *options]
    subprocess.run(command, check=True)
    told = json.loads((folder / "told.json").read_text())
    dump = (folder / "ours.dmp").read_bytes()
    return Round(told.pop("fault to dump"), dump, told)


def hold_one(folder: Path, *, with_stacks: bool) -> None:
    """Start a victim, wait for its first byte, hold it, write its dump."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    signals = SignalDescriptor({signal.SIGCHLD})
    begin, begin_end = os.pipe()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    ours.setblocking(False)
    number = theirs.fileno()
    victim = start_victim(["hold", str(number)], begin_end, [number])
    theirs.close()
    pidfd = os.pidfd_open(victim.pid)
    terminal = Launched(victim.pid, pidfd, 0, ours, number, None)
    reader = Reader(read_machine(), with_stacks=with_stacks)
    select.select([ours], [], [])
    reader.mark("first byte")
    crash = hold(terminal, signals, reader, lambda: None)
    if crash is None or not isinstance(crash.findings, bytes):
        raise RuntimeError("the victim was not held")
    (folder / "ours.dmp").write_bytes(crash.findings)
    (folder / "told.json").write_text(json.dumps(reader.told(int(os.read(begin, 64)))))


class Reader:
    """Reads a frozen victim and writes its dump, with a mark after each step."""

    def __init__(self, machine: Machine, *, with_stacks: bool) -> None:
        self._machine = machine
        self._with_stacks = with_stacks
        self._marks: list[tuple[str, int, int]] = []

    def mark(self, name: str) -> None:
        """Note the time, and the time that this process computed."""
        self._marks.append((name, time.monotonic_ns(), time.process_time_ns()))

    def told(self, begun: int) -> dict[str, float]:
        """Milliseconds of each step, and of the whole."""
        written = next(at for name, at, _ in self._marks if name == "written")
        told = {"fault to dump": (written - begun) / 1e6}
        before = begun
        for name, at, _ in self._marks:
            told[name], before = (at - before) / 1e6, at
        (first, *_, last) = (computed for _, _, computed in self._marks)
        return told | {"(computed)": (last - first) / 1e6}

    def __call__(self, process: Frozen, crashed_tid: int, announced: int) -> bytes:
        """The dump."""
        self.mark("stop and freeze")
        stacks = PySpyDump.start(process.pid) if self._with_stacks else None
        with ProcDirectory(process.pid) as directory:
            snapshot = take_snapshot(
                process,
                directory,
                crashed_tid=crashed_tid,
                announced_signal=announced,
                machine=self._machine,
            )
        self.mark("snapshot")
        with MappedCode(snapshot.mappings) as code:
            picture = sanitize(snapshot, identity=IDENTITY, read_code=code)
        self.mark("sanitize")
        python = b"" if stacks is None else threads_json(stacks)
        if stacks is not None:
            self.mark("py-spy's rest")
        dump = write_minidump(picture, {"release": "pachyterm@1.0"}, python or None)
        self.mark("written")
        return dump


def threads_json(stacks: PySpyDump) -> bytes:
    """The stacks as JSON, as a report has them (all code here is the victim's)."""
    found = [
        {
            "name": thread.name,
            "crashed": thread.tid is None,
            "frames": [{"function": f.function, "line": f.line} for f in thread.frames],
            "tid": thread.tid,
        }
        for thread in stacks.result(3.0)
    ]
    return json.dumps(found).encode()


def compressed(data: bytes) -> int:
    """Bytes under zstd -19."""
    return len(zstandard.ZstdCompressor(level=19).compress(data))


def rounds(make: Callable[[Path], Round], count: int) -> list[Round]:
    """That many crashes, each with a folder of its own."""
    done = []
    for _ in range(count):
        with tempfile.TemporaryDirectory() as folder:
            done.append(make(Path(folder)))
    return done


def main() -> None:
    """Print the table, the ratios, and where our own time goes."""
    if sys.argv[1:2] == ["--one"]:  # the process that ``our_round`` starts
        hold_one(Path(sys.argv[2]), with_stacks="--stacks" in sys.argv)
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with_stacks = rounds(lambda f: our_round(f, "--stacks"), count)
    results = {"crashwatch": rounds(our_round, count), "and py-spy": with_stacks}
    for peer in peers():
        results[peer.name] = rounds(partial(peer_round, peer), count)
    print(f"{'writer':<20} {'fault to dump':>24}   bytes   zstd canary")
    sizes, times = {}, {}
    for name, done in results.items():
        each = sorted(r.milliseconds for r in done)
        times[name] = statistics.median(each)
        sizes[name] = statistics.median(compressed(r.dump) for r in done)
        size = statistics.median(len(r.dump) for r in done)
        copies = max(r.dump.count(CANARY.encode()) for r in done)
        window = f"{times[name]:.1f} ms [{each[0]:.1f}-{each[-1]:.1f}]"
        print(f"{name:<20} {window:>24} {size:7.0f} {sizes[name]:6.0f} {copies:6}")
    for name in list(results)[2:]:
        for own in list(results)[:2]:
            size, spent = sizes[own] / sizes[name], times[own] / times[name]
            print(f"{own:>10} / {name:<20} size {size:.2f}  time {spent:.2f}")
    for own in list(results)[:2]:
        ours = [r.parts for r in results[own]]
        parts = {name: statistics.median(r[name] for r in ours) for name in ours[0]}
        print(f"{own}, ms:", ", ".join(f"{n} {ms:.1f}" for n, ms in parts.items()))


if __name__ == "__main__":
    main()
