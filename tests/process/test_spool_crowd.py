"""Many processes at once in one spool, some killed on the way: the sums add up."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest

from reports.home import open_home
from reports.lifecycle import State
from reports.spool.directory import Spool
from reports.spool.fates import take_fates
from reports.spool.sweep import Swept, sweep

pytestmark = [pytest.mark.process, pytest.mark.slow]


@pytest.fixture
def crowd():
    """Starts processes; whatever happens, none is left."""
    started = []

    def start(home, seeds, steps):
        started.extend(begin(home, seeds, steps))
        return started

    yield start
    for member in started:
        member.kill()
        member.communicate(timeout=60)


def begin(home, seeds, steps):
    return [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.doubles.spool_crowd"),
                *(str(home), str(seed), str(steps)),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for seed in seeds
    ]


def check(spool, added):
    where = Counter(found.id for found in spool.walk())
    where.update(line.id for line in spool.ledger())
    assert set(where.values()) <= {1}, "a report is in two places"
    assert added <= set(where), "a report is lost"
    for found in spool.walk():
        assert found.state in (State.PENDING, State.QUEUED)
        spool.read(found.id)
    assert take_fates(spool).captured == len(where)


def test_a_crowd_loses_nothing_and_breaks_nothing(tmp_path, crowd):
    members = crowd(tmp_path / "home", range(6), 60)
    added = set()
    for member in members:
        out, err = member.communicate(timeout=200)
        assert member.returncode == 0, err.decode()
        added |= {line.split()[1].decode() for line in out.splitlines()}
    spool = Spool(open_home(tmp_path / "home"))
    assert len(added) > 60
    assert sweep(spool) == Swept()
    check(spool, added)
    assert take_fates(spool).captured == len(added)


def test_a_crowd_of_which_some_die(tmp_path, crowd):
    members = crowd(tmp_path / "home", range(10, 16), 400)
    added = set()
    for number, member in enumerate(members):
        # The first lines say that it is in the midst of it; then it dies.
        for _ in range(5 + number):
            added.add(member.stdout.readline().split()[1].decode())
        member.kill()
        out, err = member.communicate(timeout=200)
        assert member.returncode == -9, err.decode()
        added |= {line.split()[1].decode() for line in out.splitlines()}
    spool = Spool(open_home(tmp_path / "home"))
    sweep(spool)
    assert sweep(spool) == Swept()
    check(spool, added)
