"""The client's counters: at every moment the file holds what was counted so far."""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import hypothesis
import pytest
from hypothesis import strategies as st

from reports.usage.counter_layout import (
    fresh_file,
    parse_counter_file,
    places_of,
    size_of,
)
from tests.doubles.counted_terminal import FLAGS_MAGIC, GRANTS, allow
from tests.doubles.sample_registry import sample_registry

if TYPE_CHECKING:
    from types import ModuleType

INSIDE = "crashwatch.client.inside"
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
PLACES = places_of(sample_registry(), NOW.date())
HEAD = fresh_file(PLACES, b"r" * 32, bytes(16), sections=12)

names = st.sampled_from(["tabs/opened", "output/chunks"])
steps = st.one_of(
    st.tuples(st.just("count"), names, st.sampled_from([1, 1, 2, 255, 256, 10**6])),
    st.tuples(st.just("add"), names, st.integers(1, 300)),
    st.tuples(st.just("day"), st.none(), st.integers(0, 2)),
    st.tuples(st.just("grants"), st.none(), st.sampled_from([0, 101, 900])),
)


def fresh_client() -> ModuleType:
    """The module as a process has it that has counted nothing yet."""
    for name in [name for name in sys.modules if name.startswith(INSIDE)]:
        del sys.modules[name]
    from crashwatch.client.inside import counting

    return counting


def mapped(content: bytes) -> tuple[int, tuple[int, int]]:
    """A file in memory: a descriptor for us, another and the inode for the client."""
    ours = os.memfd_create("mapped")
    os.pwrite(ours, content, 0)
    return ours, (os.dup(ours), os.fstat(ours).st_ino)


@pytest.fixture
def inside_kept():
    """What others have imported of the client stays theirs."""
    before = {n: m for n, m in sys.modules.items() if n.startswith(INSIDE)}
    yield
    for name in [name for name in sys.modules if name.startswith(INSIDE)]:
        del sys.modules[name]
    sys.modules.update(before)


@hypothesis.given(st.lists(steps, max_size=30))
@hypothesis.settings(
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
def test_after_each_call_the_file_holds_it(inside_kept, history):
    import mmap

    flags, for_flags = mapped(FLAGS_MAGIC.ljust(4096, b"\0"))
    file, for_file = mapped(HEAD.ljust(size_of(HEAD), b"\0"))
    page = mmap.mmap(flags, 4096)
    allow(page, GRANTS)
    client = fresh_client()
    client.start(for_flags, for_file)
    today, granted = 0, True
    expected = {"tabs/opened": 0, "output/chunks": 0}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: NOW.timestamp() + today * 86_400)
        for what, name, number in history:
            if what == "day":
                today = number
                client.look_at_the_day()
            elif what == "grants":
                granted = number > 0
                allow(page, {"usage": number} if number else {})
            else:
                calls = number if what == "add" else 1
                for _ in range(calls):
                    if what == "add":
                        client.counter(name)()
                    else:
                        client.count(name, number)
                expected[name] += number * granted
            held = parse_counter_file(os.pread(file, size_of(HEAD), 0))
            told = dict.fromkeys(expected, 0)
            for section in held.sections:
                for each, buckets in section.counts.items():
                    told[each] += buckets[0]
            assert told == expected
    client.stop()
    page.close()
    for descriptor in (flags, file):
        os.close(descriptor)
