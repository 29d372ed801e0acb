"""Python and native calls of one thread as one stack. Pure.

CPython runs Python code in ``_PyEval_EvalFrameDefault``: that native frame stands for
Python frames, and is replaced by them. Up to 3.10 each Python call is one such frame;
from 3.11 on one of them runs a whole chain of calls, up to the Python frame that C code
called (``Frame.entry``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reports.backtrace import Frame, Thread

_INTERPRETER: Final = re.compile(r"(?:lib)?python\d")
_EVALUATION: Final = frozenset(
    {"_PyEval_EvalFrameDefault", "PyEval_EvalFrameEx", "PyEval_EvalFrame"}
)
_STARTERS: Final = frozenset(
    {
        *("_PyEval_EvalFrame", "_PyEval_Vector", "_PyEval_EvalCode"),
        *("_PyEval_EvalCodeWithName", "_PyFunction_Vectorcall"),
        *("_PyFunction_FastCallDict", "function_code_fastcall"),
    }
)
"""Functions of the interpreter that do nothing but begin an evaluation."""


def joined(thread: Thread) -> tuple[Frame, ...]:
    """The thread's calls, innermost first; Python's alone where no native ones are."""
    if not thread.native:
        return thread.frames
    return tuple(_joined(thread.frames, thread.native))


def _joined(python: Sequence[Frame], native: Sequence[Frame]) -> Iterator[Frame]:
    places = [n for n, frame in enumerate(native) if _is(frame, _EVALUATION)]
    groups = dict(_placed(_chains(python, len(places)), places))
    for number, frame in enumerate(native):
        if number in groups:
            yield from groups[number]
        elif not _is(frame, _STARTERS):
            yield frame
    if not places:
        yield from python


def _placed(
    chains: list[list[Frame]], places: Sequence[int]
) -> Iterator[tuple[int, list[Frame]]]:
    """Which chain of Python frames stands for which evaluation.

    An evaluation that has only begun has no Python frame yet: it is the innermost. A
    native stack that was cut short has too few: the last one found takes the rest.
    """
    if not chains or not places:
        return
    spare = max(0, len(places) - len(chains))
    used = places[spare:]
    yield from zip(used[:-1], chains, strict=False)
    yield used[-1], [frame for chain in chains[len(used) - 1 :] for frame in chain]


def _chains(python: Sequence[Frame], evaluations: int) -> list[list[Frame]]:
    """Python frames cut after each that C code called.

    Where nobody told which those are, one evaluation for each frame is believed if the
    numbers agree.
    """
    known = any(frame.entry for frame in python)
    if not known and len(python) == evaluations:
        return [[frame] for frame in python]
    return list(_cut(python))


def _cut(python: Iterable[Frame]) -> Iterator[list[Frame]]:
    chain: list[Frame] = []
    for frame in python:
        chain.append(frame)
        if frame.entry:
            yield chain
            chain = []
    if chain:
        yield chain


def _is(frame: Frame, names: frozenset[str]) -> bool:
    """Whether it is one of the interpreter's functions, or its part (``….cold``)."""
    plain = frame.function.partition(".")[0]
    return plain in names and _INTERPRETER.match(frame.module) is not None
