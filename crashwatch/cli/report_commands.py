"""``crashwatch reports``: list, show, approve, discard.

A list of a thousand shall not take longer to load than to read: what only ``show`` and
``approve`` need is loaded there.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
import msgspec

from crashwatch.cli.session import open_session
from crashwatch.cli.show import as_json, print_json, say, size, table
from reports.consent.record import Category
from reports.errors import ReportNotFoundError
from reports.lifecycle import STORED, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.spool.directory import Spool
    from reports.spool.entry import StoredReport
    from reports.spool.summary import Summary


@click.group()
def reports() -> None:
    """Look at what was captured, and decide what happens to it."""


@reports.command("list")
@click.option(
    "--state",
    type=click.Choice([state.value for state in STORED]),
    help="Only reports in this state.",
)
@as_json
def list_command(state: str | None, *, in_json: bool) -> None:
    """List reports, oldest first."""
    listing = open_session().listing
    rows = listing.list_reports(*([State(state)] if state else []), dated=False)
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


@reports.command("show")
@click.argument("report_id", metavar="ID")
@click.option("--payload", is_flag=True, help="Print the exact bytes that would leave.")
@as_json
def show_report(report_id: str, *, payload: bool, in_json: bool) -> None:
    """Show everything a report holds."""
    spool = open_session().spool
    found = spool.find(report_id)
    if found.state is State.WITHHELD:
        _show_withheld(spool, report_id, in_json=in_json)
        return
    stored = spool.read(report_id)
    if payload:
        sys.stdout.buffer.write(stored.envelope)
    elif in_json:
        print_json(report_json(stored))
    else:
        for line in _lines(stored):
            say(line)


@reports.command("approve")
@click.argument("report_id", metavar="ID")
@as_json
def approve(report_id: str, *, in_json: bool) -> None:
    """Agree that this one report is sent, exactly as it is shown."""
    session = open_session()
    session.spool.find(report_id)
    session = session.for_writing()
    stored = session.spool.read(report_id)
    from crashwatch.cli.sending import approve as agree  # noqa: PLC0415

    approval = agree(session, stored, how="cli")
    if in_json:
        print_json(msgspec.to_builtins(approval))
        return
    say(f"Report {approval.id[:8]} will be sent.")
    if not session.configuration.dsn:
        say("No endpoint is set: it waits until config.toml names one.")
    else:
        say("Next: crashwatch upload")


@reports.command("discard")
@click.argument("report_ids", metavar="ID...", nargs=-1, required=True)
@as_json
def discard(report_ids: tuple[str, ...], *, in_json: bool) -> None:
    """Delete reports from this machine."""
    session = open_session()
    gone: list[str] = []
    for report_id in report_ids:
        gone.append(session.spool.find(report_id).id)
        session.for_writing().spool.discard(report_id)
        if not in_json:
            say(f"Report {gone[-1][:8]} is gone.")
    if in_json:
        print_json({"discarded": gone})


def _lines(stored: StoredReport) -> Iterator[str]:
    from crashwatch.cli.report_text import report_lines  # noqa: PLC0415
    from crashwatch.cli.usage_text import usage_lines  # noqa: PLC0415
    from reports.crash_report import CrashReport  # noqa: PLC0415
    from reports.spool.records import decoded  # noqa: PLC0415
    from reports.usage_report import UsageReport  # noqa: PLC0415

    if stored.summary.category == Category.CRASH.value:
        return report_lines(decoded(stored.report_json, CrashReport), stored)
    return usage_lines(decoded(stored.report_json, UsageReport), stored)


def _show_withheld(spool: Spool, report_id: str, *, in_json: bool) -> None:
    record = spool.read_withheld(report_id)
    if in_json:
        print_json(msgspec.to_builtins(record) | {"state": State.WITHHELD.value})
        return
    say(f"Report {record.id[:8]} was withheld: a wall found what must not leave.")
    say("Nothing of the report was kept but these reasons, as rule:place of the find:")
    for rule in record.rules:
        say(f"  {rule}")
    say("A rule is named after what it knows of you (user, home, host, argument, ...).")


def summary_json(row: Summary) -> dict[str, object]:
    """One report in a list: the contract's keys."""
    return {
        "id": row.id,
        "state": row.state.value,
        "category": row.category,
        "created": row.created.isoformat(),
        "program": row.program,
        "reason": {"kind": row.reason.kind, "signal": row.reason.signal}
        if row.reason
        else None,
        "bytes": row.bytes,
    }


def report_json(stored: StoredReport) -> dict[str, object]:
    """One report whole: the summary's keys, the report's, and what would be sent."""
    from reports.spool.records import decoded  # noqa: PLC0415

    report = decoded(stored.report_json, dict[str, object])
    if "id" not in report:
        raise ReportNotFoundError("the report has no id")
    report.setdefault("threads", [])
    return {
        **report,
        **summary_json(stored.summary),
        "category": stored.summary.category or Category.CRASH.value,
        "items": [
            {
                "type": item.type,
                "name": item.name,
                "bytes": len(item.data),
                "sha256": item.sha256,
            }
            for item in stored.items
        ],
    }
