"""May this category's data be collected, sent, or asked about? One answer, one place.

``_RULES`` is the precedence: the first rule that speaks wins. Pure.
"""

from __future__ import annotations

import enum

from reports.consent.record import PERSONAL, Category, Given, State
from reports.light_tuple import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from reports.consent.record import Choice
    from reports.consent.standing import ConsentState
    from reports.consent.switches import Switches


class DecidedBy(enum.Enum):
    """Who spoke first, in the order of precedence."""

    FLAG = "--no-telemetry"
    VARIABLE = "CRASHWATCH_NO_TELEMETRY"
    DO_NOT_TRACK = "DO_NOT_TRACK"
    ADMINISTRATOR = "administrator"
    REFUSAL = "refusal"
    REGION = "region"
    UNREADABLE_RECORD = "unreadable record"
    OPERATOR = "operator"
    APPROVAL = "approval"
    GRANT = "grant"
    DISTRIBUTION = "distribution"
    DEFAULT = "default"


class Decision(NamedTuple):
    """The answer.

    Attributes:
        allowed: It may be sent.
        ask: The person may be asked.
        decided_by: Who spoke.
        reason: One sentence for the person, without its full stop.
        collect: It may be collected and kept on this machine. Without it nothing is
            captured or counted and no file is made.
    """

    allowed: bool
    ask: bool
    decided_by: DecidedBy
    reason: str
    collect: bool


class Approval(NamedTuple):
    """Somebody agreed to one report, and to that only.

    Attributes:
        how: How they agreed.
        sequence: ``ConsentState.sequence`` when they did. A refusal after it wins,
            whatever the clock did between.
    """

    how: Given
    sequence: int = 0


class Recorded(NamedTuple):
    """When data came into being; consent never reaches back before it.

    Attributes:
        time: By this machine's clock, with its zone.
        sequence: ``ConsentState.sequence`` at that time, where it was kept: it tells
            before from after when the clock was set back.
    """

    time: datetime
    sequence: int | None = None


class _Case(NamedTuple):
    """One question."""

    category: Category
    consent: ConsentState
    switches: Switches
    recorded: Recorded
    approval: Approval | None

    @property
    def choice(self) -> Choice | None:
        return self.consent.choice(self.category)

    @property
    def name(self) -> str:
        return (
            "crash reports" if self.category is Category.CRASH else self.category.value
        )


def decide(
    category: Category,
    consent: ConsentState,
    switches: Switches,
    *,
    recorded: Recorded,
    approval: Approval | None = None,
) -> Decision:
    """Decide about data of ``category``.

    Args:
        category: Its category.
        consent: The person's record, as ``load_consent`` gives it.
        switches: Everything else that speaks.
        recorded: When the data was recorded; for the question whether to collect,
            the present.
        approval: For one report that was agreed to by itself.
    """
    case = _Case(category, consent, switches, recorded, approval)
    return next(answer for rule in _RULES if (answer := rule(case)) is not None)


def _off(by: DecidedBy, reason: str) -> Decision:
    return Decision(
        allowed=False, ask=False, decided_by=by, reason=reason, collect=False
    )


def _on(by: DecidedBy, reason: str) -> Decision:
    return Decision(allowed=True, ask=False, decided_by=by, reason=reason, collect=True)


def _flag(case: _Case) -> Decision | None:
    if not case.switches.flag:
        return None
    return _off(DecidedBy.FLAG, "--no-telemetry was given")


def _variable(case: _Case) -> Decision | None:
    if not case.switches.variable:
        return None
    return _off(DecidedBy.VARIABLE, "CRASHWATCH_NO_TELEMETRY is set")


def _do_not_track(case: _Case) -> Decision | None:
    if not case.switches.do_not_track:
        return None
    return _off(DecidedBy.DO_NOT_TRACK, "DO_NOT_TRACK is set")


def _administrator(case: _Case) -> Decision | None:
    policy = case.switches.policy
    if policy.force_off:
        reason = policy.reason or "the administrator turned everything off"
        return _off(DecidedBy.ADMINISTRATOR, reason)
    if case.category in policy.forbidden:
        return _off(DecidedBy.ADMINISTRATOR, f"the administrator forbids {case.name}")
    return None


def _refusal(case: _Case) -> Decision | None:
    """An explicit no; only the person's own later yes is stronger."""
    choice = case.choice
    if choice is None or not choice.refuses:
        return None
    approval = case.approval
    if (
        approval is not None
        and approval.how in PERSONAL
        and approval.sequence >= choice.sequence
    ):
        return None
    return _off(DecidedBy.REFUSAL, f"you refused {case.name}")


def _unreadable_record(case: _Case) -> Decision | None:
    """A refusal may be lost with the record, so nothing that it beats may speak."""
    if not case.consent.unknown:
        return None
    return _unanswered(case, DecidedBy.UNREADABLE_RECORD, case.consent.problem)


def _region(case: _Case) -> Decision | None:
    region = case.switches.region
    if case.category not in region.forbidden:
        return None
    return _off(DecidedBy.REGION, f"the rules of region {region.name} forbid it")


def _operator(case: _Case) -> Decision | None:
    since = case.switches.headless_since
    if case.approval is not None and case.approval.how is Given.HEADLESS_OPERATOR:
        return _on(DecidedBy.OPERATOR, "the operator of its run agreed to it")
    if since is None or case.category not in case.switches.operator:
        return None
    if case.recorded.time < since:
        return None
    return _on(DecidedBy.OPERATOR, "CRASHWATCH_CONSENT allows it for this run")


def _approval(case: _Case) -> Decision | None:
    if case.approval is None or case.approval.how not in PERSONAL:
        return None
    return _on(DecidedBy.APPROVAL, "you agreed to this one")


def _grant(case: _Case) -> Decision | None:
    choice = case.choice
    if choice is None or choice.state is State.UNSET:
        return None
    if not choice.grants:
        return _unanswered(case, DecidedBy.GRANT, "you chose to be asked each time")
    if _is_before(case.recorded, choice):
        reason = f"it was recorded before you allowed {case.name}"
        return _unanswered(case, DecidedBy.GRANT, reason)
    return _on(DecidedBy.GRANT, f"you allowed {case.name}")


def _is_before(recorded: Recorded, choice: Choice) -> bool:
    if recorded.sequence is not None and recorded.sequence < choice.sequence:
        return True
    return recorded.time < choice.given


def _distribution(case: _Case) -> Decision | None:
    """The build's defaults, for people who never chose."""
    said = case.switches.distribution
    if case.consent.lapse(case.category):
        return None
    if said.off:
        reason = said.reason or "this build is off until you allow it"
        return _off(DecidedBy.DISTRIBUTION, reason)
    if not said.ask and case.category is Category.CRASH:
        reason = "this build asks nobody; what is captured waits here"
        kept = _unanswered(case, DecidedBy.DISTRIBUTION, reason)
        return kept._replace(ask=False)
    return None


def _default(case: _Case) -> Decision:
    lapse = case.consent.lapse(case.category)
    if lapse:
        reason = f"you allowed {case.name}, but {lapse}"
    elif case.category is not Category.CRASH:
        reason = "off until you allow it"
    elif case.switches.headless:
        reason = "nobody is there to be asked; what is captured waits here"
    else:
        reason = "you are asked after each crash"
    return _unanswered(case, DecidedBy.DEFAULT, reason)


def _unanswered(case: _Case, by: DecidedBy, reason: str) -> Decision:
    """Not sent; asked where somebody is there. A crash is kept here meanwhile."""
    return Decision(
        allowed=False,
        ask=not case.switches.headless,
        decided_by=by,
        reason=reason,
        collect=case.category is Category.CRASH,
    )


_RULES: tuple[Callable[[_Case], Decision | None], ...] = (
    _flag,
    _variable,
    _do_not_track,
    _administrator,
    _refusal,
    _region,
    _unreadable_record,
    _operator,
    _approval,
    _grant,
    _distribution,
    _default,
)
