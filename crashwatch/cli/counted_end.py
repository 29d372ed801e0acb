"""What the supervisor itself counts when a terminal has ended, and who gathers it."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from crashwatch.cli.declared import load_registry
from reports.consent.flags_page import COUNTED, read_flags
from reports.usage.counter_file import keep_ending, this_boot
from reports.usage.counter_layout import (
    BUCKETS,
    Section,
    fresh_file,
    one_section,
    places_of,
)
from reports.usage.registry import Kind
from reports.usage.summary import number_of

if TYPE_CHECKING:
    from crashwatch.cli.session import Session
    from reports.usage.counter_layout import Place


class RunFacts(NamedTuple):
    """How a run went.

    Attributes:
        seconds: How long it lasted.
        start_up_ms: Milliseconds from its start to ``ready()``; None: it never said.
        peak_kib: The most memory it had, in KiB.
        cpu_ms: Processor time, in milliseconds.
        hangs: How often it stood still for a whole time-out.
    """

    seconds: float
    start_up_ms: int | None
    peak_kib: int
    cpu_ms: int
    hangs: int = 0

    def values(self) -> dict[str, int]:
        """By the names that a registry may declare; what it does not is left out."""
        told = {
            "terminal/starts": 1,
            "terminal/minutes": round(self.seconds / 60),
            "peak_memory": self.peak_kib,
            "cpu_time": self.cpu_ms,
            "hangs": self.hangs,
        }
        if self.start_up_ms is not None:
            told["start_up_time"] = self.start_up_ms
        return told


def note_ending(session: Session, facts: RunFacts) -> bool:
    """Count how a run went, where that is allowed at this moment.

    Returns:
        Whether anything was counted.

    Raises:
        ReportsError, OSError: It could not be kept.
    """
    page = read_flags(session.home.flags)
    if page is None or not page.grants:
        return False
    registry = load_registry(session.configuration)
    today = datetime.now(UTC).date()
    places = places_of(registry, today)
    grants = tuple(page.grants.get(category, 0) for category in COUNTED)
    counts = _counts(facts, places, set(page.grants))
    if not counts:
        return False
    head = fresh_file(places, registry.sha256, this_boot(), sections=1)
    section = Section(number_of(today), grants, counts)
    keep_ending(session.home, one_section(head, section, places))
    return True


def _counts(
    facts: RunFacts, places: tuple[Place, ...], allowed: set[object]
) -> dict[str, dict[int, int]]:
    found: dict[str, dict[int, int]] = {}
    by_name = {place.name: place for place in places}
    for name, value in facts.values().items():
        place = by_name.get(name)
        if place is None or place.category not in allowed:
            continue
        if place.kind is Kind.HISTOGRAM:
            found[name] = {bucket_of(value): 1}
        elif place.kind is Kind.COUNTER and value > 0:
            found[name] = {0: value}
    return found


def bucket_of(value: int) -> int:
    """A value's bucket, as the client computes it (a test compares)."""
    if value < 4:
        return max(value, 0)
    bits = value.bit_length()
    return min(2 * bits - 2 + (value >> (bits - 2) & 1), BUCKETS - 1)


def start_gathering() -> None:
    """Start a process that merges the counts, and do not wait for it.

    With an endpoint it also makes the reports of finished days and sends them.
    """
    subprocess.Popen(
        [sys.executable, "-m", "crashwatch", "upload", "--quiet"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
