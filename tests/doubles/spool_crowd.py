"""One of many processes that use the same spool at once, at random.

Run as ``python -m tests.doubles.spool_crowd HOME SEED STEPS``: writes ``add ID`` to
standard output for each report it stored, once it is stored.
"""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

from reports.errors import ReportNotFoundError, ReportStateError
from reports.home import open_home
from reports.lifecycle import State
from reports.spool.directory import Spool
from reports.spool.sweep import sweep
from tests.doubles.sample_payload import sample_payload


def main() -> None:
    """Do so."""
    home, seed, steps = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    dice = random.Random(seed)
    spool = Spool(open_home(home), patience=60)
    for _ in range(steps):
        action = dice.choice(["add", "add", "approve", "discard", "sweep", "list"])
        if action == "add":
            payload = sample_payload(padding="x" * dice.randrange(5000))
            spool.add(payload)
            os.write(1, f"add {payload.id}\n".encode())
        elif action == "sweep":
            sweep(spool)
        elif action == "list":
            spool.list_reports()
        else:
            meddle(spool, action, dice)


def meddle(spool: Spool, action: str, dice: random.Random) -> None:
    """Approve or discard somebody's report, who may do the same at this moment."""
    found = sorted(spool.walk(State.PENDING), key=lambda found: found.id)
    if not found:
        return
    report_id = dice.choice(found).id
    try:
        if action == "approve":
            stored = spool.read(report_id)
            agreed = {item.sha256 for item in stored.items}
            spool.approve(report_id, agreed, how="cli")
        else:
            spool.discard(report_id)
    except (ReportNotFoundError, ReportStateError):
        pass


if __name__ == "__main__":
    main()
