"""One pass of the uploader in a process of its own: to be killed, or without a network.

Run as a program: ``python -m tests.doubles.other_uploader HOME DSN NOW FORBIDDEN``; it
writes why each report was kept, by id, as JSON.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

from reports.home import open_home
from reports.spool.directory import Spool
from reports.upload.clock import Clock
from reports.upload.drain import Manners, drain
from reports.upload.dsn import parse_dsn
from reports.upload.wire import Network
from tests.doubles.fault_bench import FRACTION, QUICK


def main() -> None:
    """Send what may be sent."""
    home, dsn, seconds, forbidden = sys.argv[1:]
    now = datetime.fromtimestamp(float(seconds), UTC)
    result = drain(
        Spool(open_home(Path(home)), now=lambda: now),
        parse_dsn(dsn),
        lambda question: SimpleNamespace(allowed=question.id != forbidden, reason="no"),
        network=Network(limits=QUICK),
        clock=Clock(now=lambda: now),
        manners=Manners(fraction=lambda: FRACTION, try_zstd=False),
    )
    print(json.dumps({held.id: held.why for held in result.kept}))


if __name__ == "__main__":
    main()
