"""The life of three reports, step by step, for a process that is killed on the way.

Run as a program: ``python -m tests.doubles.spool_life HOME`` takes all steps and
writes the name of each to standard output once it is done.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from reports.home import open_home
from reports.spool.directory import Spool
from reports.spool.records import Withheld
from tests.doubles.sample_payload import digests, sample_payload
from tests.doubles.sample_receipt import sample_receipt

KEPT, GONE, REFUSED = ("a" * 32, "b" * 32, "c" * 32)
NOW = datetime(2026, 3, 5, tzinfo=UTC)


def payload_of(report_id):
    return sample_payload(report_id, minidump=b"MDMP" * 100)


def approve(spool, report_id):
    spool.approve(report_id, digests(payload_of(report_id)), how="prompt")


LIFE_STEPS = [
    ("add", lambda spool: spool.add(payload_of(KEPT))),
    ("approve", lambda spool: approve(spool, KEPT)),
    ("deliver", lambda spool: spool.deliver(sample_receipt(payload_of(KEPT)))),
    ("add other", lambda spool: spool.add(payload_of(GONE))),
    ("discard", lambda spool: spool.discard(GONE)),
    (
        "withhold",
        lambda spool: spool.withhold(
            Withheld(id=REFUSED, category="crash", created=NOW, rules=("login",))
        ),
    ),
]


def main() -> None:
    """Live."""
    spool = Spool(open_home(Path(sys.argv[1])))
    for name, step in LIFE_STEPS:
        step(spool)
        os.write(1, name.encode() + b"\n")


if __name__ == "__main__":
    main()
