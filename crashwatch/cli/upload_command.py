"""``crashwatch upload``: deliver what was agreed to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from crashwatch.cli.completing import report_ids
from crashwatch.cli.delivering import deliver, gathered
from crashwatch.cli.session import open_session
from crashwatch.cli.show import as_json, be_quiet, complain, is_quiet, print_json, say
from crashwatch.cli.upkeep_command import tell_requests
from reports.errors import ReportStateError
from reports.lifecycle import State
from reports.upload.dsn import parse_dsn
from reports.upload.results import DrainResult

if TYPE_CHECKING:
    from crashwatch.cli.session import Session
    from reports.upload.requests import Delivery


@click.command()
@click.argument("ids", metavar="[ID]...", nargs=-1, shell_complete=report_ids)
@click.option(
    "--now", "at_once", is_flag=True, help="Wait for nothing but an upload under way."
)
@be_quiet
@as_json
def upload(*, ids: tuple[str, ...], at_once: bool, in_json: bool) -> None:
    """Deliver the reports you agreed to. Without an endpoint nothing leaves.

    With ids only those go, now, and whatever was sent today already.

    Example: crashwatch upload --now
    """
    session = open_session()
    only = frozenset(_agreed(session, each) for each in ids)
    at_once = at_once or bool(only)
    problem = gathered(session)
    if problem and not is_quiet():
        complain(problem)
    if not session.configuration.dsn:
        _say_nowhere(in_json=in_json)
        return
    endpoint = parse_dsn(session.configuration.dsn)
    requests, result = deliver(session, endpoint, at_once=at_once, only=only)
    if in_json:
        print_json(result_json(result) | {"requests_taken": _ids(requests)})
    else:
        tell_requests(requests)
        _tell(result)
    if result.kept or result.set_aside or (result.busy and at_once):
        raise click.exceptions.Exit(1)


def _agreed(session: Session, prefix: str) -> str:
    """The id of a report that waits to be sent.

    Raises:
        ReportNotFoundError: There is no such report.
        ReportStateError: It does not wait to be sent.
    """
    found = session.spool.find(prefix)
    if found.state is not State.QUEUED:
        short, state = found.id[:8], found.state.value
        raise ReportStateError(
            f"report {short} is {state} and does not wait to be sent",
            hint=f"`crashwatch reports show {short}` shows it.",
        )
    return found.id


def _ids(requests: Delivery) -> list[str]:
    return [taken.id for taken in requests.taken]


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
