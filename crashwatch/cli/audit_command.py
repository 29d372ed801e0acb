"""``crashwatch audit``: why each field of a report may leave, and a second search."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, NamedTuple

import click
import msgspec

from crashwatch.cli.completing import report_ids
from crashwatch.cli.session import open_session
from crashwatch.cli.show import as_json, be_quiet, print_json, say, table
from crashwatch.personal_data import collect_identity
from reports.audit import audit
from reports.errors import ReportsError
from reports.lifecycle import State
from reports.spool.summary import damaged_summary

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from reports.audit import Audit, AuditedField
    from reports.spool.directory import Spool
    from reports.spool.summary import Summary
    from scrubbers import Identity

_HEADER = ("FIELD", "VALUES", "REMOVED THERE", "WHY IT MAY LEAVE")


class _Row(NamedTuple):
    """One report and its audit; without one, why there is none or nothing is kept."""

    summary: Summary
    audit: Audit | None = None
    trouble: str = ""
    hint: str = ""
    rules: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether it may stay as it is; what was withheld holds nothing."""
        return not self.trouble and (self.audit is None or self.audit.is_clean)


@click.command("audit")
@click.argument("report_id", metavar="[ID]", required=False, shell_complete=report_ids)
@be_quiet
@as_json
def audit_command(report_id: str | None, *, in_json: bool) -> None:
    """Check what a report holds against what it may hold.

    Lists each field, why it may leave and what was removed there, and searches the
    stored bytes once more for everything that names you. Without an ID: all reports.
    Exits with 1 where something was found.

    Example: crashwatch audit 3f2a
    """
    rows = list(_rows(open_session().spool, report_id, collect_identity(os.environ)))
    if in_json:
        print_json([_as_json(row) for row in rows])
    else:
        _say_all(rows)
    if not all(row.is_clean for row in rows):
        raise click.exceptions.Exit(1)


def _rows(spool: Spool, wanted: str | None, identity: Identity) -> Iterator[_Row]:
    ids = None if wanted is None else spool.find(wanted).id
    listed = {row.id: row for row in spool.list_reports()}
    for summary in (*listed.values(), *_unlisted(spool, listed)):
        if ids in {None, summary.id}:
            yield _row(spool, summary, identity)


def _unlisted(spool: Spool, listed: Collection[str]) -> Iterator[Summary]:
    """Damaged ones, which a list leaves out: they too hold something."""
    for found in spool.walk():
        if found.id not in listed:
            with contextlib.suppress(FileNotFoundError):  # it moved on meanwhile
                row = damaged_summary(spool.folder(found))
                yield msgspec.structs.replace(row, state=found.state)


def _row(spool: Spool, summary: Summary, identity: Identity) -> _Row:
    try:
        if summary.state is State.WITHHELD:
            return _Row(summary, rules=spool.read_withheld(summary.id).rules)
        stored = spool.read(summary.id)
        found = audit(stored.report_json, stored.items, identity=identity)
    except ReportsError as error:
        return _Row(summary, trouble=str(error), hint=error.hint)
    return _Row(summary, found)


def _say_all(rows: list[_Row]) -> None:
    if not rows:
        say("No reports.")
    for number, row in enumerate(rows):
        if number:
            say()
        say(f"Report {row.summary.id}, {row.summary.state.value}")
        if row.audit is not None:
            _say_audit(row.audit)
        elif row.trouble:
            say(f"  cannot be audited: {row.trouble}")
            if row.hint:
                say(f"  {row.hint}")
        else:
            say("  nothing of it was kept but why: " + ", ".join(row.rules))


def _say_audit(found: Audit) -> None:
    table([_cells(field) for field in found.fields], _HEADER)
    for field in found.unexplained:
        say(f"not explained by the disclosure: {field}")
    if not found.event_is_the_report:
        say("The event that would be sent is not made of these fields alone.")
    if found.hits:
        say("The search for you found: " + ", ".join(found.hits))
        say("  crashwatch reports discard ID deletes the report.")
    else:
        say("The search for you found nothing.")


def _cells(field: AuditedField) -> tuple[str, str, str, str]:
    removed = ", ".join(f"{each.count} {each.rule}" for each in field.removed)
    return field.field, str(field.values), removed, field.why


def _as_json(row: _Row) -> dict[str, object]:
    told: dict[str, object] = {
        "id": row.summary.id,
        "state": row.summary.state.value,
        "clean": row.is_clean,
    }
    if row.audit is not None:
        found: dict[str, object] = msgspec.to_builtins(row.audit)
        return told | found
    return told | {"trouble": row.trouble, "rules": list(row.rules)}
