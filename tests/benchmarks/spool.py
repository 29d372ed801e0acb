"""Storing, listing, sending, as ratios: python tests/benchmarks/spool.py.

Times on a shared machine mean little, so each stands beside what it is compared with in
the same run, and processor time with it. Storing is timed on the disk of the temporary
folder; what comes after it in memory, where there is /dev/shm (ten thousand reports are
seventy thousand syncs). Memory is the peak of a process of its own, less what the same
process had after its imports.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import sentry_sdk

from reports.home import open_home
from reports.spool.directory import Spool
from reports.spool.retention import Limits as Kept
from reports.upload.drain import Manners, drain
from reports.upload.dsn import parse_dsn
from reports.upload.wire import Limits, Network
from tests.doubles.local_receiver import Receiver
from tests.doubles.made_up_reports import made_up_payloads
from tests.doubles.sample_payload import digests, sample_event, sample_payload

MARKS = {"store": 5.0, "memory": 64.0}
"""Milliseconds for storing one report; MiB more than before."""

MANY = 10_000


def milliseconds(act) -> float:
    """How long ``act`` takes."""
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def bare_write(folder: Path, number: int, data: bytes) -> None:
    """Write and sync one file: what any durable store must at least do."""
    handle = os.open(folder / str(number), os.O_WRONLY | os.O_CREAT, 0o600)
    os.write(handle, data)
    os.fsync(handle)
    os.close(handle)


def store(root: Path) -> None:
    """Median of 300 stores beside 300 bare writes, turn about."""
    spool, folder = Spool(open_home(root / "store")), root / "bare"
    folder.mkdir()
    ours, bare, used = [], [], []
    for number, payload in enumerate(made_up_payloads(300, seed=3)):
        began = time.process_time()
        ours.append(milliseconds(lambda p=payload: spool.add(p)))
        used.append((time.process_time() - began) * 1000)
        data = payload.envelope
        bare.append(milliseconds(lambda d=data, n=number: bare_write(folder, n, d)))
    a, b = statistics.median(ours), statistics.median(bare)
    print(
        f"store: median {a:.2f} ms (mark {MARKS['store']:.0f}), "
        f"{statistics.median(used):.2f} of the processor; "
        f"bare write+fsync {b:.2f} ms, ratio {a / b:.1f}"
    )


def fill(root: Path, count: int) -> None:
    """Made-up reports, agreed to: 500, again and again under other ids."""
    spool = Spool(open_home(root))
    spare = [*made_up_payloads(500, seed=5)]
    for number in range(count):
        payload = with_id(spare[number % len(spare)], f"{count:05d}{number:027x}")
        spool.add(payload)
        spool.approve(payload.id, digests(payload), how="prompt")


def with_id(payload, report_id: str):
    """The same report under another id."""
    from reports.envelope import build_envelope
    from reports.payload import Item, make_payload

    def renamed(data: bytes) -> bytes:
        return data.replace(payload.id.encode(), report_id.encode())

    event, *rest = payload.items
    items = (Item(event.type, event.name, renamed(event.data)), *rest)
    return make_payload(
        id=report_id,
        category=payload.category,
        report_json=renamed(payload.report_json),
        envelope=build_envelope(report_id, items),
        items=items,
    )


def peak() -> float:
    """The most memory this process ever had, MiB.

    ``getrusage`` would tell the parent's where that was larger: an exec keeps it.
    """
    text = Path("/proc/self/status").read_text("ascii")
    (line,) = (line for line in text.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def spent(act) -> tuple[float, float]:
    """Wall and processor milliseconds."""
    began = time.process_time()
    wall = milliseconds(act)
    return wall, (time.process_time() - began) * 1000


def compared(what: str, few: tuple[float, float], many: tuple[float, float]) -> None:
    """A line: a tenth, all, and what one report costs more among all."""
    (wall, cpu), (all_wall, all_cpu) = few, many
    print(
        f"{what}: {MANY // 10} in {wall:.0f} ms ({cpu:.0f} of the processor), "
        f"{MANY} in {all_wall:.0f} ({all_cpu:.0f}): "
        f"a report costs x{all_cpu / cpu / 10:.2f}"
    )


def list_here(home: str, few: str, _dsn: str) -> None:
    """List a home of a tenth, then the whole: the program of a child."""
    small, large = Spool(open_home(Path(few))), Spool(open_home(Path(home)))
    before = peak()
    tenth = spent(small.list_reports)
    whole = spent(large.list_reports)
    compared("list", tenth, whole)
    print(f"list: {peak() - before:.1f} MiB more (mark {MARKS['memory']:.0f})")


def drain_here(home: str, few: str, dsn: str) -> None:
    """Send a home of a tenth, then the whole: the program of a child."""
    small, large = Spool(open_home(Path(few))), Spool(open_home(Path(home)))
    before = peak()
    tenth = spent(lambda: send(small, dsn, MANY // 10))
    whole = spent(lambda: send(large, dsn, MANY))
    compared("drain", tenth, whole)
    print(f"drain: {peak() - before:.1f} MiB more (mark {MARKS['memory']:.0f})")
    print(f"drain: {whole[0] / MANY:.2f} ms a report, {whole[1] / MANY:.2f} of ours")


def send(spool: Spool, dsn: str, number: int) -> None:
    """One pass over the queue."""
    result = drain(
        spool,
        parse_dsn(dsn),
        lambda _question: SimpleNamespace(allowed=True, reason=""),
        network=Network(limits=Limits(bytes_per_second=1e9)),
        manners=Manners(
            most=number,
            at_once=True,
            daily_bytes=None,
            limits=Kept(bytes=1 << 40, count=2 * MANY),
        ),
    )
    assert len(result.sent) == number, result


def beside_the_sdk(root: Path, receiver: Receiver) -> None:
    """A small event by us, and by sentry-sdk's transport, which stores nothing."""
    number = 300
    spool = Spool(open_home(root))
    for _ in range(number):
        payload = sample_payload()
        spool.add(payload)
        spool.approve(payload.id, digests(payload), how="prompt")
    ours = milliseconds(lambda: send(spool, receiver.dsn, number)) / number
    client = sentry_sdk.Client(receiver.dsn, default_integrations=False)
    for place in range(60):  # of more than 100 at once it drops some
        client.capture_event(sample_event(f"{place:032x}"))
    theirs = milliseconds(lambda: client.close(timeout=30)) / 60
    print(f"small event: {ours:.2f} ms; sentry-sdk's own transport {theirs:.2f} ms")


def in_a_child(what: str, *words: str | Path) -> None:
    """Run one of the programs above by itself."""
    sys.stdout.flush()
    subprocess.run([sys.executable, __file__, what, *map(str, words)], check=True)


def main() -> None:
    """All of them."""
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with (
        tempfile.TemporaryDirectory() as disk,
        tempfile.TemporaryDirectory(dir=memory) as folder,
        Receiver() as receiver,
    ):
        store(Path(disk))
        home, few = Path(folder, "many"), Path(folder, "few")
        fill(home, MANY)
        fill(few, MANY // 10)
        in_a_child("list_here", home, few, "")
        in_a_child("drain_here", home, few, receiver.dsn)
        assert len(receiver.stored) == MANY + MANY // 10
        beside_the_sdk(Path(folder, "small"), receiver)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        {"list_here": list_here, "drain_here": drain_here}[sys.argv[1]](*sys.argv[2:])
    else:
        main()
