"""``timeline.json``: what a run used of the machine, as numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crashwatch.supervisor.timeline import Sample

SCHEMA_VERSION = 1


class TimelineSample(msgspec.Struct, frozen=True):
    """One look.

    Attributes:
        seconds: Since the start.
        cpu_seconds: Processor time so far, user and system.
        resident_bytes: Memory at this moment.
        threads, descriptors, children: How many at this moment.
    """

    seconds: float
    cpu_seconds: float
    resident_bytes: int
    threads: int
    descriptors: int
    children: int


class TimelineFile(msgspec.Struct, frozen=True):
    """The file.

    Attributes:
        samples: Oldest first, at most 512: the longer a run, the farther apart.
    """

    schema: int
    samples: tuple[TimelineSample, ...]


def timeline_json(samples: Sequence[Sample]) -> bytes:
    """The file's bytes."""
    rows = tuple(TimelineSample(*sample) for sample in samples)
    told = msgspec.json.encode(TimelineFile(SCHEMA_VERSION, rows))
    return msgspec.json.format(told, indent=1) + b"\n"
