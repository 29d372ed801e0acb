"""``crashwatch status``: what is on, why, and what waits."""

from __future__ import annotations

import click

from crashwatch import __version__
from crashwatch.cli.consent_commands import consent_rows
from crashwatch.cli.session import open_session
from crashwatch.cli.show import as_json, print_json, say, size
from reports.lifecycle import STORED

_SHOWN = STORED


@click.command()
@as_json
def status(*, in_json: bool) -> None:
    """Show what is on, what decided it, and what is kept here."""
    session = open_session()
    rows = consent_rows(session)
    counts = {
        state.value: {"reports": len(found), "bytes": sum(row.bytes for row in found)}
        for state in _SHOWN
        for found in [session.spool.list_reports(state)]
    }
    if in_json:
        print_json(
            {
                "version": __version__,
                "home": str(session.home.root),
                "endpoint": session.recipient() or None,
                "consent": rows,
                "consent_problem": session.consent().problem or None,
                "reports": counts,
                "notes": list(session.switches.notes),
            }
        )
        return
    say(f"crashwatch {__version__}, everything is in {session.home.root}")
    say(f"Endpoint: {session.recipient() or 'none; everything stays here'}")
    if problem := session.consent().problem:
        say(f"Consent: {problem}")
    say()
    for row in rows:
        state = "on" if row["allowed"] else "ask" if row["asked"] else "off"
        say(f"  {row['category']:<12} {state:<4} {row['reason']}")
    say()
    for name, count in counts.items():
        if count["reports"]:
            noun = "report" if count["reports"] == 1 else "reports"
            say(f"  {name:<12} {count['reports']} {noun}, {size(count['bytes'])}")
    if not any(count["reports"] for count in counts.values()):
        say("  No reports.")
    for note in session.switches.notes:
        say(f"Note: {note}")
