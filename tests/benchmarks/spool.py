"""Storing, listing, sending, as ratios: python tests/benchmarks/spool.py."""

from __future__ import annotations

import os
import resource
import statistics
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import sentry_sdk

from reports.home import open_home
from reports.lifecycle import State
from reports.spool.directory import Spool
from reports.upload.drain import Manners, drain
from reports.upload.dsn import parse_dsn
from reports.upload.wire import Limits, Network
from tests.doubles.local_receiver import Receiver
from tests.doubles.sample_payload import digests, sample_event, sample_payload

DUMP = os.urandom(6000)


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
    ours, bare = [], []
    for number in range(300):
        payload = sample_payload(minidump=DUMP)
        ours.append(milliseconds(lambda p=payload: spool.add(p)))
        data = payload.envelope
        bare.append(milliseconds(lambda d=data, n=number: bare_write(folder, n, d)))
    a, b = statistics.median(ours), statistics.median(bare)
    print(f"store: {a:.2f} ms, bare write+fsync {b:.2f} ms, ratio {a / b:.1f}")


def list_many(root: Path) -> None:
    """Listing grows with the number of reports, and memory stays small."""
    spool = Spool(open_home(root / "many"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times = {}
    for total in (1000, 10_000):
        while sum(1 for _ in spool.walk(State.PENDING)) < total:
            for _ in range(1000):
                spool.add(sample_payload())
        times[total] = milliseconds(spool.list_reports)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(
        f"list: 1,000 in {times[1000]:.0f} ms, 10,000 in {times[10_000]:.0f} ms "
        f"(x{times[10_000] / times[1000]:.1f}), {grown / 1024:.0f} MiB more"
    )


def send(root: Path) -> None:
    """Time per report beside sentry-sdk's own transport, which stores nothing."""
    spool = Spool(open_home(root / "send"))
    for _ in range(300):
        payload = sample_payload()
        spool.add(payload)
        spool.approve(payload.id, digests(payload), how="prompt")
    with Receiver() as receiver:
        ours = milliseconds(
            lambda: drain(
                spool,
                parse_dsn(receiver.dsn),
                lambda _question: SimpleNamespace(allowed=True, reason=""),
                network=Network(limits=Limits(bytes_per_second=1e9)),
                manners=Manners(try_zstd=False),
            )
        )
        client = sentry_sdk.Client(receiver.dsn, default_integrations=False)
        for number in range(60):
            client.capture_event(sample_event(f"{number:032x}"))
        theirs = milliseconds(lambda: client.close(timeout=30))
        assert len(receiver.stored) == 360
    print(f"send: {ours / 300:.1f} ms a report; sentry-sdk alone {theirs / 60:.1f} ms")


def main() -> None:
    """All three."""
    with tempfile.TemporaryDirectory() as folder:
        store(Path(folder))
        list_many(Path(folder))
        send(Path(folder))


if __name__ == "__main__":
    main()
