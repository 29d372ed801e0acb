"""The consent record: for each category what was chosen, when, how, and on what words.

The launcher needs these types before the terminal starts, so nothing large is imported.
"""

from __future__ import annotations

import enum

from reports.light_tuple import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime


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


class Terms(NamedTuple):
    """What a grant is bound to: the policy's version and the words shown.

    Attributes:
        policy_version: From 1.
        disclosure_sha256: 64 hexadecimal digits.
    """

    policy_version: int
    disclosure_sha256: str


class Occasion(NamedTuple):
    """The circumstances of a choice: how, when, on what words, told by which version.

    Attributes:
        how: How it was made.
        now: With its zone.
        terms: What is in force.
        application_version: crashwatch's; up to 64 of letters, digits and . + _ -
    """

    how: Given
    now: datetime
    terms: Terms
    application_version: str


class Choice(NamedTuple):
    """One choice for one category.

    Attributes:
        category: What it is for.
        state: One of ``states_of(category)``.
        sequence: Orders choices whatever the clock did: larger is later. Milliseconds
            of Unix time, or one more than the last where the clock went back.
        given: When, by this machine's clock, with its zone.
        how: How it was made.
        policy_version: Of the policy then in force.
        disclosure_sha256: Of the disclosure text then in force.
        application_version: crashwatch's.
    """

    category: Category
    state: State
    sequence: int
    given: datetime
    how: Given
    policy_version: int
    disclosure_sha256: str
    application_version: str

    @property
    def grants(self) -> bool:
        """Whether this allows something."""
        return self.state in GRANTS

    @property
    def refuses(self) -> bool:
        """Whether this is an explicit no."""
        return self.state in REFUSALS


class ConsentRecord(NamedTuple):
    """The file ``consent.json``: the newest choice of each category made so far."""

    choices: tuple[Choice, ...] = ()
