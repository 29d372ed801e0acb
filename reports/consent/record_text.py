"""The consent record and its log as text, strictly: what is odd is not believed.

``consent.json`` is an object with ``schema`` and ``choices``; each line of
``consent.log`` one with ``schema`` and ``choice``, oldest first. A choice has exactly
the fields of ``record.Choice``. The launcher reads both before the terminal starts, so
nothing larger than ``json`` is imported.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

from reports.consent.own_file import NotBelievedError
from reports.consent.record import (
    Category,
    Choice,
    ConsentRecord,
    Given,
    State,
    states_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    import enum
    from typing import NoReturn, TypeVar

    E = TypeVar("E", bound=enum.Enum)

SCHEMA_VERSION = 1


def parse_record(data: bytes) -> ConsentRecord:
    """The record in ``data``.

    Raises:
        NotBelievedError: It is not a record that this version understands.
    """
    if not data.strip():
        raise NotBelievedError("it is empty")
    try:
        fields = _object(_json(data))
        _check_schema(fields)
        return _record(fields)
    except (ValueError, RecursionError):
        # The error may quote what it found, and that is not repeated.
        raise NotBelievedError("it is damaged or was edited") from None


def parse_log(data: bytes) -> tuple[Choice, ...]:
    """The choices in a log, oldest first; a line that is none is left out.

    A torn line is what a power loss leaves of an unfinished choice, so it counts as
    never made. Lines of newer schemas are left out too.
    """
    found = []
    for line in data.splitlines():
        try:
            fields = _object(_json(line))
            _check_schema(fields)
            _check_names(fields, ("schema", "choice"))
            found.append(_choice(fields["choice"]))
        except (ValueError, RecursionError, NotBelievedError):
            continue
    return tuple(found)


def record_bytes(record: ConsentRecord) -> bytes:
    """The file's content: indented, so that a person can read it."""
    choices = [_fields_of(choice) for choice in record.choices]
    fields = {"schema": SCHEMA_VERSION, "choices": choices}
    return json.dumps(fields, indent=2).encode() + b"\n"


def log_bytes(choices: tuple[Choice, ...]) -> bytes:
    """The choices as whole lines."""
    lines = [
        json.dumps({"schema": SCHEMA_VERSION, "choice": _fields_of(choice)})
        for choice in choices
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def _json(data: bytes) -> object:
    """JSON in UTF-8 without what its readers disagree on. Raises ValueError."""
    return json.loads(
        data.decode("utf-8"), object_pairs_hook=_pairs, parse_constant=_no_constant
    )


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a name stands in it twice")
    return fields


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _check_schema(fields: dict[str, object]) -> None:
    schema = _whole(fields.get("schema"))
    if schema > SCHEMA_VERSION:
        raise NotBelievedError("it was written by a newer version of crashwatch")


def _record(fields: dict[str, object]) -> ConsentRecord:
    _check_names(fields, ("schema", "choices"))
    listed = fields["choices"]
    if not isinstance(listed, list):
        raise ValueError("the choices are no list")  # noqa: TRY004 -- one error for all
    choices = tuple(map(_choice, listed))
    if len({choice.category for choice in choices}) != len(choices):
        raise ValueError("a category stands in it twice")
    return ConsentRecord(choices)


def _choice(value: object) -> Choice:
    fields = _object(value)
    _check_names(fields, Choice._fields)
    category = _member(Category, fields["category"])
    return Choice(
        category=category,
        state=_state(category, fields["state"]),
        sequence=_whole(fields["sequence"]),
        given=_moment(fields["given"]),
        how=_member(Given, fields["how"]),
        policy_version=_whole(fields["policy_version"]),
        disclosure_sha256=_digest(fields["disclosure_sha256"]),
        application_version=_version(fields["application_version"]),
    )


def _fields_of(choice: Choice) -> dict[str, object]:
    return {
        "category": choice.category.value,
        "state": choice.state.value,
        "sequence": choice.sequence,
        "given": _written(choice.given),
        "how": choice.how.value,
        "policy_version": choice.policy_version,
        "disclosure_sha256": choice.disclosure_sha256,
        "application_version": choice.application_version,
    }


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _object(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ValueError("it is no object")  # noqa: TRY004 -- one error for all
    return value


def _check_names(fields: dict[str, object], names: tuple[str, ...]) -> None:
    if fields.keys() != set(names):
        raise ValueError("a field is missing or unknown")


def _member(kind: type[E], value: object) -> E:
    return kind(_text(value))


def _state(category: Category, value: object) -> State:
    state = _member(State, value)
    if state not in states_of(category):
        raise ValueError("the category has no such state")
    return state


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("it is no whole number from 1")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("it is no text")  # noqa: TRY004 -- one error for all
    return value


def _moment(value: object) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError("the time has no zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("the time is out of range") from None


def _digest(value: object) -> str:
    text = _text(value)
    if len(text) != 64 or not set(text) <= set("0123456789abcdef"):
        raise ValueError("it is no SHA-256")
    return text


def _version(value: object) -> str:
    text = _text(value)
    letters = text.translate(dict.fromkeys(map(ord, ".+_-"), "a"))
    if len(text) > 64 or (text and not (letters.isascii() and letters.isalnum())):
        raise ValueError("it is no version")
    return text
