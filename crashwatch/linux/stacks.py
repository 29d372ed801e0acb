"""Which bytes of a thread's stack to read. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crashwatch.linux.address_space import AddressSpace
    from reports.snapshot import Mapping

GUARD_REACH: Final = 1024 * 1024
"""How far above a stack pointer in a guard page the stack may begin: the kernel
keeps 256 pages free below a stack (stack_guard_gap)."""

_PAGE: Final = 4096


@dataclass(frozen=True, slots=True)
class StackPointer:
    """What a thread's registers say of its stack.

    Attributes:
        thread_pointer: ``fs_base``; 0 when unknown. glibc and musl put what it points
            to at the upper end of a stack that they made.
        fault_address: Where memory was touched that may not be; 0 when no such fault.
    """

    tid: int
    stack_pointer: int
    thread_pointer: int = 0
    fault_address: int = 0


@dataclass(frozen=True, slots=True)
class StackLimits:
    """Bytes to read at most.

    Attributes:
        each: For one thread.
        together: For all; threads met after that get ``least``.
        least: Enough for a few frames.
    """

    each: int = 1024 * 1024
    together: int = 8 * 1024 * 1024
    least: int = 2 * _PAGE


def plan_stacks(
    pointers: Sequence[StackPointer],
    space: AddressSpace,
    red_zone: int,
    limits: StackLimits,
) -> dict[int, range]:
    """Choose the addresses to read for each thread, the most important one first.

    Returns:
        By tid; threads without a stack are missing. No two ranges overlap, since
        readers of minidumps refuse that: of two threads on one mapping (coroutines,
        neighbouring stacks without a guard page) the lower ends where the upper begins.
    """
    left = limits.together
    planned: dict[int, range] = {}
    for pointer in pointers:
        whole = _whole_stack(pointer, space, red_zone)
        allowed = min(limits.each, max(left, limits.least))
        if whole is not None:
            planned[pointer.tid] = whole[:allowed]
            left -= len(planned[pointer.tid])
    return _without_overlap(planned)


def _whole_stack(
    pointer: StackPointer, space: AddressSpace, red_zone: int
) -> range | None:
    """From below the stack pointer to the mapping's end or the thread's own data.

    After an overflow the stack pointer is in a guard page, or (main thread) in no
    mapping at all: the stack is the next readable mapping above.
    """
    mapping = _leapt_out_of(pointer, space) or space.find_stack(
        pointer.stack_pointer, GUARD_REACH
    )
    if mapping is None:
        return None
    start = max(pointer.stack_pointer - red_zone, mapping.start)
    end = mapping.end
    if max(start, pointer.stack_pointer) < pointer.thread_pointer < end:
        end = pointer.thread_pointer
    return range(start, end)


def _leapt_out_of(pointer: StackPointer, space: AddressSpace) -> Mapping | None:
    """The thread's stack, where its last frame is larger than the guard page.

    Then the stack pointer is below the guard, in memory that belongs to something else,
    and the fault comes when the frame is first used. The frames are all above.
    """
    guard = space.find(pointer.fault_address)
    low, high = pointer.stack_pointer, pointer.stack_pointer + GUARD_REACH
    if guard is None or not low < guard.start <= pointer.fault_address < high:
        return None
    stack = space.find_stack(pointer.fault_address, GUARD_REACH)
    if stack is None or not guard.end <= stack.start < pointer.thread_pointer:
        return None
    return stack if pointer.thread_pointer < stack.end else None


def _without_overlap(planned: dict[int, range]) -> dict[int, range]:
    result: dict[int, range] = {}
    upper: range | None = None
    for tid, wanted in sorted(planned.items(), key=lambda item: -item[1].start):
        kept = wanted
        if upper is not None and wanted.stop > upper.start:
            kept = range(wanted.start, upper.start)
        if kept:
            result[tid] = upper = kept
    return result
