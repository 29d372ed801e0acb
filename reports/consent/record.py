"""The consent record: for each category what was chosen, when, how, and on what words.

``consent.json`` holds a ``ConsentRecord``; ``consent.log`` one ``LogLine`` for each
choice ever made, oldest first. Both are JSON with the field names below.
"""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Annotated

import msgspec

from reports.consent.own_file import NotBelievedError

SCHEMA_VERSION = 1


class Category(enum.Enum):
    """What a person may allow or refuse, each by itself."""

    CRASH = "crash"
    USAGE = "usage"
    PERFORMANCE = "performance"
    FEATURES = "features"
    PLUGINS = "plugins"


class State(enum.Enum):
    """What was chosen: the first three for crashes, the others for the rest."""

    ASK = "ask"
    ALWAYS = "always"
    NEVER = "never"
    UNSET = "unset"
    GRANTED = "granted"
    REFUSED = "refused"


class Given(enum.Enum):
    """How a choice was made."""

    PROMPT = "prompt"
    CLI = "cli"
    WINDOW = "window"
    HEADLESS_OPERATOR = "headless_operator"
    ADMINISTRATOR = "administrator"


PERSONAL = frozenset({Given.PROMPT, Given.CLI, Given.WINDOW})
"""Ways in which only the person speaks."""

GRANTS = frozenset({State.ALWAYS, State.GRANTED})
REFUSALS = frozenset({State.NEVER, State.REFUSED})

_CRASH_STATES = frozenset({State.ASK, State.ALWAYS, State.NEVER})
_OTHER_STATES = frozenset({State.UNSET, State.GRANTED, State.REFUSED})


def states_of(category: Category) -> frozenset[State]:
    """The states a category can be in."""
    return _CRASH_STATES if category is Category.CRASH else _OTHER_STATES


def granted_state(category: Category) -> State:
    """The state that a grant gives."""
    return State.ALWAYS if category is Category.CRASH else State.GRANTED


def refused_state(category: Category) -> State:
    """The state that a refusal or a withdrawal gives."""
    return State.NEVER if category is Category.CRASH else State.REFUSED


def unanswered_state(category: Category) -> State:
    """The state before any choice."""
    return State.ASK if category is Category.CRASH else State.UNSET


Sha256 = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
"""SHA-256, hexadecimal."""

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time with its zone; written in UTC."""

Positive = Annotated[int, msgspec.Meta(ge=1)]

ApplicationVersion = Annotated[str, msgspec.Meta(pattern=r"\A[0-9A-Za-z.+_-]{0,64}\Z")]


class Terms(msgspec.Struct, frozen=True):
    """What a grant is bound to: the policy's version and the words shown."""

    policy_version: Positive
    disclosure_sha256: Sha256


class Occasion(msgspec.Struct, frozen=True):
    """The circumstances of a choice: how, when, on what words, told by which version.

    ``now`` has its zone.
    """

    how: Given
    now: Moment
    terms: Terms
    application_version: ApplicationVersion


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One choice for one category.

    Attributes:
        sequence: Orders choices whatever the clock did: larger is later. Milliseconds
            of Unix time, or one more than the last where the clock went back.
        given: When, by this machine's clock.
        how: How it was made.
        policy_version: Of the policy then in force.
        disclosure_sha256: Of the disclosure text then in force.
        application_version: crashwatch's.
    """

    category: Category
    state: State
    sequence: Positive
    given: Moment
    how: Given
    policy_version: Positive
    disclosure_sha256: Sha256
    application_version: ApplicationVersion

    def __post_init__(self) -> None:
        """Refuse a state that the category does not have."""
        if self.state not in states_of(self.category):
            msg = f"{self.category.value} cannot be {self.state.value}"
            raise ValueError(msg)

    @property
    def grants(self) -> bool:
        """Whether this allows something."""
        return self.state in GRANTS

    @property
    def refuses(self) -> bool:
        """Whether this is an explicit no."""
        return self.state in REFUSALS


class ConsentRecord(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True
):
    """The file ``consent.json``: the newest choice of each category made so far."""

    schema: int = SCHEMA_VERSION
    choices: tuple[Choice, ...] = ()

    def __post_init__(self) -> None:
        """Refuse two choices for one category: one of them would be ignored."""
        categories = {choice.category for choice in self.choices}
        if len(categories) != len(self.choices):
            msg = "a category stands in it twice"
            raise ValueError(msg)


class LogLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One line of ``consent.log``."""

    schema: int = SCHEMA_VERSION
    choice: Choice


class _Schema(msgspec.Struct, frozen=True):
    schema: int


def parse_record(data: bytes) -> ConsentRecord:
    """The record in ``data``.

    Raises:
        NotBelievedError: It is not a record that this version understands.
    """
    try:
        schema = msgspec.json.decode(data, type=_Schema).schema
        if schema > SCHEMA_VERSION:
            raise NotBelievedError("it was written by a newer version of crashwatch")
        if schema < 1:
            raise NotBelievedError("it has an unknown schema")
        return msgspec.json.decode(data, type=ConsentRecord)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # A ValidationError, which is a DecodeError, may quote values: not repeated.
        what = "it is empty" if not data.strip() else "it is damaged or was edited"
        raise NotBelievedError(what) from None


def parse_log(data: bytes) -> tuple[Choice, ...]:
    """The choices in a log, oldest first; a line that is none is left out.

    A torn line is what a power loss leaves of an unfinished choice, so it counts as
    never made. Lines of newer schemas are left out too.
    """
    found = []
    for line in data.splitlines():
        try:
            entry = msgspec.json.decode(line, type=LogLine)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        if entry.schema == SCHEMA_VERSION:
            found.append(entry.choice)
    return tuple(found)


def record_bytes(record: ConsentRecord) -> bytes:
    """The file's content: indented, so that a person can read it."""
    return msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"


def log_bytes(choices: tuple[Choice, ...]) -> bytes:
    """The choices as whole lines."""
    encode = msgspec.json.encode
    return b"".join(encode(LogLine(choice=choice)) + b"\n" for choice in choices)
