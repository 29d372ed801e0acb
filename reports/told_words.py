"""Words that a report tells by right: finding them says nothing of a person. Pure.

``--crash null_read`` among the terminal's arguments does not make the function
``null_read`` personal. What a person wrote about the crash is not among these words:
all that names somebody is looked for in it.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import msgspec

from reports import known_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.backtrace import Frame
    from reports.crash_report import CrashReport, RaisedException
    from scrubbers import Identity

_WORD_KINDS = frozenset({"argument", "environment"})


def beyond(identity: Identity, told: str) -> Identity:
    """The identity less those arguments and variables that are told by right.

    Args:
        told: The words, case-folded.
    """
    extra = tuple(
        (kind, part)
        for kind, value in identity.extra
        for part in (
            known_names.untold(value, told) if kind in _WORD_KINDS else (value,)
        )
    )
    return dataclasses.replace(identity, extra=extra)


def beyond_report(identity: Identity, report: CrashReport) -> Identity:
    """The identity less the words that a finished report tells by right."""
    return beyond(
        identity, "\n".join((*_told(report), known_names.OWN_TEXT)).casefold()
    )


def _told(report: CrashReport) -> Iterator[str]:
    for frame in _frames(report):
        yield from (frame.function, frame.file, frame.module)
    for native in (native for thread in report.threads for native in thread.native):
        yield from (native.function, native.module)
    for raised in _raised(report.exception):
        yield from (raised.type, raised.message, *raised.notes)
    yield from (report.program, report.child_of)
    yield from (report.release, report.created.isoformat())
    yield from msgspec.structs.astuple(report.system)
    yield from (report.process.status, report.capture.method, *report.capture.sources)


def _frames(report: CrashReport) -> Iterator[Frame]:
    for thread in report.threads:
        yield from thread.frames
    for raised in _raised(report.exception):
        yield from raised.frames


def _raised(raised: RaisedException | None) -> Iterator[RaisedException]:
    """An exception, its causes and its members."""
    if raised is not None:
        yield raised
        for other in (raised.cause, *raised.group):
            yield from _raised(other)
