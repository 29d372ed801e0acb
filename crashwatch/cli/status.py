"""``crashwatch status``: what is on, why, and what waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from crashwatch import __version__
from crashwatch.cli.account_shown import account_json, say_account
from crashwatch.cli.consent_commands import consent_rows, since_of
from crashwatch.cli.counts_shown import counts_json, say_counts
from crashwatch.cli.delivery_shown import delivery_json, say_delivery
from crashwatch.cli.session import open_session
from crashwatch.cli.show import as_json, print_json, say, size
from crashwatch.prompts.size_text import counted
from reports.lifecycle import STORED
from reports.spool.fates import take_fates
from reports.upload.requests import taken_requests, waiting_requests

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crashwatch.cli.session import Session
    from reports.upload.requests import Taken, Waiting


@click.command()
@as_json
def status(*, in_json: bool) -> None:
    """Show what is on, what decided it, and what is kept here.

    Example: crashwatch status
    """
    session = open_session()
    rows = consent_rows(session)
    counts = _counts(session)
    fates = take_fates(session.spool)
    waiting = waiting_requests(session.home)
    taken = taken_requests(session.home)
    if in_json:
        about = {
            **_about(session),
            "consent": rows,
            "reports": counts,
            "account": account_json(fates),
            "counters": counts_json(session),
            "delivery": delivery_json(session),
            "deletion_requests": {
                "waiting": [one.id for one in waiting],
                "taken": [one.id for one in taken],
            },
        }
        print_json(about)
        return
    _tell_place(session)
    _tell_consent(rows)
    _tell_reports(counts)
    say_account(fates)
    say_delivery(session)
    say_counts(session)
    _tell_requests(waiting, taken)
    for note in session.switches.notes:
        say(f"Note: {note}")


def _counts(session: Session) -> dict[str, dict[str, int]]:
    """Reports and their bytes, by state."""
    return {
        state.value: {
            "reports": len(found),
            "bytes": sum(row.bytes for row in found),
            "stored_bytes": sum(row.stored_bytes for row in found),
        }
        for state in STORED
        for found in [session.spool.list_reports(state)]
    }


def _about(session: Session) -> dict[str, object]:
    """What is known without looking through anything, as JSON."""
    return {
        "version": __version__,
        "home": str(session.home.root),
        "endpoint": session.recipient() or None,
        "consent_problem": session.consent().problem or None,
        "region": session.switches.region.name or None,
        "notes": list(session.switches.notes),
    }


def _tell_place(session: Session) -> None:
    say(f"crashwatch {__version__}, everything is in {session.home.root}")
    say(f"Endpoint: {session.recipient() or 'none; everything stays here'}")
    say(f"Region: {session.switches.region.name or 'no rules are configured'}")
    if problem := session.consent().problem:
        say(f"Consent: {problem}")
    say()


def _tell_consent(rows: Sequence[dict[str, Any]]) -> None:
    for row in rows:
        state = "on" if row["allowed"] else "ask" if row["asked"] else "off"
        decided = f"[{row['decided_by']}]"
        since = f" since {when}" if (when := since_of(row)) else ""
        say(f"  {row['category']:<12} {state:<4} {row['reason']}{since} {decided}")
    say()


def _tell_reports(counts: Mapping[str, dict[str, int]]) -> None:
    for name, count in counts.items():
        if count["reports"]:
            reports = counted(count["reports"], "report")
            kept = size(count["stored_bytes"])
            whole = f", {size(count['bytes'])} expanded" if count["bytes"] else ""
            say(f"  {name:<12} {reports}, {kept} on the disk{whole}")
    if not any(count["reports"] for count in counts.values()):
        say("  No reports.")


def _tell_requests(waiting: Sequence[Waiting], taken: Sequence[Taken]) -> None:
    for request in waiting:
        place = request.place or "a server"
        say(f"Deletion request {request.id[:8]} waits for {place}.")
    for receipt in taken:
        day = f"{receipt.when:%Y-%m-%d}"
        say(f"Deletion request {receipt.id[:8]} was taken by {receipt.host} on {day}.")
