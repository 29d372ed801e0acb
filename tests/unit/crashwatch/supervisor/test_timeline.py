"""How often a program is looked at: enough for two seconds, and for two hours."""

import itertools
import os

import pytest

from crashwatch.supervisor.timeline import Timeline


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def looked_at_for(seconds):
    """A timeline that is looked at whenever it asks for it."""
    clock = Clock()
    timeline = Timeline(clock=clock)
    while clock.now < 100 + seconds:
        clock.now += timeline.look(os.getpid()) / 1000
    return timeline.samples()


def test_two_seconds_have_forty_samples():
    assert 38 <= len(looked_at_for(2)) <= 42


@pytest.mark.slow
@pytest.mark.parametrize("hours", [1, 2])
def test_hours_have_some_hundreds_over_the_whole_run(hours):
    samples = looked_at_for(3600 * hours)
    assert 200 <= len(samples) <= 512
    gaps = [b.seconds - a.seconds for a, b in itertools.pairwise(samples)]
    assert samples[0].seconds == 0
    assert max(gaps) <= 60


def test_a_look_at_the_crash_is_taken_whatever_the_time():
    clock = Clock()
    timeline = Timeline(clock=clock, started=99.0)
    timeline.look(os.getpid())
    clock.now += 0.001
    timeline.take(os.getpid())
    assert [sample.seconds for sample in timeline.samples()] == [1.0, 1.001]


def test_what_is_gone_has_no_sample():
    timeline = Timeline()
    timeline.take(2**22 + 1)
    assert timeline.samples() == ()


def test_children_are_counted():
    timeline = Timeline()
    pid = os.fork()
    if pid == 0:
        os.read(os.pipe()[0], 1)
        os._exit(0)
    try:
        timeline.take(os.getpid())
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)
    (sample,) = timeline.samples()
    assert sample.children >= 1
    assert sample.threads >= 1
    assert sample.resident_bytes > 1_000_000
