"""An outage and a bad release, seen by the receiving side, in units of the usual load.

python tests/benchmarks/scaling.py [--plots DIR]

The pictures in docs/scaling/ are its output (matplotlib is in the bench extra).
"""

from __future__ import annotations

import argparse
import statistics
import sys
from datetime import timedelta
from pathlib import Path
from typing import Final

from tests.doubles.terminal_fleet import DAY, HOUR, Fleet, Log, Server

SAMPLE: Final = 100_000
OUTAGE: Final = (DAY + 9 * HOUR, DAY + 15 * HOUR)
BATCH_BYTES: Final = 2_600
"""On the wire: four categories of one day, measured (docs/scaling.md)."""


def doubling(failures: int, fraction: float) -> timedelta:
    """The usual ladder, for comparison: a minute, doubled up to six hours."""
    return timedelta(
        seconds=min(6 * HOUR, 60 * 2.0 ** min(failures - 1, 32)) * fraction
    )


def outage_row(name: str, size: int, fleet: Fleet) -> Log:
    """Simulate six hours without a server; print what it saw afterwards."""
    log = fleet.daily(Server(down=OUTAGE), days=4)
    usual = fleet.size / DAY
    scale = size / fleet.size
    width = 300 if fleet.size >= SAMPLE else 900
    after = log.peak(OUTAGE[1], 4 * DAY, width) / usual
    during = log.peak(*OUTAGE, width) / usual
    late = [(moment, age) for moment, age in log.delivered if age > 60]
    drained = (max(moment for moment, _ in late) - OUTAGE[1]) / HOUR
    median = statistics.median(age for _, age in late) / HOUR
    queued = log.most_waiting * scale
    print(
        f"{name:22} {size:>11,} {usual * scale:>10.1f} {during:>8.1f} {after:>7.2f}"
        f" {median:>8.1f} {drained:>9.1f} {queued:>12,.0f}"
        f" {queued * BATCH_BYTES / 2**20:>10,.1f} {log.waiting:>6}"
    )
    return log


def outages() -> dict[str, Log]:
    """From ten thousand terminals to a hundred million, and two other ladders."""
    print("Six hours without a server (terminals above 10^5 by a sample of 10^5)")
    print(
        f"{'backoff':22} {'terminals':>11} {'usual/s':>10} {'during':>8} {'after':>7}"
        f" {'median h':>8} {'drained h':>9} {'most queued':>12} {'MiB':>10} {'lost':>6}"
    )
    logs = {}
    for power in range(4, 9):
        size = 10**power
        fleet = Fleet(min(size, SAMPLE), seed=20261122 + power)
        logs["ours"] = outage_row("an hour, then a day", size, fleet)
    name = "a minute, doubled to 6 h"
    logs["doubling"] = outage_row(name[:22], SAMPLE, Fleet(SAMPLE, delay=doubling))
    return logs


def bad_release() -> dict[str, Log]:
    """Every terminal crashes within an hour; some of their people agree to send."""
    print("\nA release that crashes every terminal within an hour")
    print(
        f"{'send it':>8} {'server takes':>13} {'first hour':>11} {'later':>7}"
        f" {'requests each':>14} {'median h':>9} {'drained h':>10} {'lost':>5}"
    )
    logs = {}
    usual = SAMPLE / DAY
    for share in (0.01, 0.1, 0.3, 1.0):
        for limit in (float("inf"), 3.0):
            fleet = Fleet(int(SAMPLE * share))
            log = fleet.crash_within(Server(a_minute=limit * usual * 60), HOUR, 72)
            ages = [age for _, age in log.delivered]
            took = "everything" if limit == float("inf") else f"{limit:.0f} x usual"
            print(
                f"{share:>8.0%} {took:>13} {log.peak(0, HOUR, 300) / usual:>11.1f}"
                f" {log.peak(HOUR, 72 * HOUR, 300) / usual:>7.2f}"
                f" {len(log.requests) / fleet.size:>14.2f}"
                f" {statistics.median(ages) / HOUR:>9.2f}"
                f" {max(moment for moment, _ in log.delivered) / HOUR:>10.1f}"
                f" {log.waiting:>5}"
            )
            logs[f"{share:.0%}, {took}"] = log
    return logs


def draw(folder: Path, name: str, title: str, logs: dict[str, Log], end: float) -> None:
    """One picture: requests against time, in units of the usual load."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "crashwatch"
    mpl.rcParams["svg.fonttype"] = "none"
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 3.2), layout="constrained")
    width = 600.0
    for (label, log), style in zip(logs.items(), ("-", "--", ":"), strict=False):
        counts = [0] * int(end // width)
        for moment in log.requests:
            if moment < end:
                counts[int(moment // width)] += 1
        usual = SAMPLE / DAY * width
        hours = [place * width / HOUR for place in range(len(counts))]
        axes.step(hours, [c / usual for c in counts], style, label=label, where="post")
    axes.set(title=title, xlabel="hours", ylabel="requests / usual", ylim=(0, None))
    axes.axhline(1, color="grey", linewidth=0.6)
    axes.axhline(3, color="grey", linewidth=0.6, linestyle=":")
    axes.set_xlim(0, end / HOUR)
    axes.legend(frameon=False)
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
    plt.close(figure)


def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plots", type=Path, help="folder for the pictures")
    asked = parser.parse_args()
    after_outage = outages()
    release = bad_release()
    if asked.plots is None:
        return
    draw(
        asked.plots,
        "outage",
        "Six hours without a server, from hour 33 to hour 39",
        {
            "ours: an hour, then a day": after_outage["ours"],
            "for comparison: a minute, doubled to six hours": after_outage["doubling"],
        },
        4 * DAY,
    )
    draw(
        asked.plots,
        "bad-release",
        "Everybody crashes within an hour, 30 % agree to send",
        {
            "the server takes everything": release["30%, everything"],
            "it takes three times the usual load": release["30%, 3 x usual"],
        },
        30 * HOUR,
    )


if __name__ == "__main__":
    sys.exit(main())
