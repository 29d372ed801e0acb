"""Every field of a report as rows: its path, its value, and what it is for. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from reports.consent.disclosure_fields import PARTS
from reports.crash_report import CrashReport
from reports.usage_report import UsageReport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from msgspec import inspect

MOST_SHOWN: Final = 2000
"""Characters of one value; the exact payload shows all of them."""

_NUMBERS: Final = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One value.

    Attributes:
        path: Such as ``threads[0].frames[3].line``.
        value: As JSON would have it, without quotes; cut after ``MOST_SHOWN``.
        cut: Characters that were cut off.
        why: What the disclosure says it is for; empty for parts that hold others.
    """

    path: str
    value: str
    cut: int
    why: str


def field_rows(report_json: bytes) -> tuple[FieldRow, ...]:
    """Each value in the report's order.

    Raises:
        msgspec.DecodeError: It is no JSON.
    """
    value = msgspec.json.decode(report_json)
    is_usage = isinstance(value, dict) and "metrics" in value
    whys = _purposes(UsageReport if is_usage else CrashReport)
    return tuple(_rows(value, "", whys))


def _rows(value: object, path: str, whys: dict[str, str]) -> Iterator[FieldRow]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _rows(inner, f"{path}.{name}" if path else str(name), whys)
    elif isinstance(value, list) and value:
        for number, inner in enumerate(value):
            yield from _rows(inner, f"{path}[{number}]", whys)
    else:
        text = _told(value)
        cut = max(0, len(text) - MOST_SHOWN)
        yield FieldRow(path, text[:MOST_SHOWN], cut, _why(path, whys))


def _told(value: object) -> str:
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


def _why(path: str, whys: dict[str, str]) -> str:
    """Causes and groups of exceptions hold exceptions again."""
    plain = _NUMBERS.sub("", path)
    plain = re.sub(r"^exception(?:\.(?:cause|group))+", "exception", plain)
    return whys.get(plain, "")


def _purposes(kind: type[msgspec.Struct]) -> dict[str, str]:
    told = {part.described: dict(part.fields) for part in PARTS}
    return dict(_walk(kind, "", told, ()))


def _walk(
    kind: type[msgspec.Struct],
    path: str,
    told: dict[type[msgspec.Struct], dict[str, str]],
    above: tuple[type[msgspec.Struct], ...],
) -> Iterator[tuple[str, str]]:
    found = msgspec.inspect.type_info(kind)
    if kind in above or not isinstance(found, msgspec.inspect.StructType):
        return
    for field in found.fields:
        here = f"{path}.{field.encode_name}" if path else field.encode_name
        yield here, told.get(kind, {}).get(field.encode_name, "")
        for inner in _structs(field.type):
            yield from _walk(inner, here, told, (*above, kind))


def _structs(kind: inspect.Type) -> Iterator[type[msgspec.Struct]]:
    if isinstance(kind, msgspec.inspect.StructType):
        yield kind.cls
    elif isinstance(kind, msgspec.inspect.VarTupleType):
        yield from _structs(kind.item_type)
    elif isinstance(kind, msgspec.inspect.Metadata):
        yield from _structs(kind.type)
    elif isinstance(kind, msgspec.inspect.UnionType):
        for each in kind.types:
            yield from _structs(each)
