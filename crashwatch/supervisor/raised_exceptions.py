"""The exceptions that the client told of, read from its messages. Pure.

Nothing of a message is trusted: what does not make sense is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crashwatch.supervisor.heard import number_of
from reports.evidence import RawException, RawFrame, RawMessage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crashwatch.supervisor.ending import Records


@dataclass(slots=True)
class _Link:
    """One exception while it is read; the later ones of a message belong to it."""

    module: str
    name: str
    parent: int | None
    relation: str
    frames: list[RawFrame] = field(default_factory=list)
    texts: dict[str, list[RawMessage]] = field(default_factory=dict)
    cause: RawException | None = None
    members: list[RawException] = field(default_factory=list)

    def finished(self, thread: str) -> RawException:
        """The exception with all that belongs to it."""
        return RawException(
            self.module,
            self.name,
            thread,
            tuple(reversed(self.frames)),
            self.cause,
            message=next(iter(self.texts.get("message", ())), None),
            notes=tuple(self.texts.get("note", ())),
            group=tuple(reversed(self.members)),
        )


def raised_exceptions(
    messages: Iterable[Records],
) -> Iterator[tuple[str, RawException]]:
    """Where each exception came out (``main``, ``thread``…), and the exception."""
    for records in messages:
        kind, *fields = records[0]
        if kind == "exception" and len(fields) == 2:
            raised = _tree(records[1:], fields[1])
            if raised is not None:
                yield fields[0], raised


def _tree(records: Records, thread: str) -> RawException | None:
    """Join each exception to the one it belongs to, which always stands before it."""
    links = _links(records)
    while len(links) > 1:
        last = links.pop()
        if last.parent is None or last.parent >= len(links):
            continue
        parent = links[last.parent]
        if last.relation == "member":
            parent.members.append(last.finished(thread))
        else:
            parent.cause = last.finished(thread)
    return links[0].finished(thread) if links else None


def _links(records: Records) -> list[_Link]:
    links: list[_Link] = []
    for kind, *fields in records:
        if kind == "!" and len(fields) == 4:
            parent = number_of(fields[2])
            links.append(_Link(fields[0], fields[1], parent, fields[3]))
            continue
        number = number_of(fields[1]) if links and len(fields) >= 2 else None
        if number is None:
            continue
        if kind == "~":
            text = _message(number, fields[2:])
            links[-1].texts.setdefault(fields[0], []).append(text)
        elif kind == "@" and len(fields) == 3:
            links[-1].frames.append(RawFrame(fields[2], fields[0], number))
    return links


def _message(count: int, rest: list[str]) -> RawMessage:
    return RawMessage(pieces=tuple(rest[count:]), files=tuple(rest[:count]))
