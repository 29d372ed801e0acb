"""Deliver what waits: counts taken up, deletion requests first, then agreed reports.

Both ``crashwatch upload`` and ``crashwatch upkeep`` do it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from crashwatch.cli.endpoint import endpoint_of
from crashwatch.cli.progress import Progress
from reports.consent.decision import Approval, DecidedBy, Decision, Recorded, decide
from reports.consent.record import Category, Given
from reports.errors import ReportsError
from reports.lifecycle import State
from reports.upload.requests import Delivery, waiting_requests
from reports.upload.results import DrainResult, Held

if TYPE_CHECKING:
    from collections.abc import Callable

    from crashwatch.cli.session import Session
    from reports.upload.circumstances import Circumstances
    from reports.upload.dsn import Endpoint
    from reports.upload.gate import Question
    from reports.upload.wire import Wire

_LOWEST_PRIORITY = 19

_PATIENCE = 60.0
"""Seconds that somebody who says ``--now`` waits for an upload under way."""

_AGREED = {
    "cli": Given.CLI,
    "prompt": Given.PROMPT,
    "window": Given.WINDOW,
    "operator": Given.HEADLESS_OPERATOR,
}


_SWITCHES = frozenset(
    {
        DecidedBy.FLAG,
        DecidedBy.VARIABLE,
        DecidedBy.DO_NOT_TRACK,
        DecidedBy.ADMINISTRATOR,
    }
)
"""Who forbids whatever was agreed to."""


def deliver(
    session: Session,
    endpoint: Endpoint,
    *,
    at_once: bool = False,
    only: frozenset[str] = frozenset(),
) -> tuple[Delivery, DrainResult]:
    """Send what waits: deletion requests, then crashes, then the rest.

    Over one connection. Who wants data erased waits for nothing.

    Args:
        session: Whose.
        endpoint: Where to.
        at_once: Somebody said "now".
        only: Of the reports those that they named; empty: all.
    """
    patience = _PATIENCE if at_once else 0.0
    if not waiting_requests(session.home) or session.switches.policy.force_off:
        requests = send_requests(session, at_once=at_once, patience=patience)
        return requests, _drained(session, endpoint, at_once=at_once, only=only)
    # Loaded here only: loading the wire alone tries what sockets there are.
    from crashwatch.cli.network import wire_to  # noqa: PLC0415

    session = session.for_writing()
    with wire_to(session, endpoint) as wire:
        requests = send_requests(session, at_once=at_once, patience=patience, wire=wire)
        result = _drained(session, endpoint, at_once=at_once, only=only, wire=wire)
        return requests, result


def _drained(
    session: Session,
    endpoint: Endpoint,
    *,
    at_once: bool,
    only: frozenset[str],
    wire: Wire | None = None,
) -> DrainResult:
    """One pass over the queue.

    The wire and the SDK are loaded only where something may go: loading them alone
    tries what sockets there are, and off means no socket.
    """
    queued = session.spool.list_reports(State.QUEUED)
    if not queued:
        return DrainResult()
    if why := _off_altogether(session):
        return DrainResult(refused=[Held(row.id, why) for row in queued])
    from crashwatch.cli.network import network_of  # noqa: PLC0415
    from reports.upload.drain import Manners, drain  # noqa: PLC0415

    os.nice(_LOWEST_PRIORITY)
    session = session.for_writing()
    with Progress("sending") as progress:
        return drain(
            session.spool,
            endpoint,
            may_send(session),
            network=network_of(session, endpoint),
            wire=wire,
            manners=Manners(
                daily_bytes=session.delivery().daily_bytes,
                at_once=at_once,
                region=session.switches.region,
                limits=session.limits(),
                progress=progress,
                circumstances=_circumstances(session, at_once=at_once),
                only=only,
            ),
            patience=_PATIENCE if at_once else 0.0,
        )


def _circumstances(session: Session, *, at_once: bool) -> Circumstances:
    """What tells against sending now; who says "now" was not asked."""
    from reports.upload.circumstances import GOOD  # noqa: PLC0415

    if at_once:
        return GOOD
    from crashwatch.surroundings import look_around  # noqa: PLC0415

    return look_around(session.delivery())


def _off_altogether(session: Session) -> str:
    """Why nothing of any category may go, where a switch says so; else empty."""
    decisions = [session.decide(category) for category in Category]
    off = all(decision.decided_by in _SWITCHES for decision in decisions)
    return decisions[0].reason if off else ""


def gathered(session: Session) -> str:
    """Take up what was counted; what failed, in words: the reports still go."""
    if not session.home.runs.is_dir() and not session.home.usage.is_dir():
        return ""
    from crashwatch.cli.gather import gather  # noqa: PLC0415 -- only where one counts

    try:
        gather(session.for_writing())
    except (ReportsError, OSError) as error:
        return f"the counts were not taken up: {error}"
    return ""


def may_send(session: Session) -> Callable[[Question], Decision]:
    """The consent of the moment for one report, read anew at each question.

    Where it stands in the record when somebody agreed to it is in the question: a
    refusal after that wins, one before it does not.
    """

    def answer(question: Question) -> Decision:
        return decide(
            Category(question.category),
            session.consent(),
            session.switches,
            recorded=recorded_of(question),
            approval=_approval(question),
        )

    return answer


def recorded_of(question: Question) -> Recorded:
    """When a report was recorded: by the clock, and by its place in the record.

    What standing consent queued was queued when it was recorded. The place tells that
    from a later grant, whose time may be the earlier one where the clock was set back.
    """
    stands = question.how not in _AGREED and question.sequence > 0
    return Recorded(question.created, question.sequence if stands else None)


def _approval(question: Question) -> Approval | None:
    """A standing "always" is no approval of one report: the record itself speaks."""
    how = _AGREED.get(question.how)
    return None if how is None else Approval(how=how, sequence=question.sequence)


def send_requests(
    session: Session,
    *,
    at_once: bool = False,
    patience: float = 0.0,
    wire: Wire | None = None,
) -> Delivery:
    """Send the deletion requests that wait, whatever the person refused.

    An administrator who turned everything off is obeyed: they stay.
    """
    waiting = waiting_requests(session.home)
    if not waiting:
        return Delivery()
    if session.switches.policy.force_off:
        why = "the administrator allows no connection"
        return Delivery(kept=[(one.id, why) for one in waiting])
    endpoint = endpoint_of(session)
    if endpoint is None:
        return Delivery(kept=[(one.id, "no endpoint is set") for one in waiting])
    # Loaded here only: loading the wire alone tries what sockets there are.
    from crashwatch.cli.network import network_of  # noqa: PLC0415
    from reports.upload.deletion import deliver_requests  # noqa: PLC0415

    return deliver_requests(
        session.home,
        endpoint,
        network=network_of(session, endpoint),
        wire=wire,
        at_once=at_once,
        patience=patience,
    )
