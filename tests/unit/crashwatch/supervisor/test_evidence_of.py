"""From how it ended to pieces of evidence: what is reported, and what is known."""

import resource
import signal
from dataclasses import replace

import pytest

from crashwatch.supervisor.evidence_of import Start, evidence_of
from crashwatch.supervisor.frozen_reading import FrozenFindings
from crashwatch.supervisor.held import HeldCrash
from crashwatch.supervisor.program import Kind, Program
from crashwatch.supervisor.watch import Ending
from reports.crash_report import Outcome, ProcessFacts
from reports.evidence import RawFrame, RawThread
from scrubbers import Identity
from tests.doubles.sample_snapshot import sample

START = Start(
    path="/usr/bin/python3",
    program=Program(Kind.PYTHON, "/srv/app/term.py"),
    folder="/srv/app",
    home="/home/mireille",
    release="1.2.3",
)
HELLO = [["hello", "3.11.7", "cpython", "/usr", "/usr/lib/python3.11"]]
TEXT = b"""Fatal Python error: Segmentation fault

Current thread 0x00007f0000000001 (most recent call first):
  File "/srv/app/term.py", line 3 in fall
"""


def ending(status=0, *messages, crash=None, out_of_memory=False):
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return Ending(
        status=status,
        usage=usage,
        crash=crash,
        messages=list(messages),
        out_of_memory=out_of_memory,
    )


def evidence(*arguments, **options):
    return evidence_of(ending(*arguments, **options), START, Identity())


def held(**changes):
    findings = FrozenFindings(
        process=ProcessFacts(status="stopped", uptime=3.0, thread_count=2),
        snapshot=sample(**changes),
        sources=["ptrace"],
        soft_errors=["py-spy is not installed"],
    )
    return HeldCrash(4242, text=TEXT, findings=findings, stopped_seconds=0.12345)


def raised(where, name="ValueError", line="3"):
    return [
        ["exception", where, "MainThread"],
        ["!", "builtins", name, "", ""],
        ["@", "/srv/app/term.py", line, "fall"],
    ]


@pytest.mark.parametrize("status", [0, 7 << 8, signal.SIGTERM, signal.SIGKILL])
def test_an_end_that_is_no_failure_gives_nothing(status):
    assert evidence(status, HELLO) == []


def test_a_kill_for_want_of_memory_gives_one():
    (found,) = evidence(signal.SIGKILL, out_of_memory=True)
    assert found.reason.kind is Outcome.OUT_OF_MEMORY


def test_a_signal_without_a_hold_tells_the_status_only():
    (found,) = evidence(signal.SIGSEGV)
    assert (found.reason.kind, found.reason.signal) == (Outcome.SIGNAL, "SIGSEGV")
    assert found.capture.method == "status"
    assert found.capture.sources == ("wait4",)
    assert found.picture is None
    assert found.threads == ()
    assert found.program == "/srv/app/term.py"
    assert found.process.peak_resident_bytes > 1 << 20


def test_a_held_crash_is_joined_with_its_end():
    (found,) = evidence(signal.SIGSEGV, HELLO, crash=held())
    assert found.picture is not None
    assert found.reason.signal_code == "SEGV_MAPERR"
    assert found.process.thread_count == 2
    assert found.process.peak_resident_bytes > 1 << 20
    assert found.system.implementation == "CPython"
    assert found.system.python == "3.11.7"
    assert found.roots.stdlib == ("/usr/lib/python3.11",)
    assert found.capture.method == "hold"
    assert found.capture.sources == ("wait4", "client", "ptrace", "faulthandler")
    assert "py-spy is not installed" in found.capture.soft_errors
    assert found.capture.seconds == 0.1235
    crashed = found.threads[0]
    assert crashed.crashed
    assert crashed.frames == (RawFrame("fall", "/srv/app/term.py", 3),)


def test_pyspys_stacks_are_preferred_to_the_text():
    crash = held()
    frames = (RawFrame("inner", "/srv/app/term.py", 9),)
    crash.findings.threads = (
        RawThread("Other", crashed=False, frames=(), tid=4243),
        RawThread("MainThread", crashed=False, frames=frames, tid=4242),
    )
    (found,) = evidence(signal.SIGSEGV, crash=crash)
    assert [(t.tid, t.crashed) for t in found.threads] == [(4242, True), (4243, False)]
    assert found.threads[0].frames == frames


def test_what_the_snapshot_could_not_read_is_told_with_and_without_its_signal():
    lines = ("signal frame: not found",)
    for changes in ({"soft_errors": lines}, {"soft_errors": lines, "signal": None}):
        (found,) = evidence(signal.SIGSEGV, crash=held(**changes))
        assert lines[0] in found.capture.soft_errors
        assert found.picture is not None


@pytest.mark.parametrize("number", [0, 33, 35, 77])
def test_a_signal_number_without_a_name_costs_no_report(number):
    """Where nothing tells the signal the frame's number is 0."""
    unnamed = replace(sample().signal, number=number)
    (found,) = evidence(signal.SIGSEGV, crash=held(signal=unnamed))
    assert found.reason.signal == "SIGSEGV"
    assert found.reason.signal_code is None
    assert found.picture is not None


def test_the_code_of_another_signal_than_the_one_that_killed_is_left_out():
    (found,) = evidence(signal.SIGABRT, crash=held())
    assert (found.reason.signal, found.reason.signal_code) == ("SIGABRT", None)


def test_a_reader_that_gave_nothing_leaves_the_text():
    (found,) = evidence(signal.SIGSEGV, crash=HeldCrash(4242, text=TEXT))
    assert found.picture is None
    assert found.threads[0].frames[0].function == "fall"


def test_exceptions_that_were_survived_come_before_the_end_each_place_once():
    messages = [raised("thread"), raised("thread"), raised("thread", line="4")]
    found = evidence(signal.SIGSEGV, *messages)
    kinds = [each.reason.kind for each in found]
    assert kinds == [Outcome.UNCAUGHT_THREAD] * 2 + [Outcome.SIGNAL]


def test_at_most_ten_exceptions_get_a_report():
    messages = [raised("handled", line=str(n)) for n in range(30)]
    assert len(evidence(0, *messages)) == 10


def test_an_exception_in_main_is_the_end():
    (found,) = evidence(1 << 8, raised("main", "KeyError"))
    assert found.reason.kind is Outcome.UNCAUGHT_MAIN
    assert found.exception is not None
    assert found.exception.name == "KeyError"


def test_a_greeting_that_is_too_short_is_none():
    (found,) = evidence(signal.SIGSEGV, [["hello", "3.11.7"]])
    assert found.capture.method == "status"
    assert found.system.python == ""
