"""``crashwatch upload``: deliver what was agreed to."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from crashwatch.cli.progress import Progress
from crashwatch.cli.session import Session, open_session
from crashwatch.cli.show import as_json, be_quiet, complain, is_quiet, print_json, say
from crashwatch.cli.upkeep_command import send_requests, tell_requests
from reports.consent.decision import (
    Approval,
    DecidedBy,
    Decision,
    Recorded,
    decide,
)
from reports.consent.record import Category, Given
from reports.errors import ReportsError
from reports.lifecycle import State
from reports.upload.dsn import parse_dsn
from reports.upload.requests import Delivery, waiting_requests
from reports.upload.results import DrainResult, Held

if TYPE_CHECKING:
    from collections.abc import Callable

    from reports.upload.dsn import Endpoint
    from reports.upload.gate import Question

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


@click.command()
@click.option(
    "--now", "at_once", is_flag=True, help="Wait for nothing but an upload under way."
)
@be_quiet
@as_json
def upload(*, at_once: bool, in_json: bool) -> None:
    """Deliver the reports you agreed to. Without an endpoint nothing leaves.

    Example: crashwatch upload --now
    """
    session = open_session()
    gathered = _gathered(session)
    if gathered and not is_quiet():
        complain(gathered)
    if not session.configuration.dsn:
        _say_nowhere(in_json=in_json)
        return
    endpoint = parse_dsn(session.configuration.dsn)
    requests = Delivery()
    if waiting_requests(session.home):
        # Before everything else: who wants data erased waits for nothing.
        requests = send_requests(
            session.for_writing(), at_once=at_once, patience=_patience(at_once=at_once)
        )
    result = _drained(session, endpoint, at_once=at_once)
    if in_json:
        print_json(result_json(result) | {"requests_taken": _ids(requests)})
    else:
        tell_requests(requests)
        _tell(result)
    if result.kept or result.set_aside or (result.busy and at_once):
        raise click.exceptions.Exit(1)


def _patience(*, at_once: bool) -> float:
    """How long to wait for another uploader; who says "now" wants to be served."""
    return _PATIENCE if at_once else 0.0


def _drained(session: Session, endpoint: Endpoint, *, at_once: bool) -> DrainResult:
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
            manners=Manners(
                at_once=at_once,
                region=session.switches.region,
                limits=session.limits(),
                progress=progress,
            ),
            patience=_patience(at_once=at_once),
        )


def _off_altogether(session: Session) -> str:
    """Why nothing of any category may go, where a switch says so; else empty."""
    decisions = [session.decide(category) for category in Category]
    off = all(decision.decided_by in _SWITCHES for decision in decisions)
    return decisions[0].reason if off else ""


def _ids(requests: Delivery) -> list[str]:
    return [taken.id for taken in requests.taken]


def _gathered(session: Session) -> str:
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


def _say_nowhere(*, in_json: bool) -> None:
    if in_json:
        print_json(result_json(DrainResult()) | {"requests_taken": []})
    else:
        say("No endpoint is set, so nothing is sent: reports stay on this machine.")


def result_json(result: DrainResult) -> dict[str, object]:
    """What one pass did."""
    waiting = result.waiting_until
    return {
        "busy": result.busy,
        "waiting_until": waiting.isoformat() if waiting else None,
        "sent": result.sent,
        "kept": [{"id": held.id, "why": held.why} for held in result.kept],
        "refused": [{"id": held.id, "why": held.why} for held in result.refused],
        "set_aside": [{"id": held.id, "why": held.why} for held in result.set_aside],
        "not_yet": [{"id": held.id, "why": held.why} for held in result.not_yet],
        "wire_bytes": result.wire_bytes,
    }


def _tell(result: DrainResult) -> None:
    if result.busy:
        say("Another upload is at work.")
    elif result.waiting_until is not None:
        say(f"Waiting until {result.waiting_until:%H:%M:%S} UTC; --now does not wait.")
    else:
        say(f"{len(result.sent)} sent, {result.wire_bytes} bytes on the wire.")
    for held in result.kept:
        say(f"  kept       {held.id[:8]}  {held.why}")
    for held in result.not_yet:
        say(f"  not yet    {held.id[:8]}  {held.why}")
    for held in result.refused:
        say(f"  held back  {held.id[:8]}  {held.why}")
    for held in result.set_aside:
        say(f"  set aside  {held.id[:8]}  {held.why}")
