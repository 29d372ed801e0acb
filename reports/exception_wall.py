"""Exceptions through the first two walls: classes, places, the fixed part of messages.

Of a message only what the source says came this far, with the files it is written in.
It may be told if each of them is below a known root: the texts of a person's own
scripts are as private as their names.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from reports import known_names
from reports.backtrace import PRIVATE
from reports.crash_report import HOLE, RaisedException
from reports.evidence import RawFrame

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator

    from reports.backtrace import Frame
    from reports.code_roots import PlaceFinder
    from reports.evidence import RawException, RawMessage

_DEEPEST = 8
_MOST_MEMBERS = 8
_MOST_NOTES = 8


class ExceptionWall:
    """Turns exceptions as raised into exceptions as told.

    Args:
        places: Which code is known.
        scrubbed: The second wall: a text, and the part of the report it is for.
        thread_name: Both walls for the name of a thread.
        removed: Counts what is left out.
    """

    def __init__(
        self,
        places: PlaceFinder,
        scrubbed: Callable[[str, str], str],
        thread_name: Callable[[str], str],
        removed: Counter[tuple[str, str]],
    ) -> None:
        self._places = places
        self._scrubbed = scrubbed
        self._thread_name = thread_name
        self._removed = removed

    def exception(
        self,
        raw: RawException,
        frames: Callable[[tuple[RawFrame, ...]], tuple[Frame, ...]],
        depth: int = 1,
    ) -> RaisedException:
        """The exception, what caused it, its members.

        Args:
            frames: Takes an exception's frames through the walls.
        """
        cause: RaisedException | None = None
        members: tuple[RawException, ...] = ()
        if depth < _DEEPEST:
            members = raw.group[:_MOST_MEMBERS]
            if raw.cause is not None:
                cause = self.exception(raw.cause, frames, depth + 1)
        return RaisedException(
            type=self._class_name(raw),
            thread=self._thread_name(raw.thread),
            frames=frames(raw.frames),
            cause=cause,
            message=self._message(raw.message),
            notes=tuple(
                told
                for note in raw.notes[:_MOST_NOTES]
                if (told := self._message(note))
            ),
            group=tuple(self.exception(one, frames, depth + 1) for one in members),
        )

    def _class_name(self, raw: RawException) -> str:
        known = is_known(raw, self._places)
        name = known_names.class_name(raw.module, raw.name, known=known)
        if name != PRIVATE and self._scrubbed(name, "exception") != name:
            return PRIVATE
        return name

    def _message(self, raw: RawMessage | None) -> str:
        """The pieces, with marks for the rest; empty where nothing is told."""
        if raw is None:
            return ""
        if len(raw.pieces) != 1:
            self._removed["exception message", "message"] += 1
        if not raw.pieces:
            return ""
        if not is_source(raw, self._places):
            self._removed["private code", "message"] += 1
            return ""
        text = known_names.one_line(HOLE.join(raw.pieces), known_names.LONGEST_MESSAGE)
        return known_names.one_line(
            self._scrubbed(text, "message"), known_names.LONGEST_MESSAGE
        )


def is_source(raw: RawMessage, places: PlaceFinder) -> bool:
    """Whether a message's pieces are the text of known code."""
    if not any(raw.pieces):
        return True
    return bool(raw.files) and all(
        places.place(RawFrame("", file)).known for file in raw.files
    )


def told_by(raw: RawException, places: PlaceFinder, depth: int = 1) -> Iterator[str]:
    """What an exception tells by right: its class's name, and its source's texts."""
    yield known_names.class_name(raw.module, raw.name, known=is_known(raw, places))
    for message in (raw.message, *raw.notes):
        if message is not None and is_source(message, places):
            yield " ".join(message.pieces)
    belonging = (raw.cause, *raw.group)
    if depth < _DEEPEST:
        for other in belonging:
            if other is not None:
                yield from told_by(other, places, depth + 1)


def frames_of(raw: RawException, depth: int = 1) -> Iterator[RawFrame]:
    """The frames of an exception and of all that belongs to it."""
    yield from raw.frames
    if depth < _DEEPEST:
        for other in (raw.cause, *raw.group):
            if other is not None:
                yield from frames_of(other, depth + 1)


def is_known(raw: RawException, places: PlaceFinder) -> bool:
    """Whether an exception's class is of code under a known root.

    Only its module's name is known. Raised by the application itself it is the
    application's, or from what the application may name. A library also raises
    what it was handed, so there the module must be the standard library's or be
    seen in a path below a root.
    """
    if not raw.frames:
        return False
    innermost = places.place(raw.frames[0])
    if not innermost.known or innermost.file.startswith("<app>"):
        return innermost.known
    top = raw.module.partition(".")[0]
    if top in sys.stdlib_module_names:
        return True
    parts = {
        part.partition(".")[0]
        for frame in raw.frames
        for part in places.place(frame).file.split("/")[1:]
    }
    return top in parts
