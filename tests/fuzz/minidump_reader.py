"""Fuzz target: the minidump reader on any bytes."""

from __future__ import annotations

import contextlib
import time

from reports.errors import MinidumpError
from reports.minidump import Minidump
from reports.minidump.describe import inspect_minidump, to_json
from reports.minidump.ingest import snapshot_from
from reports.minidump.tables import sections
from reports.minidump.verify import STREAMS

_SECONDS_PER_MEGABYTE = 1.0


def TARGET(data: bytes) -> None:  # noqa: N802 - the name every fuzz target has
    """A value or MinidumpError, within 1 s and 64 MB for each MB of input."""
    begun = time.process_time()
    with contextlib.suppress(MinidumpError):
        _read_everything(Minidump(data))
    allowed = _SECONDS_PER_MEGABYTE * max(1.0, len(data) / (1 << 20))
    assert time.process_time() - begun < allowed


def _read_everything(dump: Minidump) -> None:
    for attribute in STREAMS:
        with contextlib.suppress(MinidumpError):
            getattr(dump, attribute)
    inspection = inspect_minidump(dump)
    assert to_json(inspection)
    assert sections(inspection)
    snapshot_from(dump)
