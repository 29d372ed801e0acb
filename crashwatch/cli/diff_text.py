"""What differs between two reports, in lines for a person. Pure."""

from __future__ import annotations

import textwrap
from itertools import groupby
from typing import TYPE_CHECKING

from crashwatch.cli.screen import Span, Tint, line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crashwatch.cli.report_diff import (
        CallDiff,
        FactDiff,
        ModuleDiff,
        ReportDiff,
        StackDiff,
    )
    from crashwatch.cli.screen import Line
    from reports.spool.summary import Summary

_TINTS = {"-": Tint.GONE, "+": Tint.NEW, "~": Tint.OWN, "=": Tint.FAINT}
_WIDTH = 78
_CONTEXT = 2
"""Calls that stay the same are told up to so many in a row; more are counted."""


def diff_lines(found: ReportDiff, before: Summary, after: Summary) -> Iterator[Line]:
    """Everything that differs, and what does not in a word."""
    yield (Span("- ", Tint.GONE), *_head(before))
    yield (Span("+ ", Tint.NEW), *_head(after))
    yield ()
    yield line(_verdict(found), Tint.TITLE)
    for fact in found.facts:
        yield from _fact(fact)
    whole = [stack for stack in found.stacks if not _is_aside(stack)]
    for stack in whole:
        yield ()
        mark = Span("crashed", Tint.ALARM) if stack.crashed else Span("alive")
        yield Span(stack.name, Tint.TITLE), Span(" ("), mark, Span(")")
        yield from _calls(stack.calls)
    yield ()
    yield from map(_aside, filter(_is_aside, found.stacks))
    if found.same_stacks:
        yield line(f"{_counted(found.same_stacks, 'stack')} the same in both.")
    yield from _modules(found)


def _head(row: Summary) -> Line:
    told = f" {row.program}, {row.created:%Y-%m-%d %H:%M} UTC, {row.state.value}"
    return Span(row.id[:8], Tint.TITLE), Span(told)


def _verdict(found: ReportDiff) -> str:
    if not found.same_crash:
        return "Two different crashes."
    if found.facts or found.stacks or found.modules:
        return "The same crash, by its innermost calls; and yet:"
    return "The same crash; nothing differs."


def _fact(fact: FactDiff) -> Iterator[Line]:
    name = f"  {fact.what:<10}"
    for mark, value, tint in (
        ("-", fact.before, Tint.GONE),
        ("+", fact.after, Tint.NEW),
    ):
        yield Span(name), Span(f"{mark} {value or '(none)'}", tint)
        name = " " * len(name)


def _calls(calls: Iterable[CallDiff]) -> Iterator[Line]:
    for same, run in groupby(calls, key=lambda call: call.mark == "="):
        group = list(run)
        if same and len(group) > _CONTEXT:
            yield line(f"    {len(group)} calls the same", Tint.FAINT)
            continue
        for call in group:
            yield _call(call)


def _call(call: CallDiff) -> Line:
    mark = " " if call.mark == "=" else call.mark
    was = f"{call.was} -> " if call.was else ""
    told = f"  {mark} {call.function:<28} {was}{call.place}"
    return line(told, _TINTS[call.mark])


def _is_aside(stack: StackDiff) -> bool:
    """Whether it is a thread of one of the two that did not crash: told in a line."""
    return not stack.crashed and len({call.mark for call in stack.calls}) == 1


def _aside(stack: StackDiff) -> Line:
    own = (call for call in stack.calls if call.place.startswith("<app>"))
    told = next(own, stack.calls[0])
    mark, tint = told.mark, _TINTS[told.mark]
    where = f"{len(stack.calls)} calls, in {told.function} {told.place}"
    return Span(f"{mark} {stack.name}", tint), Span(f": {where}")


def _modules(found: ReportDiff) -> Iterator[Line]:
    yield ()
    if found.modules is None:
        yield line("Modules are not compared: a minidump has them, and one is missing.")
        return
    if found.modules:
        yield line("Modules", Tint.TITLE)
    yield from _names("-", [m for m in found.modules if m.after is None])
    yield from _names("+", [m for m in found.modules if m.before is None])
    for module in found.modules:
        if module.before is not None and module.after is not None:
            yield line(f"  ~ {_base(module)}", Tint.OWN)
            yield line(f"      build id {module.before or '(none)'}", Tint.GONE)
            yield line(f"            -> {module.after or '(none)'}", Tint.NEW)
    yield line(f"{_counted(found.same_modules, 'module')} the same in both.")


def _names(mark: str, modules: Iterable[ModuleDiff]) -> Iterator[Line]:
    told = ", ".join(map(_base, modules))
    indent = f"  {mark} "
    for each in textwrap.wrap(
        told,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=" " * len(indent),
        break_on_hyphens=False,
    ):
        yield line(each, _TINTS[mark])


def _base(module: ModuleDiff) -> str:
    return module.name.rpartition("/")[2]


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{' is' if number == 1 else 's are'}"
