"""``crashwatch reports stats``: all reports together."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
import msgspec

from crashwatch.cli.folding import width_of
from crashwatch.cli.progress import Progress
from crashwatch.cli.report_stats import Read, stats_of
from crashwatch.cli.screen import show_lines
from crashwatch.cli.session import open_session
from crashwatch.cli.show import as_json, print_json, say
from crashwatch.cli.stats_text import BLOCKS, stats_lines
from reports.consent.record import Category
from reports.crash_report import CrashReport
from reports.errors import StorageError
from reports.spool import at_rest
from reports.spool.damage import damage_named
from reports.spool.durable import opened_folder
from reports.spool.listing import Found
from reports.spool.records import MAX_REPORT_BYTES, REPORT, decoded

if TYPE_CHECKING:
    from reports.spool.listing import Listing
    from reports.spool.summary import Summary


@click.command()
@click.option(
    "--top",
    default=3,
    show_default=True,
    type=click.IntRange(0, 1000),
    help="So many crashes, the most frequent first.",
)
@as_json
def stats(*, top: int, in_json: bool) -> None:
    """Count reports: by state, day and reason, and which crash came how often.

    Two reports are of one crash where the same program ended in the same way in the
    same innermost calls.

    Example: crashwatch reports stats --top 10
    """
    listing = open_session().listing
    read = []
    with Progress("reading") as progress:
        rows = listing.list_reports(dated=False)
        for number, row in enumerate(rows):
            progress(number, len(rows))
            read.append(Read(row, _report(listing, row)))
    found = stats_of(read, datetime.now(UTC).date(), top)
    if in_json:
        print_json(msgspec.to_builtins(found))
    elif not rows:
        say("No reports.")
    else:
        columns = width_of(sys.stdout)
        show_lines(stats_lines(found, blocks=_has_blocks(), columns=columns))


def _report(listing: Listing, row: Summary) -> CrashReport | None:
    """A crash's report; None where there is none that can be read."""
    if row.category != Category.CRASH.value:
        return None
    folder = listing.folder(Found(row.id, row.state))
    try:
        with damage_named(folder), opened_folder(folder) as handle:
            return decoded(at_rest.read(handle, REPORT, MAX_REPORT_BYTES), CrashReport)
    except (FileNotFoundError, StorageError):
        return None


def _has_blocks() -> bool:
    try:
        BLOCKS.encode(sys.stdout.encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return False
    return True
