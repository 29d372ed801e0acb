"""``crashwatch upkeep``: send what waits, then keep to the time limits.

A start of a terminal begins it once a day, and once an hour while something waits to be
sent, beside the terminal and detached from it; ``crashwatch timer`` lets systemd begin
it, and it can be run by hand or from cron.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from crashwatch.cli.delivering import deliver, gathered, send_requests
from crashwatch.cli.endpoint import endpoint_of
from crashwatch.cli.session import Session, open_session
from crashwatch.cli.show import as_json, be_quiet, print_json, say
from crashwatch.prompts.size_text import counted
from reports.errors import ReportsError
from reports.rights.upkeep import tidy
from reports.upload.requests import Delivery
from reports.upload.results import DrainResult

if TYPE_CHECKING:
    from reports.rights.upkeep import Tidied


@click.command()
@be_quiet
@as_json
def upkeep(*, in_json: bool) -> None:
    """Send what waits and you agreed to; delete what was kept long enough.

    Example: crashwatch upkeep --quiet
    """
    session = open_session()
    done, delivery, sent = None, Delivery(), DrainResult()
    if session.home.root.is_dir():
        session = session.for_writing()
        # Before the limits: a clock that jumped makes everything old, and what was
        # agreed to shall have had its chance.
        delivery, sent = _delivered(session)
        done = tidied(session)
    counts = {
        "reports": done.reports if done else 0,
        "choices": done.choices if done else 0,
        "ledger_lines": done.lines if done else 0,
        "counted_days": done.days if done else 0,
    }
    if in_json:
        taken = [one.id for one in delivery.taken]
        print_json({"deleted": counts, "requests_taken": taken, "sent": sent.sent})
    else:
        told = ", ".join(f"{n} {what.replace('_', ' ')}" for what, n in counts.items())
        say(f"Deleted: {told}.")
        tell_requests(delivery)
        if sent.sent:
            say(f"{counted(len(sent.sent), 'report')} sent.")


def _delivered(session: Session) -> tuple[Delivery, DrainResult]:
    """Take up what was counted and send what may go; what fails is tried again."""
    gathered(session)
    try:
        endpoint = endpoint_of(session)
        if endpoint is None:
            return send_requests(session), DrainResult()
        return deliver(session, endpoint)
    except (ReportsError, OSError):
        return Delivery(), DrainResult()


def tidied(session: Session) -> Tidied:
    """Keep to the limits in force."""
    kept = session.configuration.retention
    return tidy(
        session.spool,
        session.limits(),
        counters=timedelta(days=kept.counters_days),
        log=timedelta(days=kept.log_days),
    )


def tell_requests(delivery: Delivery) -> None:
    """Each receipt, and each request that still waits."""
    for taken in delivery.taken:
        reports = counted(taken.events, "report")
        ids = counted(taken.identities, "anonymous id")
        say(
            f"Deletion request {taken.id[:8]} for {reports} and {ids} "
            f"was taken by {taken.host} (HTTP {taken.status})."
        )
    for request_id, why in delivery.kept:
        say(f"Deletion request {request_id[:8]} waits: {why}. It is tried again.")
