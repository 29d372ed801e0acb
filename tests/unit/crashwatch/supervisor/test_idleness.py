"""Nothing uses a processor for so long: told once for each standstill."""

from types import SimpleNamespace

from crashwatch.supervisor.idleness import Idleness

WATCH = SimpleNamespace(terminal=SimpleNamespace(pid=1, page=-1))


class Scene:
    """A clock that moves as the visitor asks, and a program that uses what is told."""

    def __init__(self, seconds=4.0):
        self.now = 50.0
        self.used = 0.0
        self.told = []
        self.idleness = Idleness(
            seconds,
            lambda _watch: self.told.append(self.now - 50),
            clock=lambda: self.now,
            used=lambda _pid: self.used,
        )

    def pass_time(self, seconds, part=0.0):
        """Let time pass in which ``part`` of a processor is used."""
        until = self.now + seconds
        while self.now < until:
            step = self.idleness(WATCH) / 1000
            self.now += step
            if self.used is not None:
                self.used += step * part
        return self.told


def test_one_that_works_is_never_told():
    assert Scene().pass_time(60, part=0.5) == []


def test_one_that_does_nothing_is_told_once():
    (when,) = Scene().pass_time(60)
    assert 4 <= when <= 5


def test_one_that_only_looks_at_the_clock_does_nothing():
    assert len(Scene().pass_time(60, part=0.005)) == 1


def test_each_standstill_is_told():
    scene = Scene()
    scene.pass_time(10)
    scene.pass_time(10, part=1.0)
    assert len(scene.pass_time(10)) == 2


def test_one_whose_use_is_unknown_is_not_told():
    scene = Scene()
    scene.used = None
    assert scene.pass_time(60) == []
