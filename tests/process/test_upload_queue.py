"""More than one uploader: who said ``--now`` waits for the one at work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reports.home import open_home
from reports.spool.directory import Spool
from reports.spool.lock import held
from tests.doubles.command_line import crashwatch_json, environment
from tests.doubles.local_receiver import Receiver
from tests.doubles.upload_bench import queue

pytestmark = pytest.mark.process

DEADLINE = 60.0


def has_open(pid: int, path: Path) -> bool:
    """Whether a process has opened a file."""
    opened = Path(f"/proc/{pid}/fd").iterdir()
    return any(os.path.realpath(one) == str(path) for one in opened)


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
