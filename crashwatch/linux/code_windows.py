"""Which code to read around instruction pointers and registers. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crashwatch.linux.address_space import AddressSpace
    from reports.snapshot import Registers

_AROUND_FAULT: Final = (128, 128)
"""Bytes before and after the crashing thread's instruction, as Breakpad has them."""

_AROUND_POINTER: Final = (16, 48)
"""Around every other pointer to code: the longest call before it, and some twelve
instructions. Machine code hardly compresses and the file of that build id has it too:
Crashpad's 512 bytes around each made a quarter of a compressed dump, and no reader
unwinds a frame less without them."""

_NOT_POINTERS: Final = frozenset(
    {"orig_rax", "eflags", "cs", "ss", "ds", "es", "fs", "gs"}
    | {"fs_base", "gs_base", "pstate"}
    | {"rip", "pc"}
)
"""Instruction pointers are asked for first, and once."""


def plan_code_windows(
    threads: Iterable[Registers], space: AddressSpace, budget: int
) -> tuple[range, ...]:
    """Choose windows of code, ascending, merged where they touch or overlap.

    Args:
        threads: The crashing one first; every instruction pointer comes before any
            other register.
        space: Only mappings of unchanged code count (``is_file_code``).
        budget: Bytes in all.
    """
    threads = tuple(threads)
    around = [_AROUND_FAULT, *[_AROUND_POINTER] * len(threads)]
    pointers = [each.instruction_pointer for each in threads]
    wanted = list(zip(pointers, around, strict=False))
    for each in threads:
        for name, value in each.general.items():
            if name not in _NOT_POINTERS:
                wanted.append((value, _AROUND_POINTER))
    windows: dict[range, None] = {}
    for address, (before, after) in wanted:
        window = _window(space, address, before, after)
        if window is not None and window not in windows:
            budget -= len(window)
            if budget < 0:
                break
            windows[window] = None
    return _merged(windows)


def _window(space: AddressSpace, address: int, before: int, after: int) -> range | None:
    mapping = space.find_code(address)
    if mapping is None:
        return None
    return range(
        max(address - before, mapping.start), min(address + after, mapping.end)
    )


def _merged(windows: Iterable[range]) -> tuple[range, ...]:
    result: list[range] = []
    for window in sorted(windows, key=lambda each: each.start):
        if result and window.start <= result[-1].stop:
            last = result.pop()
            window = range(last.start, max(last.stop, window.stop))  # noqa: PLW2901 -- the merged window takes its place
        result.append(window)
    return tuple(result)
