"""What differs between two reports: why, versions, calls, modules. Pure."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from crashwatch.frame_text import frame_place
from crashwatch.prompts.repeated import fingerprint
from reports.backtrace import UNKNOWN
from reports.joined_stack import joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reports.backtrace import Frame, Thread
    from reports.crash_report import CrashReport

    Modules = Mapping[str, str]
    """Module name to build id, hexadecimal."""


class FactDiff(msgspec.Struct, frozen=True):
    """A fact that differs; empty where a report does not have it."""

    what: str
    before: str
    after: str


class CallDiff(msgspec.Struct, frozen=True):
    """One call of a stack that differs.

    Attributes:
        mark: ``=`` in both, ``-`` only in the first, ``+`` only in the second, ``~``
            in both, from another line.
        was: Its place in the first report, for ``~``.
    """

    mark: Literal["=", "-", "+", "~"]
    function: str
    place: str
    was: str = ""


class StackDiff(msgspec.Struct, frozen=True):
    """A thread, or the exception, whose calls differ; innermost first."""

    name: str
    crashed: bool
    calls: tuple[CallDiff, ...]


class ModuleDiff(msgspec.Struct, frozen=True):
    """A module with another build id; None where it was not loaded."""

    name: str
    before: str | None
    after: str | None


class ReportDiff(msgspec.Struct, frozen=True):
    """What differs between two crash reports.

    Attributes:
        same_crash: Whether both have one fingerprint: the same end of the same program
            in the same innermost calls.
        stacks: Those that differ, the crashed thread first.
        same_stacks: How many threads have the same calls in both.
        modules: None where one of the two has no minidump, and so none to compare.
        same_modules: How many modules have one build id in both.
    """

    before: str
    after: str
    same_crash: bool
    facts: tuple[FactDiff, ...]
    stacks: tuple[StackDiff, ...]
    same_stacks: int
    modules: tuple[ModuleDiff, ...] | None = None
    same_modules: int = 0


def difference(
    before: CrashReport,
    after: CrashReport,
    modules: tuple[Modules | None, Modules | None] = (None, None),
) -> ReportDiff:
    """Compare two reports.

    Args:
        before: The first.
        after: The second.
        modules: Of each minidump; None where there is none.
    """
    pairs = list(_pairs(_stacks(before), _stacks(after)))
    differing = [_stack_diff(*pair) for pair in pairs if not _is_same(*pair)]
    loaded, same = _modules(*modules)
    return ReportDiff(
        before=before.id,
        after=after.id,
        same_crash=fingerprint(before) == fingerprint(after),
        facts=tuple(_facts(before, after)),
        stacks=tuple(sorted(differing, key=lambda each: not each.crashed)),
        same_stacks=len(pairs) - len(differing),
        modules=loaded,
        same_modules=same,
    )


def _facts(before: CrashReport, after: CrashReport) -> Iterator[FactDiff]:
    first, second = _facts_of(before), _facts_of(after)
    for what, was in first.items():
        if was != second[what]:
            yield FactDiff(what, was, second[what])


def _facts_of(report: CrashReport) -> dict[str, str]:
    reason, system, raised = report.reason, report.system, report.exception
    code = None if reason.exit_code is None else f"exit status {reason.exit_code}"
    why = (reason.kind.value, reason.signal, reason.signal_code, code)
    return {
        "program": report.program,
        "release": report.release,
        "reason": " ".join(filter(None, why)),
        "exception": f"{raised.type}: {raised.message}".rstrip(": ") if raised else "",
        "system": f"{system.system} {system.release} {system.machine}",
        "python": f"{system.implementation} {system.python}".strip(),
        "threads": str(report.process.thread_count or ""),
        "captured": report.capture.method,
        "sources": ", ".join(report.capture.sources),
    }


class _Stack(NamedTuple):
    """A thread's calls, or those of what was raised."""

    name: str
    crashed: bool
    frames: tuple[Frame, ...]

    @property
    def keys(self) -> list[tuple[str, str, str]]:
        return [_key(frame) for frame in self.frames]


def _stacks(report: CrashReport) -> list[_Stack]:
    found = [_stack(thread) for thread in report.threads]
    raised = report.exception
    if raised is not None:
        found.insert(0, _Stack(f"Exception {raised.type}", True, raised.frames))
    return found


def _stack(thread: Thread) -> _Stack:
    name = f"Thread {thread.name or '(name left out)'}"
    return _Stack(name, thread.crashed, joined(thread))


def _pairs(
    before: Sequence[_Stack], after: Sequence[_Stack]
) -> Iterator[tuple[_Stack | None, _Stack | None]]:
    """Which stack of one report stands for which of the other.

    What crashed belongs together; else equal calls under one name, then the name alone.
    """
    rest = list(after)
    left: list[_Stack] = []
    for stack in before:
        match = next((o for o in rest if _matches(stack, o)), None)
        if match is None:
            left.append(stack)
        else:
            rest.remove(match)
            yield stack, match
    for stack in left:
        named = next((o for o in rest if _is_alike(stack, o)), None)
        if named is not None:
            rest.remove(named)
        yield stack, named
    yield from ((None, stack) for stack in rest)


def _matches(one: _Stack, other: _Stack) -> bool:
    if one.crashed or other.crashed:
        return one.crashed == other.crashed
    return one.name == other.name and one.keys == other.keys


def _is_alike(one: _Stack, other: _Stack) -> bool:
    return one.name == other.name and one.crashed == other.crashed


def _is_same(one: _Stack | None, other: _Stack | None) -> bool:
    if one is None or other is None:
        return False
    return all(call.mark == "=" for call in _calls(one.frames, other.frames))


def _stack_diff(one: _Stack | None, other: _Stack | None) -> StackDiff:
    stack = other or one
    if stack is None:
        raise ValueError("a pair of nothing")
    calls = _calls(one.frames if one else (), other.frames if other else ())
    return StackDiff(stack.name, stack.crashed, tuple(calls))


def _calls(before: Sequence[Frame], after: Sequence[Frame]) -> Iterator[CallDiff]:
    keys = [_key(frame) for frame in before], [_key(frame) for frame in after]
    matcher = SequenceMatcher(None, *keys, autojunk=False)
    for _, start, end, start_after, end_after in matcher.get_opcodes():
        gone, new = before[start:end], after[start_after:end_after]
        if keys[0][start:end] == keys[1][start_after:end_after]:
            yield from map(_kept, gone, new)
            continue
        yield from (CallDiff("-", f.function, frame_place(f)) for f in gone)
        yield from (CallDiff("+", f.function, frame_place(f)) for f in new)


def _kept(was: Frame, now: Frame) -> CallDiff:
    place = frame_place(now)
    if _spot(was) == _spot(now):
        return CallDiff("=", now.function, place)
    return CallDiff("~", now.function, place, frame_place(was))


def _key(frame: Frame) -> tuple[str, str, str]:
    """What makes two calls the same one: the function, not the line in it."""
    return frame.function, frame.file, frame.module


def _spot(frame: Frame) -> int | None:
    """Where in it the call is. Offsets differ with each build of a library."""
    if frame.module:
        return frame.address if frame.function == UNKNOWN else None
    return frame.line


def _modules(
    before: Modules | None, after: Modules | None
) -> tuple[tuple[ModuleDiff, ...] | None, int]:
    if before is None or after is None:
        return None, 0
    names = sorted({*before, *after})
    differing = tuple(
        ModuleDiff(name, before.get(name), after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    )
    return differing, len(names) - len(differing)
