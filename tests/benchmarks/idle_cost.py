"""What our processes cost while nothing happens, beside Crashpad's handler.

Private memory (USS, ``/proc/PID/smaps_rollup``) of sleeper, witness and guard, what
they keep in memfds, and of the resident launcher; of the sleeper also how often it woke
in a minute, with heartbeats and without: ``voluntary_ctxt_switches`` of its status.

usage: idle_cost.py [SECONDS]
"""

import contextlib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.doubles import process_table
from tests.doubles.command_line import environment
from tests.doubles.target_program import supervised

IDLE = "print('ready', flush=True); input()"
BEATS = """
import time
from crashwatch.client import heartbeat
heartbeat(); print("ready", flush=True)
while True:
    heartbeat(); time.sleep(0.02)
"""
MARK = 256


def private_kib(pid: int) -> int:
    rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(row.split()[1]) for row in rows if row.startswith("Private_"))


def memfd_kib(pid: int) -> float:
    """What is kept in memory as files, which no private size counts."""
    total = 0
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            if "memfd:" in str(entry.readlink()):
                total += entry.stat().st_size
    return total / 1024


def switches(pid: int) -> int:
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.partition("\nvoluntary_ctxt_switches:\t")[2].split()[0])


@contextlib.contextmanager
def launcher(script: str, home: str, *options: str) -> Iterator[int]:
    command = supervised([sys.executable, "-c", script], "--headless", *options)
    process = subprocess.Popen(
        [str(word) for word in command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(CRASHWATCH_HOME=home),
    )
    assert process.stdout is not None
    try:
        process.stdout.readline()
        time.sleep(2)
        yield process.pid
    finally:
        process_table.kill_tree(process.pid)
        process.communicate()


def show_memory(home: str) -> None:
    with launcher(IDLE, home) as pid:
        children = process_table.descendants(pid)
        pages = [p for p in children if "crashwatch-" in process_table.describe(p)]
        parts = {"sleeper": private_kib(pid)}
        for page in pages:
            name = process_table.describe(page).split("crashwatch-")[1]
            parts[name.strip()] = private_kib(page)
        kept = memfd_kib(pid)
        total = sum(parts.values()) + kept
        shown = ", ".join(f"{name} {size}" for name, size in parts.items())
        print(f"private KiB: {shown}, memfds {kept:.1f}: {total:.0f} (mark {MARK})")
    with launcher(IDLE, home, "--resident") as pid:
        print(f"private KiB of a resident launcher: {private_kib(pid)}")


def show_peers(folder: str) -> None:
    from tests.benchmarks.peers.build import CACHE, _sentry

    CACHE.mkdir(parents=True, exist_ok=True)
    try:
        peer = _sentry()
    except (OSError, subprocess.SubprocessError) as error:
        print(f"Crashpad's handler is not here: {error}")
        return
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    handler = subprocess.Popen(
        [
            str(peer.handler),
            f"--database={folder}",
            f"--initial-client-fd={theirs.fileno()}",
        ],
        pass_fds=[theirs.fileno()],
        stderr=subprocess.DEVNULL,
    )
    time.sleep(2)
    print(f"private KiB of Crashpad's handler: {private_kib(handler.pid)}")
    ours.close()
    theirs.close()
    handler.kill()
    handler.wait()


def show_wakes(home: str, seconds: float) -> None:
    for name, script in (("without heartbeats", IDLE), ("with heartbeats", BEATS)):
        with launcher(script, home) as pid:
            time.sleep(12)  # the first look finds the heartbeats, or none
            before = switches(pid)
            time.sleep(seconds)
            woke = switches(pid) - before
            print(f"{name}: {woke} wake-ups of the sleeper in {seconds:.0f} s")


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    with tempfile.TemporaryDirectory() as folder:
        home = str(Path(folder, "home"))
        show_memory(home)
        show_peers(str(Path(folder, "crashpad")))
        show_wakes(home, seconds)


if __name__ == "__main__":
    main()
