"""A report of a made-up crash, and what its program used until then."""

from __future__ import annotations

import math

import msgspec

from crashwatch.supervisor.timeline import Sample
from reports.compose import compose
from reports.crash_report import CrashReport
from scrubbers import as_identity
from tests.doubles.sample_evidence import sample_evidence


def sample_report(**changes: object) -> CrashReport:
    """It, through all walls; keyword arguments replace fields of the evidence."""
    payload = compose(sample_evidence(**changes), identity=as_identity({}))
    return msgspec.json.decode(payload.report_json, type=CrashReport)


def samples(number: int = 60, interval: float = 0.05) -> tuple[Sample, ...]:
    """It works by fits and starts, leaks, and opens files."""
    megabyte = 1_000_000
    return tuple(
        Sample(
            seconds=round(look * interval, 3),
            cpu_seconds=look * interval * 0.4 + 0.05 * math.sin(look / 4),
            resident_bytes=20 * megabyte + look * megabyte,
            threads=3 + look // 20,
            descriptors=8 + look % 7,
            children=int(look > 30),
        )
        for look in range(number)
    )
