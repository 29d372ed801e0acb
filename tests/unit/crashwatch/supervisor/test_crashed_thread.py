"""Which of py-spy's threads crashed: by number, else by its stack."""

from dataclasses import replace

from crashwatch.supervisor.crashed_thread import crashed_first
from reports.evidence import RawFrame, RawThread


def thread(name: str, *functions: str, tid: int | None = None) -> RawThread:
    frames = [RawFrame(f, f"/somewhere/{f}.py", n) for n, f in enumerate(functions)]
    return RawThread(name=name, crashed=False, frames=tuple(frames), tid=tid)


MAIN = thread("", "poll", "main", tid=10)
READER = thread("reader", "read", "run", tid=11)
WRITTEN = replace(thread("", "read", "run"), crashed=True)


def unnumbered(*threads: RawThread) -> list[RawThread]:
    return [replace(thread, tid=None) for thread in threads]


def test_by_its_number() -> None:
    first, second = crashed_first([MAIN, READER], [], 11, is_main=False)
    assert first == replace(READER, crashed=True)
    assert second == MAIN


def test_by_its_stack_where_nobody_has_a_number() -> None:
    threads = unnumbered(MAIN, READER)
    first, second = crashed_first(threads, [WRITTEN], 11, is_main=False)
    assert (first.name, first.crashed) == ("reader", True)
    assert (second.name, second.crashed) == ("", False)


def test_a_numbered_thread_is_never_told_by_its_stack() -> None:
    threads = crashed_first([MAIN, READER], [WRITTEN], 12, is_main=False)
    assert threads == (MAIN, READER)


def test_no_stack_alike_marks_nobody() -> None:
    threads = unnumbered(MAIN)
    assert crashed_first(threads, [WRITTEN], 11, is_main=True) == tuple(threads)


def test_without_py_spy_what_was_written_stands() -> None:
    other = thread("", "poll")
    assert crashed_first([], [other, WRITTEN], 11, is_main=True) == (WRITTEN, other)
    assert crashed_first([], [], 11, is_main=True) == ()


def test_the_first_thread_is_named_where_it_has_no_name() -> None:
    (only,) = crashed_first([MAIN], [], 10, is_main=True)
    assert only.name == "MainThread"
