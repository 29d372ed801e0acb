"""The native stacks of all threads of a picture, within a time.

Works from the sanitized picture, after the process is gone: return addresses and
pointers into a thread's own stack survive sanitizing, and call frame information needs
little else.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from reports.unwinding.module_code import CodeMap
from reports.unwinding.processor import PROCESSORS
from reports.unwinding.symbols import names_of
from reports.unwinding.unwind import Step, Trust, unwind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reports.snapshot import Module, ProcessSnapshot, ThreadPicture
    from reports.unwinding.module_code import CodeFiles, ModuleCode

_STEPS_SHARE: Final = 0.6
"""Of the time; the rest is kept for names, without which frames say little."""


@dataclass(frozen=True, slots=True)
class UnwindingLimits:
    """How far unwinding goes.

    Attributes:
        seconds: For all threads together, names included.
        frames: Of the crashed thread.
        other_frames: Of any other.
        all_frames: Of all threads together; threads that are met after that get none.
    """

    seconds: float = 1.0
    frames: int = 256
    other_frames: int = 64
    all_frames: int = 2048


@dataclass(frozen=True, slots=True)
class NativeFrame:
    """One native call.

    Attributes:
        module: Number of its module among the picture's, or None outside of all.
        offset: Address less the module's base; without a module, nothing is told.
        name: The function's, or empty. C++ and Rust names are as linkers see them.
        trust: How it was found.
    """

    module: int | None
    offset: int | None
    name: str
    trust: Trust
    address: int = field(default=0, repr=False)


@dataclass(frozen=True, slots=True)
class NativeStacks:
    """Frames by thread, innermost first.

    Attributes:
        in_time: Whether all was done that the limits on frames allow.
        seconds: What it took.
    """

    threads: Mapping[int, tuple[NativeFrame, ...]]
    in_time: bool
    seconds: float


def native_stacks(
    picture: ProcessSnapshot,
    files: CodeFiles,
    *,
    modules: Sequence[Module] | None = None,
    limits: UnwindingLimits | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> NativeStacks:
    """Unwind every thread, the crashed one first.

    Args:
        picture: Sanitized.
        files: Opens the modules' files.
        modules: The same modules with their real paths, where the picture's are labels.
        limits: How far to go.
        clock: Seconds, monotonic.
    """
    limits = limits or UnwindingLimits()
    begun = clock()
    code = CodeMap(
        modules or picture.modules, files, PROCESSORS[picture.architecture].machine
    )
    for_steps = _Deadline(clock, begun + limits.seconds * _STEPS_SHARE)
    steps = _steps(picture, code, limits, for_steps)
    for_names = _Deadline(clock, begun + limits.seconds)
    names = _names(code, files, steps, for_names)
    threads = {
        tid: tuple(_frame(step, code.find(step.place), names) for step in found)
        for tid, found in steps.items()
    }
    in_time = not (for_steps.was_missed or for_names.was_missed)
    return NativeStacks(threads, in_time, clock() - begun)


class _Deadline:
    """Says whether there is time left, and remembers that there was none."""

    def __init__(self, clock: Callable[[], float], end: float) -> None:
        self._clock = clock
        self._end = end
        self.was_missed = False

    def __call__(self) -> bool:
        self.was_missed = self.was_missed or self._clock() >= self._end
        return not self.was_missed


def _steps(
    picture: ProcessSnapshot,
    code: CodeMap,
    limits: UnwindingLimits,
    go_on: Callable[[], bool],
) -> dict[int, list[Step]]:
    crashed = picture.crashed
    processor = PROCESSORS[picture.architecture]
    left = limits.all_frames
    steps: dict[int, list[Step]] = {}
    for thread in sorted(picture.threads, key=lambda each: each is not crashed):
        most = limits.frames if thread is crashed else limits.other_frames
        if not left or not go_on():
            break
        if not _has_pointers(thread):
            continue
        found = list(unwind(thread, code, processor, most=min(most, left), go_on=go_on))
        left -= len(found)
        steps[thread.tid] = found
    return steps


def _has_pointers(thread: ThreadPicture) -> bool:
    return bool(thread.registers.general)


def _names(
    code: CodeMap,
    files: CodeFiles,
    steps: Mapping[int, Sequence[Step]],
    go_on: Callable[[], bool],
) -> dict[tuple[int, int], str]:
    """Names by module and address, each symbol table read once."""
    wanted: dict[int, tuple[ModuleCode, set[int]]] = {}
    for thread in steps.values():
        for step in thread:
            module = code.find(step.place)
            if module is not None and module.elf is not None:
                entry = wanted.setdefault(module.index, (module, set()))
                entry[1].add(step.place - module.bias)
    names: dict[tuple[int, int], str] = {}
    for index, (module, places) in wanted.items():
        if module.elf is not None and go_on():
            debug = partial(files.debug, module.module.build_id)
            found = names_of(module.elf, places, debug, go_on)
            names |= {(index, place): name for place, name in found.items()}
    return names


def _frame(
    step: Step, module: ModuleCode | None, names: Mapping[tuple[int, int], str]
) -> NativeFrame:
    if module is None:
        return NativeFrame(None, None, "", step.trust, step.pointer)
    name = names.get((module.index, step.place - module.bias), "")
    offset = step.pointer - module.module.base
    return NativeFrame(module.index, offset, name, step.trust, step.pointer)
