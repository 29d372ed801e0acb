"""More than one uploader: who said ``--now`` waits for the one at work."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reports.deletion_request import DeletionRequest
from reports.home import open_home
from reports.spool.directory import Spool
from reports.spool.lock import held
from reports.upload.requests import keep_request
from tests.doubles.command_line import crashwatch_json, environment
from tests.doubles.local_receiver import Receiver
from tests.doubles.sample_payload import sample_payload
from tests.doubles.upload_bench import queue

pytestmark = pytest.mark.process

DEADLINE = 60.0


def has_open(pid: int, path: Path) -> bool:
    """Whether a process has opened a file."""
    for one in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed while we look
            if str(one.readlink()) == str(path):
                return True
    return False


def wait_until_it_stands_in_line(process: subprocess.Popen[bytes], lock: Path) -> None:
    """Until it has opened the lock that we hold."""
    deadline = time.monotonic() + DEADLINE
    while not has_open(process.pid, lock):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        os.sched_yield()


def test_now_waits_for_the_uploader_at_work_and_then_looks_again(crashwatch_home):
    home = open_home(crashwatch_home)
    lock = home.make_folder(home.upload) / "lock"
    with Receiver() as receiver:
        first = queue(Spool(home))
        with held(lock, patience=0) as mine:
            assert mine
            assert crashwatch_json("upload", CRASHWATCH_DSN=receiver.dsn)["busy"]
            asked = subprocess.Popen(
                [sys.executable, "-m", "crashwatch", "upload", "--now", "--json"],
                env=environment(CRASHWATCH_DSN=receiver.dsn),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            wait_until_it_stands_in_line(asked, lock)
            second = queue(Spool(home))
        out, err = asked.communicate(timeout=DEADLINE)
    assert (asked.returncode, err) == (0, b"")
    assert set(json.loads(out)["sent"]) == {first.id, second.id} == set(receiver.stored)


def test_one_connection_deletion_first_then_crashes_then_the_rest(crashwatch_home):
    home = open_home(crashwatch_home)
    spool = Spool(home)
    counted = queue(spool, sample_payload(category="usage"))
    crash = queue(spool)
    now = datetime.now(UTC)
    asked = DeletionRequest("d" * 32, now.date(), event_ids=("e" * 32,))
    keep_request(home, asked, "", now)
    with Receiver() as receiver:
        told = crashwatch_json("upload", "--now", CRASHWATCH_DSN=receiver.dsn)
    went = [request.event_id for request in receiver.requests]
    assert went == [asked.id, crash.id, counted.id]
    assert receiver.connections == 1
    assert (told["requests_taken"], told["sent"]) == ([asked.id], went[1:])
    sizes = [len(request.body) for request in receiver.requests]
    assert sum(sizes[1:]) < told["wire_bytes"] < sum(sizes[1:]) + 1200
