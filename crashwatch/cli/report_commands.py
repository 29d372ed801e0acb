"""``crashwatch reports``: list, approve, discard; show and stats are elsewhere.

A list of a thousand shall not take longer to load than to read: what only ``show`` and
``approve`` need is loaded there.
"""

from __future__ import annotations

import click
import msgspec

from crashwatch.cli.completing import report_ids
from crashwatch.cli.lazy_group import LazyGroup
from crashwatch.cli.report_json import summary_json
from crashwatch.cli.session import open_session
from crashwatch.cli.show import as_json, be_quiet, print_json, say, size, table
from reports.lifecycle import STORED, State


@click.group(
    cls=LazyGroup,
    where={
        "show": "crashwatch.cli.report_show:show_report",
        "stats": "crashwatch.cli.stats_command:stats",
    },
)
def reports() -> None:
    """Look at what was captured, and decide what happens to it.

    Example: crashwatch reports list --state pending
    """


@reports.command("list")
@click.option(
    "--state",
    metavar="STATE",
    type=click.Choice([state.value for state in STORED]),
    help="pending, queued, sent, withheld or quarantine only.",
)
@as_json
def list_command(state: str | None, *, in_json: bool) -> None:
    """List reports, oldest first.

    Example: crashwatch reports list --state pending
    """
    listing = open_session().listing
    rows = listing.list_reports(*([State(state)] if state else []), dated=in_json)
    if in_json:
        print_json([summary_json(row) for row in rows])
        return
    if not rows:
        say("No reports.")
        return
    table(
        [
            (
                row.id[:8],
                row.state.value,
                row.created.isoformat(" ", "minutes")[:16],
                row.program,
                (row.reason.signal or row.reason.kind) if row.reason else "",
                size(row.bytes),
            )
            for row in rows
        ],
        ("ID", "STATE", "CREATED (UTC)", "PROGRAM", "REASON", "SIZE"),
    )


@reports.command("approve")
@click.argument("report_id", metavar="ID", shell_complete=report_ids)
@click.option(
    "--comment", metavar="TEXT", help="Your own words about it, which are sent too."
)
@be_quiet
@as_json
def approve(report_id: str, comment: str | None, *, in_json: bool) -> None:
    """Agree that this one report is sent, exactly as it is shown.

    A comment goes only as it was given: where something personal would be taken out of
    it, you are shown what would be left, and nothing is agreed to.

    Example: crashwatch reports approve 3f2a
    """
    session = open_session()
    session.spool.find(report_id)
    session = session.for_writing()
    stored = session.spool.read(report_id)
    if comment:
        from crashwatch.cli.drafted import approve_with_comment  # noqa: PLC0415

        approval = approve_with_comment(session, stored, comment, how="cli")
    else:
        from crashwatch.cli.sending import approve as agree  # noqa: PLC0415

        approval = agree(session, stored, how="cli")
    if in_json:
        print_json(msgspec.to_builtins(approval))
        return
    with_it = ", with your comment" if comment else ""
    say(f"Report {approval.id[:8]} will be sent{with_it}.")
    if not session.configuration.dsn:
        say("No endpoint is set: it waits until config.toml names one.")
    else:
        say("Next: crashwatch upload")


@reports.command("discard")
@click.argument(
    "report_ids", metavar="ID...", nargs=-1, required=True, shell_complete=report_ids
)
@be_quiet
@as_json
def discard(report_ids: tuple[str, ...], *, in_json: bool) -> None:
    """Delete reports from this machine.

    Example: crashwatch reports discard 3f2a 81c0
    """
    session = open_session()
    gone: list[str] = []
    for report_id in report_ids:
        gone.append(session.spool.find(report_id).id)
        session.for_writing().spool.discard(report_id)
        if not in_json:
            say(f"Report {gone[-1][:8]} is gone.")
    if in_json:
        print_json({"discarded": gone})
