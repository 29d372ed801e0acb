"""What differs between two reports, and that nothing else is said to."""

from __future__ import annotations

from datetime import timedelta

from crashwatch.cli.diff_text import diff_lines
from crashwatch.cli.report_diff import CallDiff, FactDiff, ModuleDiff, difference
from crashwatch.cli.screen import text_of
from reports.crash_report import (
    CaptureFacts,
    Outcome,
    ProcessFacts,
    RaisedException,
    Reason,
    SystemFacts,
)
from reports.lifecycle import State
from reports.spool.summary import Summary
from tests.doubles.sample_crash import NOON, call, native, sample_crash, thread


def marks(stack):
    return [(each.mark, each.function) for each in stack.calls]


def told(found):
    rows = [
        Summary(each * 32, State.PENDING, "crash", NOON, "pachyterm", None, 1)
        for each in "ab"
    ]
    return "\n".join(text_of(line) for line in diff_lines(found, *rows))


def test_a_report_does_not_differ_from_itself_at_another_time():
    later = sample_crash(1, created=NOON + timedelta(days=1))
    found = difference(sample_crash(), later, ({"a": "1"}, {"a": "1"}))
    assert found.same_crash
    assert (found.facts, found.stacks, found.modules) == ((), (), ())
    assert (found.same_stacks, found.same_modules) == (1, 1)
    text = told(found)
    assert "The same crash; nothing differs." in text
    assert "1 stack is the same in both." in text


def test_each_fact_that_can_differ_is_told():
    other = sample_crash(
        program="other",
        release="2.0",
        reason=Reason(Outcome.EXIT_NONZERO, exit_code=3),
        exception=RaisedException("builtins.KeyError", message="no such tab"),
        system=SystemFacts("Linux", "6.2", "aarch64", "CPython", "3.12.1"),
        process=ProcessFacts(thread_count=2),
        capture=CaptureFacts("trace", ("ptrace",)),
    )
    facts = difference(sample_crash(), other).facts
    assert facts == (
        FactDiff("program", "pachyterm", "other"),
        FactDiff("release", "", "2.0"),
        FactDiff("reason", "signal SIGSEGV SEGV_MAPERR", "exit_nonzero exit status 3"),
        FactDiff("exception", "", "builtins.KeyError: no such tab"),
        FactDiff("system", "Linux 6.1 x86_64", "Linux 6.2 aarch64"),
        FactDiff("python", "CPython 3.11.7", "CPython 3.12.1"),
        FactDiff("threads", "1", "2"),
        FactDiff("captured", "hold", "trace"),
        FactDiff("sources", "wait4", "ptrace"),
    )
    text = told(difference(sample_crash(), other))
    assert "release   - (none)" in text
    assert "+ 2.0" in text


def test_calls_are_aligned_by_function_and_a_moved_line_is_one_change():
    before = sample_crash(
        threads=(thread(call("draw", 7), call("loop", 9), call("run", 3)),)
    )
    after = sample_crash(
        threads=(thread(call("clip", 1), call("loop", 11), call("run", 3)),)
    )
    found = difference(before, after)
    assert not found.same_crash
    (stack,) = found.stacks
    assert marks(stack) == [("-", "draw"), ("+", "clip"), ("~", "loop"), ("=", "run")]
    assert stack.calls[2] == CallDiff(
        "~", "loop", "<app>/view.py:11", "<app>/view.py:9"
    )
    assert "~ loop                         <app>/view.py:9 -> <app>/view.py:11" in told(
        found
    )


def test_a_library_built_anew_moves_no_call_but_one_without_a_name():
    def built(address):
        frames = (
            native("strlen", address=address),
            native("<unknown>", "libffi.so.8", address),
        )
        return sample_crash(threads=(thread(*frames),))

    (stack,) = difference(built(0x1000), built(0x2000)).stacks
    assert marks(stack) == [("=", "strlen"), ("~", "<unknown>")]


def test_threads_are_paired_by_calls_whatever_their_order():
    first = thread(call("read", 5), name="pty", crashed=False)
    second = thread(call("blink", 5), name="pty", crashed=False)
    third = thread(call("save", 5), name="", crashed=False)
    main = thread(call("draw"))
    before = sample_crash(threads=(main, first, second))
    after = sample_crash(threads=(second, main, first, third))
    found = difference(before, after)
    assert found.same_stacks == 3
    (only,) = found.stacks
    assert (only.name, marks(only)) == ("Thread (name left out)", [("+", "save")])
    assert "+ Thread (name left out): 1 calls, in save <app>/view.py:5" in told(found)


def test_the_crashed_threads_belong_together_whatever_their_names():
    before = sample_crash(threads=(thread(call("draw"), name="MainThread"),))
    after = sample_crash(threads=(thread(call("read"), name="pty"),))
    (stack,) = difference(before, after).stacks
    assert stack.crashed
    assert marks(stack) == [("-", "draw"), ("+", "read")]


def test_exceptions_are_compared_as_stacks_are():
    def raised(line):
        return sample_crash(
            threads=(),
            exception=RaisedException("builtins.KeyError", frames=(call("get", line),)),
        )

    assert difference(raised(4), raised(4)).stacks == ()
    (stack,) = difference(raised(4), raised(5)).stacks
    assert stack.name == "Exception builtins.KeyError"
    assert marks(stack) == [("~", "get")]


def test_modules_that_came_went_or_were_built_anew():
    before = {"/usr/lib/libc.so.6": "aa", "/usr/lib/libz.so.1": "bb", "python": "cc"}
    after = {"/usr/lib/libc.so.6": "dd", "/opt/libx.so": "ee", "python": "cc"}
    found = difference(sample_crash(), sample_crash(), (before, after))
    assert found.modules == (
        ModuleDiff("/opt/libx.so", None, "ee"),
        ModuleDiff("/usr/lib/libc.so.6", "aa", "dd"),
        ModuleDiff("/usr/lib/libz.so.1", "bb", None),
    )
    assert found.same_modules == 1
    text = told(found)
    assert "  - libz.so.1\n  + libx.so\n  ~ libc.so.6\n      build id aa" in text
    assert "The same crash, by its innermost calls; and yet:" in text


def test_without_a_minidump_on_either_side_modules_are_not_compared():
    for modules in ((None, {}), ({}, None), (None, None)):
        found = difference(sample_crash(), sample_crash(), modules)
        assert found.modules is None
        assert "Modules are not compared" in told(found)


def test_many_equal_calls_in_a_row_are_counted():
    same = [call(f"f{n}") for n in range(12)]
    before = sample_crash(threads=(thread(call("a"), *same),))
    after = sample_crash(threads=(thread(call("b"), *same),))
    text = told(difference(before, after))
    assert "    12 calls the same" in text
    assert "f3" not in text


def test_no_line_is_wider_than_a_screen_for_short_names():
    modules = ({f"/usr/lib/lib{n}.so": "" for n in range(60)}, {})
    text = told(difference(sample_crash(), sample_crash(), modules))
    assert max(map(len, text.splitlines())) <= 80
