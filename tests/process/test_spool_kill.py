"""Kill the writer before each system call that changes something; look at the disk.

strace injects SIGKILL on entering the N-th call of a set. Between two calls of the set
nothing on the disk changes, so these are all the states a death can leave behind.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest

from reports.home import open_home
from reports.lifecycle import STORED, State
from reports.spool.amended import approve_amended
from reports.spool.directory import Spool
from reports.spool.sweep import sweep
from reports.upload.drain import Manners, drain
from reports.upload.dsn import parse_dsn
from reports.upload.wire import Limits, Network
from tests.doubles.local_receiver import Receiver
from tests.doubles.requirement import require
from tests.doubles.sample_payload import digests, sample_payload
from tests.doubles.spool_life import (
    GONE,
    KEPT,
    LIFE_STEPS,
    NOW,
    REFUSED,
    approve,
    payload_of,
)

pytestmark = [pytest.mark.process, pytest.mark.slow, pytest.mark.timeout(600)]

CHANGING = (
    "fallocate,mkdir,mkdirat,rename,renameat,renameat2,write,pwrite64,ftruncate,fsync,fdatasync,"
    "unlink,unlinkat,rmdir,chmod,fchmod,link,symlink"
)
NAMING = "mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,rmdir"
_CALL = re.compile(r"(\d+) +([a-z0-9_]+)\(")
TALKING = "connect,sendto,sendmsg,recvfrom,shutdown,close"
LIFE = ["-m", "tests.doubles.spool_life"]
SENDING = """
import sys
from pathlib import Path
from tests.process.test_spool_kill import drain_once
drain_once(Path(sys.argv[1]), sys.argv[2])
"""


# How far each step must have brought each report: (id, state) after the step.
AFTER = {
    "": {},
    "add": {KEPT: State.PENDING},
    "approve": {KEPT: State.QUEUED},
    "deliver": {KEPT: State.SENT},
    "add other": {KEPT: State.SENT, GONE: State.PENDING},
    "discard": {KEPT: State.SENT, GONE: State.DISCARDED},
    "withhold": {KEPT: State.SENT, GONE: State.DISCARDED, REFUSED: State.WITHHELD},
}


def drain_once(home, dsn):
    return drain(
        Spool(open_home(home)),
        parse_dsn(dsn),
        lambda _question: SimpleNamespace(allowed=True, reason=""),
        network=Network(limits=Limits(5, 5, 20, 1e9)),
        manners=Manners(fraction=lambda: 0.0, at_once=True, try_zstd=False),
    )


def run_killed(program, home, *arguments, calls, at=None):
    """Run under strace, killed at a call: (its name, its number among that name's).

    Returns what the program wrote, and the names of the calls it made, in order.
    """
    require(shutil.which("strace"), "strace is missing", "apt-get install strace")
    trace = home.with_suffix(".trace")
    injected = ["-e", f"inject={at[0]}:signal=KILL:when={at[1]}"] if at else []
    done = subprocess.run(
        [
            *("strace", "-f", "-qq", "-o", trace, "-e", f"trace={calls}", *injected),
            *(sys.executable, "-B", *program, home, *arguments),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode != 0) == (at is not None), (at, done.stderr)
    lines = [_CALL.match(line) for line in trace.read_text().splitlines()]
    return done.stdout.splitlines(), [
        match[2] for match in lines if match and match[1] == lines[0][1]
    ]


def every_call(names, since=0):
    """Each call from position ``since`` on as (name, number among that name's)."""
    for position in range(since, len(names)):
        name = names[position]
        yield name, names[: position + 1].count(name)


def states(spool):
    """Where each report is; finding one twice is an error."""
    found = {}
    for at in spool.walk():
        assert at.id not in found, f"{at.id} is in {found[at.id]} and {at.state}"
        found[at.id] = at.state
    for line in spool.ledger():
        assert line.id not in found, "counted as gone and still there"
        found[line.id] = State.DISCARDED
    return found


def check_whole(spool):
    """Every entry reads, holds its very bytes, and nothing else lies about."""
    for state in STORED:
        folder = spool.home.in_state(state)
        names = {path.name for path in folder.iterdir()} if folder.exists() else set()
        assert names <= {KEPT, GONE, REFUSED}
    for at in spool.walk():
        assert at.state is not State.QUARANTINE
        stored = spool.read(at.id)
        if at.state is not State.WITHHELD:
            payload = payload_of(at.id)
            assert stored.envelope == payload.envelope
            assert stored.report_json == payload.report_json
        assert (stored.receipt is not None) == (at.state is State.SENT)


def is_between(found, earlier, later):
    """Each report is where the last finished step or the broken one would have it."""
    for report_id in (KEPT, GONE, REFUSED):
        allowed = {earlier.get(report_id), later.get(report_id)}
        assert found.get(report_id) in allowed, (report_id, found, earlier, later)


def test_a_life_cut_short_anywhere_loses_nothing(tmp_path):
    names = [name for name, _ in LIFE_STEPS]
    done, calls = run_killed(LIFE, tmp_path / "whole", calls=CHANGING)
    assert done == names
    assert len(calls) > 40
    for number, at in enumerate(every_call(calls)):
        home = tmp_path / f"home{number}"
        done, _ = run_killed(LIFE, home, calls=CHANGING, at=at)
        spool = Spool(open_home(home), now=lambda: NOW, patience=1)
        sweep(spool)
        check_whole(spool)
        last = done[-1] if done else ""
        following = names[len(done)] if len(done) < len(names) else last
        is_between(states(spool), AFTER[last], AFTER[following])
        finish(spool)
        assert states(spool) == AFTER["withhold"]
        shutil.rmtree(home)
    print(f"killed at each of {len(calls)} calls: none lost, none twice, none half")


def finish(spool):
    """Do what the dead process could not, as the next one would."""
    found = states(spool)
    for name, step in LIFE_STEPS:
        done = AFTER[name]
        behind = any(_rank(found.get(i)) < _rank(state) for i, state in done.items())
        if behind:
            step(spool)
            found = states(spool)


def _rank(state):
    order = [None, State.PENDING, State.QUEUED, State.SENT]
    return order.index(state) if state in order else len(order)


AMENDING = """
import sys
from pathlib import Path
from tests.process.test_spool_kill import amend
amend(Path(sys.argv[1]))
"""


def amended():
    return sample_payload(KEPT, minidump=b"MDMP" * 100, padding=" and a comment")


def amend(home):
    approve_amended(Spool(open_home(home)), amended(), digests(amended()), how="prompt")


def test_an_amended_approval_killed_anywhere_is_made_or_not(tmp_path):
    def fresh(name):
        spool = Spool(open_home(tmp_path / name), now=lambda: NOW, patience=1)
        spool.add(payload_of(KEPT))
        return spool

    program, whole = ["-c", AMENDING], fresh("whole").home.root
    _, calls = run_killed(program, whole, calls=NAMING)
    assert len(calls) > 5
    seen = set()
    for number, at in enumerate(every_call(calls)):
        spool = fresh(f"home{number}")
        run_killed(program, spool.home.root, calls=NAMING, at=at)
        stored = spool.read(KEPT)  # whatever the sweep would make of it
        sweep(spool)
        (state,) = states(spool).values()
        assert spool.read(KEPT).envelope == stored.envelope
        queued = state is State.QUEUED
        assert stored.envelope == (amended() if queued else payload_of(KEPT)).envelope
        seen.add(state)
        shutil.rmtree(spool.home.root)
    assert seen == {State.PENDING, State.QUEUED}


def queued_home(path):
    spool = Spool(open_home(path))
    spool.add(payload_of(KEPT))
    approve(spool, KEPT)
    return spool


def test_an_uploader_killed_anywhere_loses_nothing_and_stores_once(tmp_path):
    talking = f"{CHANGING},{TALKING}"
    sending = ["-c", SENDING]
    with Receiver() as receiver:
        home = tmp_path / "whole"
        spool = queued_home(home)
        _, calls = run_killed(sending, home, receiver.dsn, calls=talking)
        assert spool.find(KEPT).state is State.SENT
    # What came before the first change is the import of modules: files are closed.
    since = calls.index("mkdir")
    assert 20 < len(calls) - since < 200
    for number, at in enumerate(every_call(calls, since)):
        with Receiver() as receiver:
            home = tmp_path / f"home{number}"
            spool = queued_home(home)
            run_killed(sending, home, receiver.dsn, calls=talking, at=at)
            found = spool.find(KEPT)
            assert found.state in (State.QUEUED, State.SENT)
            if found.state is State.SENT:
                assert receiver.stored[KEPT] == 1
            drain_once(home, receiver.dsn)
            check_delivered(spool, receiver)
        shutil.rmtree(home)
    print(f"uploader killed at each of {len(calls) - since} calls: one event stored")


def check_delivered(spool, receiver):
    stored = spool.read(KEPT)
    assert stored.summary.state is State.SENT
    assert set(receiver.stored) == {KEPT}
    agreed = payload_of(KEPT).envelope.split(b"\n", 1)[1]
    for request in receiver.requests:
        assert request.envelope.split(b"\n", 1)[1] == agreed
    check_whole(spool)
