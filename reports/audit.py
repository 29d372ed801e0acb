"""The audit of a report: each field, why it may leave, what was removed. Pure.

What a report may hold is written down twice, in its types and in the disclosure; here
both are laid beside one stored report. And the last wall searches its bytes again, with
all that this machine knows of its person today.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec
from msgspec import inspect

from reports.consent.disclosure_fields import MINIDUMP, PARTS
from reports.crash_report import CrashReport, Removal
from reports.envelope import ATTACHMENT, EVENT, event_bytes
from reports.errors import ReportsError
from reports.event import event_of
from reports.final_search import tripped
from reports.minidump.reader import Minidump
from reports.told_words import beyond_report

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reports.payload import Item
    from scrubbers import Identity

_PURPOSES = {part.described: dict(part.fields) for part in PARTS}
_STREAMS = {stream.name: stream.holds for stream in MINIDUMP}
_PLACES = {
    "threads": "threads[].name",
    "frames": "threads[].frames[].file",
    "function": "threads[].frames[].function",
    "file": "threads[].frames[].file",
    "module": "threads[].frames[].module",
    "native": "threads[].native[].function",
    "exception": "exception.type",
    "message": "exception.message",
    "system": "system.release",
    "soft errors": "capture.soft_errors",
    "comment": "comment",
}
"""The place of a removal, as composing names it, and the field it speaks of."""


class AuditedField(msgspec.Struct, frozen=True):
    """One field of a report, or one stream of its minidump.

    Attributes:
        field: Its path, such as ``threads[].frames[].file``.
        values: How many values it has in this report.
        why: What it is for, in the words of the disclosure.
        form: What its type allows: a pattern, a list of words, or a kind of value.
        removed: What was taken out there; ``count`` of each rule.
    """

    field: str
    values: int
    why: str
    form: str
    removed: tuple[Removal, ...] = ()


class Audit(msgspec.Struct, frozen=True):
    """What the audit of one report found.

    Attributes:
        fields: Every field that holds a value, in the report's order.
        unexplained: Fields that neither the types nor the disclosure know.
        event_is_the_report: Whether the event holds these fields and nothing else.
        hits: ``rule:part`` for each identity that the tripwire found now.
    """

    fields: tuple[AuditedField, ...]
    unexplained: tuple[str, ...]
    event_is_the_report: bool
    hits: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing speaks against this report."""
        return not self.hits and not self.unexplained and self.event_is_the_report


def audit(report_json: bytes, items: Sequence[Item], *, identity: Identity) -> Audit:
    """Audit one stored crash report.

    Args:
        report_json: As stored.
        items: The envelope's items.
        identity: What this machine knows of its person now.

    Raises:
        ReportsError: The report is no crash report.
    """
    try:
        report = msgspec.json.decode(report_json, type=CrashReport)
    except msgspec.MsgspecError as error:
        raise ReportsError(
            "this is no crash report that can be audited",
            hint="`crashwatch reports show ID` shows what it holds.",
        ) from error
    walk = _Walk(report.removed)
    walk.struct(_struct_of(CrashReport), msgspec.json.decode(report_json), "")
    dumps = [item.data for item in items if item.type == ATTACHMENT]
    streams = tuple(field for dump in dumps for field in _streams(dump))
    events = [item.data for item in items if item.type == EVENT]
    return Audit(
        fields=(*walk.fields(), *streams),
        unexplained=(*walk.unknown, *(f.field for f in streams if not f.why)),
        event_is_the_report=events == [event_bytes(event_of(report))],
        hits=tripped(
            [("report", report_json), *((i.name or i.type, i.data) for i in items)],
            beyond_report(identity, report),
        ),
    )


class _Walk:
    """One walk over a report's values along its types."""

    def __init__(self, removed: Iterable[Removal]) -> None:
        self.unknown: list[str] = []
        self._removed = tuple(removed)
        self._counts: Counter[str] = Counter()
        self._told: dict[str, tuple[str, str]] = {}

    def struct(
        self, kind: inspect.StructType, value: Mapping[str, object], at: str
    ) -> None:
        """Note each field of one struct, and go into those that are structs."""
        known = {field.encode_name: field.type for field in kind.fields}
        purposes = _PURPOSES.get(kind.cls, {})
        for name, inner in value.items():
            path = f"{at}.{name}" if at else name
            if name not in known or name not in purposes:
                self.unknown.append(path)
            else:
                self._field(known[name], inner, path, purposes[name])

    def _field(
        self, kind: inspect.Type, value: object, path: str, purpose: str
    ) -> None:
        values = value if isinstance(value, list) else [value]
        many = "[]" if isinstance(value, list) else ""
        struct = _inner_struct(kind)
        if struct is None:
            self._counts[path] += len(values)
            self._told[path] = (purpose, _form(kind))
            return
        for each in values:
            if isinstance(each, dict):
                self.struct(struct, each, path + many)

    def fields(self) -> Iterator[AuditedField]:
        """What was noted; removals of a place that is no field stand alone."""
        told = dict(self._told)
        by_path: dict[str, list[Removal]] = {}
        for removal in self._removed:
            path = _PLACES.get(removal.place, removal.place)
            by_path.setdefault(path, []).append(removal)
            told.setdefault(path, ("nothing of it was kept", ""))
        for path, (purpose, form) in told.items():
            removed = tuple(by_path.get(path, ()))
            yield AuditedField(path, self._counts[path], purpose, form, removed)


def _streams(dump: bytes) -> Iterator[AuditedField]:
    for entry in Minidump(dump).directory:
        why = _STREAMS.get(entry.name, "")
        yield AuditedField(
            f"minidump {entry.name}", 1, why, f"{entry.location.size} bytes"
        )


def _struct_of(kind: type[msgspec.Struct]) -> inspect.StructType:
    found = inspect.type_info(kind)
    assert isinstance(found, inspect.StructType)  # noqa: S101 - for the type checker
    return found


def _inner_struct(kind: inspect.Type) -> inspect.StructType | None:
    """The struct that a field holds: itself, or in a list, or beside None."""
    for inner in _inside(kind):
        if isinstance(inner, inspect.StructType):
            return inner
    return None


def _inside(kind: inspect.Type) -> Iterator[inspect.Type]:
    if isinstance(kind, (inspect.VarTupleType, inspect.CollectionType)):
        yield from _inside(kind.item_type)
    elif isinstance(kind, inspect.UnionType):
        for each in kind.types:
            yield from _inside(each)
    elif isinstance(kind, inspect.Metadata):
        yield from _inside(kind.type)
    else:
        yield kind


def _form(kind: inspect.Type) -> str:
    forms = [form for each in _inside(kind) if (form := _form_of(each))]
    return " or ".join(forms)


def _form_of(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.StrType):
        return kind.pattern or "any text"
    if isinstance(kind, inspect.EnumType):
        return "|".join(str(member.value) for member in kind.cls)
    if isinstance(kind, inspect.NoneType):
        return ""
    return _KINDS.get(type(kind), "a value")


_KINDS: dict[type[inspect.Type], str] = {
    inspect.IntType: "a whole number",
    inspect.FloatType: "a number",
    inspect.BoolType: "yes or no",
    inspect.DateTimeType: "a time",
}
