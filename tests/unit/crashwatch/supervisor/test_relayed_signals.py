"""As PID 1: whatever lies dead among our own children, orphans are collected."""

import os
from pathlib import Path

from crashwatch.supervisor.relayed_signals import _reap_orphans


def _dead_child() -> int:
    """A child that has ended and was not waited for."""
    pid = os.fork()
    if pid == 0:
        os._exit(3)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    return pid


def test_an_orphan_behind_a_child_of_ours_is_collected() -> None:
    ours, orphans = [_dead_child()], [_dead_child(), _dead_child()]
    ours.append(_dead_child())
    _reap_orphans(set(ours))
    assert not [pid for pid in orphans if Path(f"/proc/{pid}").exists()]
    assert [os.waitpid(pid, 0)[0] for pid in ours] == ours


def test_one_that_runs_is_left_alone() -> None:
    ends, held = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(held)
        os.read(ends, 1)
        os._exit(4)
    os.close(ends)
    ours = _dead_child()
    _reap_orphans({ours})
    os.close(held)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 4
    os.waitpid(ours, 0)
