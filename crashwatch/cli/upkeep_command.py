"""``crashwatch upkeep``: keep to the time limits, and send requests for deletion.

A start of a terminal begins it once a day, beside the terminal and detached from it; it
can be run by hand or from cron.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from crashwatch.cli.endpoint import endpoint_of
from crashwatch.cli.session import Session, open_session
from crashwatch.cli.show import as_json, be_quiet, print_json, say
from reports.rights.upkeep import tidy
from reports.upload.requests import Delivery, waiting_requests

if TYPE_CHECKING:
    from reports.rights.upkeep import Tidied


@click.command()
@be_quiet
@as_json
def upkeep(*, in_json: bool) -> None:
    """Delete what was kept long enough; send deletion requests that wait.

    Example: crashwatch upkeep --quiet
    """
    session = open_session()
    if not session.home.root.is_dir():
        done, delivery = None, Delivery()
    else:
        session = session.for_writing()
        done = tidied(session)
        delivery = send_requests(session)
    counts = {
        "reports": done.reports if done else 0,
        "choices": done.choices if done else 0,
        "ledger_lines": done.lines if done else 0,
        "counted_days": done.days if done else 0,
    }
    if in_json:
        taken = [one.id for one in delivery.taken]
        print_json({"deleted": counts, "requests_taken": taken})
    else:
        told = ", ".join(f"{n} {what.replace('_', ' ')}" for what, n in counts.items())
        say(f"Deleted: {told}.")
        tell_requests(delivery)


def tidied(session: Session) -> Tidied:
    """Keep to the limits in force."""
    kept = session.configuration.retention
    return tidy(
        session.spool,
        session.limits(),
        counters=timedelta(days=kept.counters_days),
        log=timedelta(days=kept.log_days),
    )


def send_requests(
    session: Session, *, at_once: bool = False, patience: float = 0.0
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
        at_once=at_once,
        patience=patience,
    )


def tell_requests(delivery: Delivery) -> None:
    """Each receipt, and each request that still waits."""
    for taken in delivery.taken:
        say(
            f"Deletion request {taken.id[:8]} for {taken.events} reports and "
            f"{taken.identities} anonymous ids was taken by {taken.host} "
            f"(HTTP {taken.status})."
        )
    for request_id, why in delivery.kept:
        say(f"Deletion request {request_id[:8]} waits: {why}. It is tried again.")
