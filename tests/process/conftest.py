"""What more than one of these has need of."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from reports.home import open_home
from reports.usage.counter_file import make_counter_file
from reports.usage.counter_layout import parse_counter_file, places_of
from tests.doubles.counted_terminal import IMPORT, shared_pages, start_armed
from tests.doubles.free_threaded_python import free_threaded_python
from tests.doubles.other_pythons import VERSIONS, other_python
from tests.doubles.sample_registry import sample_registry

SECONDS = 60


@pytest.fixture(params=[*VERSIONS, "3.13t"])
def any_python(request: pytest.FixtureRequest):
    """The path of each Python a terminal may run on, with a global lock or without."""
    free = request.param == "3.13t"
    return free_threaded_python() if free else other_python(request.param).executable


@pytest.fixture
def counter(tmp_path, monkeypatch):
    """A terminal with a counter file; ``run`` gives its output and what was counted."""
    home = open_home(tmp_path / "home")
    registry = sample_registry()
    today = datetime.now(UTC).date()
    made = make_counter_file(home, places_of(registry, today), registry.sha256)
    with shared_pages(made.descriptor) as pages:

        def sections():
            return parse_counter_file(os.pread(made.descriptor, 1 << 22, 0)).sections

        def counts():
            sums = {}
            for section in sections():
                for name, buckets in section.counts.items():
                    held = sums.setdefault(name, {})
                    for bucket, count in buckets.items():
                        held[bucket] = held.get(bucket, 0) + count
            return sums

        def run(code, *, python=None, **options):
            python = {"python": str(python)} if python else {}
            process = start_armed(pages, ["-c", IMPORT + code], **python, **options)
            out, errors = process.communicate(timeout=SECONDS)
            assert not errors, errors.decode()
            assert process.returncode == 0
            return out.decode().split()

        yield SimpleNamespace(pages=pages, run=run, counts=counts, sections=sections)
    os.close(made.descriptor)
