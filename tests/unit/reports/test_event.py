"""The report in Sentry's words: order, numbers, one exception, declared keys only."""

from __future__ import annotations

import json

import msgspec
import pytest

from reports import known_names
from reports.compose import compose
from reports.crash_report import CrashReport, Outcome, Reason
from reports.event import event_of
from reports.evidence import RawException, RawFrame, RawNativeFrame, RawThread
from scrubbers import Identity
from tests.doubles.sample_evidence import APP, in_app, one_thread, sample_evidence

ID = "0123456789abcdef0123456789abcdef"
KEYS = {
    "event_id", "timestamp", "platform", "level", "exception", "tags", "contexts",
    "sdk", "release", "threads",
}  # fmt: skip
FRAME_KEYS = {
    "function", "filename", "in_app", "lineno", "package", "instruction_addr",
    "platform",
}  # fmt: skip


def event(**changes):
    payload = compose(sample_evidence(**changes), identity=Identity(), report_id=ID)
    report = msgspec.json.decode(payload.report_json, type=CrashReport)
    assert json.loads(payload.items[0].data) == event_of(report)
    return event_of(report)


def test_a_signal_is_one_exception_with_the_crashed_thread_s_stack():
    made = event()
    (exception,) = made["exception"]["values"]
    assert (exception["type"], exception["value"]) == ("SIGSEGV", "SEGV_MAPERR")
    names = [f["function"] for f in exception["stacktrace"]["frames"]]
    assert names == ["<module>", "crash", "string_at"]  # oldest first
    assert exception["thread_id"] == 0
    assert exception["mechanism"] == {"type": "crashwatch", "handled": False}
    crashed, other = made["threads"]["values"]
    assert crashed["stacktrace"] == exception["stacktrace"]
    assert (crashed["id"], crashed["crashed"], crashed["current"]) == (0, True, True)
    assert (other["id"], other["crashed"], other["current"]) == (1, False, False)
    assert made["level"] == "fatal"


def test_the_crashed_thread_is_found_wherever_it_stands():
    threads = (
        RawThread("MainThread", crashed=False, frames=(in_app("main"),)),
        RawThread("", crashed=True, frames=(in_app("work"),)),
    )
    (exception,) = event(threads=threads)["exception"]["values"]
    assert exception["thread_id"] == 1
    assert exception["stacktrace"]["frames"][0]["function"] == "work"


def test_a_crash_without_stacks_has_neither_threads_nor_trace():
    made = event(threads=())
    (exception,) = made["exception"]["values"]
    assert exception.keys() == {"type", "value", "mechanism"}
    assert "threads" not in made


def test_causes_come_first():
    inner = RawException("builtins", "KeyError", "", (in_app("look"),))
    outer = RawException("builtins", "ValueError", "", (in_app("load"),), inner)
    reason = Reason(kind=Outcome.UNCAUGHT_MAIN, exit_code=1)
    made = event(reason=reason, exception=outer, threads=())
    assert [e["type"] for e in made["exception"]["values"]] == [
        "KeyError",
        "ValueError",
    ]


@pytest.mark.parametrize("kind", list(Outcome))
def test_each_outcome_is_one_event(kind):
    signal = "SIGKILL" if kind in {Outcome.KILLED, Outcome.OUT_OF_MEMORY} else None
    made = event(reason=Reason(kind=kind, signal=signal), threads=())
    (exception,) = made["exception"]["values"]
    assert exception["type"] == (signal or kind.value)
    assert exception["mechanism"]["handled"] is (kind is Outcome.HANDLED)
    survives = {"uncaught_thread", "unraisable", "handled", "hang"}
    assert made["level"] == ("error" if kind.value in survives else "fatal")


def test_native_frames_have_package_and_address():
    frame = RawFrame("strlen", "", None, module="libc.so.6", address=0x1234)
    made = event(threads=one_thread(frame))
    (shown,) = made["threads"]["values"][0]["stacktrace"]["frames"]
    assert shown == {
        "function": "strlen",
        "filename": "<module>/libc.so.6",
        "in_app": False,
        "package": "libc.so.6",
        "platform": "native",
        "instruction_addr": "0x1234",
    }


def test_only_the_application_s_own_frames_are_in_app():
    frames = event()["threads"]["values"][0]["stacktrace"]["frames"]
    assert [f["in_app"] for f in frames] == [True, True, False]


def keys_of(value):
    if isinstance(value, dict):
        yield from value
        for inner in value.values():
            yield from keys_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner)


def test_no_key_that_is_not_declared():
    frame = RawFrame("f", "", 1, module="libc.so.6", address=1)
    raised = RawException("builtins", "KeyError", "", (in_app("look"),))
    made = event(threads=one_thread(frame, in_app("g")), exception=raised)
    assert made.keys() == KEYS
    for thread in made["threads"]["values"]:
        for shown in thread["stacktrace"]["frames"]:
            assert shown.keys() <= FRAME_KEYS
    own = set(known_names.OWN_TEXT.split())
    assert set(keys_of(made)) <= own
    report = compose(sample_evidence(exception=raised), identity=Identity())
    assert set(keys_of(json.loads(report.report_json))) <= own


def test_no_person_no_machine_s_name_no_message():
    text = json.dumps(event(program=f"{APP}/main.py"))
    for word in ("user", "server_name", "request", "message", "breadcrumbs", "extra"):
        assert f'"{word}"' not in text


def test_a_guessed_frame_has_no_key_that_strict_receivers_refuse():
    """Bugsink drops, after its 200, any event that Sentry's schema does not allow."""
    guessed = RawNativeFrame(
        "", "/usr/lib/libx.so", "/usr/lib/libx.so", 16, guessed=True
    )
    threads = (RawThread("MainThread", crashed=True, frames=(), native=(guessed,)),)
    (exception,) = event(threads=threads)["exception"]["values"]
    (frame,) = exception["stacktrace"]["frames"]
    assert frame.keys() <= FRAME_KEYS
