"""A home in which much happened: reports in every state, ninety days of counters.

Run as a program: ``python -m tests.doubles.busy_home HOME [REPORTS]`` fills a folder.
"""

from __future__ import annotations

import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from reports.compose import compose
from reports.consent.disclosure import terms_of
from reports.consent.record import Category, Given, Occasion
from reports.consent.record_file import grant
from reports.crash_report import Outcome, Reason
from reports.evidence import RawException
from reports.home import Home, open_home
from reports.sanitize import sanitize
from reports.spool.directory import Spool
from reports.spool.records import Withheld
from reports.usage.days import Days
from reports.usage.summary import Counted, DayCounts, OfCategory
from scrubbers import Identity
from tests.doubles.sample_evidence import in_app, sample_evidence
from tests.doubles.sample_payload import digests, sample_payload
from tests.doubles.sample_receipt import sample_receipt
from tests.doubles.sample_snapshot import sample

_METRICS = (
    ("usage", "tabs/opened", "counter", 30),
    ("usage", "sessions", "counter", 6),
    ("performance", "frame_time", "histogram", 400),
    ("performance", "startup_time", "histogram", 5),
    ("features", "search", "feature", 1),
    ("plugins", "plugin/git-status", "plugin", 1),
)


def fill_reports(home: Home, number: int, *, now: datetime | None = None) -> list[str]:
    """Store so many reports, an hour apart; answers their ids, oldest first."""
    moment = (now or datetime.now(UTC)) - timedelta(hours=number)
    spool = Spool(home, now=lambda: moment)
    ids = []
    for place in range(number):
        moment += timedelta(hours=1)
        created = f"{moment:%Y-%m-%dT%H:%M:%SZ}"
        payload = sample_payload(created=created, minidump=b"MDMP" + bytes(6000))
        spool.add(payload)
        ids.append(payload.id)
        if place % 5 in (1, 2):
            spool.approve(payload.id, digests(payload), how="prompt")
        if place % 5 == 2:
            spool.deliver(
                sample_receipt(
                    payload,
                    when=moment,
                    host="crashes.example.org",
                    encoding="zstd",
                    wire_bytes=1900 + len(payload.id),
                )
            )
        if place % 29 == 28:
            spool.discard(payload.id)
    spool.withhold(
        Withheld(id="c" * 32, category="crash", created=moment, rules=("login",))
    )
    return ids


def add_crash(home: Home, *, now: datetime | None = None) -> str:
    """One crash with everything: two stacks, a minidump, values that were removed."""
    evidence = sample_evidence(
        created=(now or datetime.now(UTC)).timestamp(),
        picture=sanitize(sample(), identity=Identity()),
    )
    payload = compose(evidence, identity=Identity())
    Spool(home).add(payload)
    return payload.id


def add_exception(home: Home) -> str:
    """One exception that ended the program."""
    raised = RawException(
        "builtins",
        "ValueError",
        frames=(in_app("on_resize", "window.py", 212), in_app("<module>")),
    )
    evidence = sample_evidence(
        created=datetime.now(UTC).timestamp(),
        reason=Reason(kind=Outcome.UNCAUGHT_MAIN),
        exception=raised,
        threads=(),
    )
    payload = compose(evidence, identity=Identity())
    Spool(home).add(payload)
    return payload.id


def fill_counters(home: Home, days: int = 90, *, allow: bool = True) -> None:
    """Count something on each of the last days, the same each time."""
    chance, today = random.Random(7), datetime.now(UTC).date()
    names = ("usage", "performance", "features", "plugins")
    if allow:
        now = datetime.now(UTC) - timedelta(days=days)
        occasion = Occasion(Given.CLI, now, terms_of(""), "0.1.0")
        wanted = [Category(name) for name in names]
        grant(home.consent_record, home.consent_log, wanted, occasion)
    home.make_folder(home.usage)
    for back in range(days):
        held = {name: [] for name in names}
        for category, name, kind, most in _METRICS:
            if chance.random() < 0.15:
                continue
            buckets = tuple(
                (bucket, chance.randint(1, most))
                for bucket in (range(8, 20) if kind == "histogram" else (0,))
            )
            held[category].append(Counted(name, kind, buckets))
        counts = DayCounts(
            day=today - timedelta(days=back),
            categories=tuple(
                OfCategory(name, 1, tuple(metrics))
                for name, metrics in sorted(held.items())
                if metrics
            ),
        )
        Days(home).write(counts)


def main() -> None:
    """Fill a home."""
    home = open_home(Path(sys.argv[1]))
    fill_counters(home)
    fill_reports(home, int(sys.argv[2]) if len(sys.argv) > 2 else 60)
    add_exception(home)
    print(add_crash(home))


if __name__ == "__main__":
    main()
