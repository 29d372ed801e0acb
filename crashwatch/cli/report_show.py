"""``crashwatch reports show``: one report on the screen or a page, or two compared."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import click
import msgspec

from crashwatch.cli.completing import report_ids as known_ids
from crashwatch.cli.diff_text import diff_lines
from crashwatch.cli.own_files import OwnFiles, folders_here
from crashwatch.cli.report_diff import difference
from crashwatch.cli.report_json import report_json
from crashwatch.cli.report_text import report_lines
from crashwatch.cli.screen import line, show_lines
from crashwatch.cli.sent_text import way_json, way_lines
from crashwatch.cli.session import Session, now, open_session
from crashwatch.cli.show import as_json, print_json, say, size
from crashwatch.cli.usage_text import usage_lines
from crashwatch.errors import CrashwatchError, NotFoundError
from reports.consent.record import Category
from reports.crash_report import CrashReport
from reports.errors import MinidumpError, StorageError
from reports.lifecycle import State
from reports.minidump.reader import Minidump
from reports.spool.records import decoded
from reports.usage_report import UsageReport
from reports.whole_file import write_whole

if TYPE_CHECKING:
    from reports.spool.directory import Spool
    from reports.spool.entry import StoredReport

_MINIDUMP = "minidump.dmp"
_T = TypeVar("_T")


class _Wish(NamedTuple):
    """What ``show`` shall do with the report it finds."""

    payload: bool
    page: Path | None
    force: bool
    folders: tuple[str, ...]
    in_json: bool


@click.command("show")
@click.argument(
    "report_ids", metavar="[ID]", nargs=-1, required=False, shell_complete=known_ids
)
@click.option("--payload", is_flag=True, help="Print the exact bytes that would leave.")
@click.option(
    "--html",
    "page",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write a page that needs nothing beside it.",
)
@click.option("--force", is_flag=True, help="Replace FILE where it is there.")
@click.option(
    "--diff",
    "compare",
    is_flag=True,
    help="Say what differs between two: --diff ID ID.",
)
@click.option(
    "--app",
    "folders",
    metavar="DIR",
    multiple=True,
    type=click.Path(exists=True, file_okay=False),
    help="Where the program's code is, for links on the screen.",
)
@as_json
def show_report(
    report_ids: tuple[str, ...],
    *,
    payload: bool,
    page: Path | None,
    force: bool,
    compare: bool,
    folders: tuple[str, ...],
    in_json: bool,
) -> None:
    """Show everything a report holds: that of the newest crash without an ID.

    \b
    crashwatch reports show 3f2a                  on the screen
    crashwatch reports show 3f2a --html crash.html
    crashwatch reports show --diff 3f2a 81c0      what differs
    """  # noqa: D301 -- \b is click's mark for a paragraph to leave alone
    if compare + payload + (page is not None) > 1:
        raise click.UsageError("--payload, --html and --diff exclude each other")
    if payload and in_json:
        raise click.UsageError("--payload prints bytes as they are, never JSON")
    if len(report_ids) > 1 + compare or (compare and len(report_ids) < 2):
        raise click.UsageError(f"give {'two ids' if compare else 'one id'}")
    session = open_session()
    if compare:
        _compare(session.spool, *report_ids, in_json=in_json)
    else:
        wish = _Wish(payload, page, force, folders, in_json)
        _show(session, report_ids[0] if report_ids else _newest(session), wish)


def _newest(session: Session) -> str:
    """The id of the newest crash; where none is kept, of the newest day's counts."""
    rows = session.spool.list_reports(dated=False)
    if not rows:
        hint = "`crashwatch run -- PROGRAM` makes one when PROGRAM crashes."
        raise NotFoundError("there is no report", hint)
    crashes = [row for row in rows if row.category == Category.CRASH.value]
    return (crashes or rows)[-1].id


def _show(session: Session, report_id: str, wish: _Wish) -> None:
    spool = session.spool
    if spool.find(report_id).state is State.WITHHELD:
        _show_withheld(spool, report_id, in_json=wish.in_json)
        return
    stored = spool.read(report_id)
    if wish.payload:
        sys.stdout.buffer.write(stored.envelope)
    elif wish.page is not None:
        _write_page(stored, wish.page, force=wish.force, in_json=wish.in_json)
    elif wish.in_json:
        print_json(report_json(stored) | way_json(stored, now()))
    else:
        _print(session, stored, wish.folders)


def _print(session: Session, stored: StoredReport, folders: tuple[str, ...]) -> None:
    if not _is_crash(stored):
        report = _decoded(stored, UsageReport)
        show_lines([*map(line, usage_lines(report, stored)), *way_lines(stored, now())])
        return
    crash = _decoded(stored, CrashReport)
    configured = (*folders, *session.configuration.app_roots)
    files = OwnFiles(folders_here(crash.program, configured))
    lines = report_lines(crash, stored, files.path_of)
    show_lines([*lines, *way_lines(stored, now())])


def _is_crash(stored: StoredReport) -> bool:
    return stored.summary.category == Category.CRASH.value


def _crash(stored: StoredReport) -> CrashReport:
    if not _is_crash(stored):
        raise CrashwatchError(
            f"report {stored.summary.id[:8]} is of a day's counts, not of a crash",
            "`crashwatch reports show ID` shows it.",
        )
    return _decoded(stored, CrashReport)


def _decoded(stored: StoredReport, kind: type[_T]) -> _T:
    """The report itself; of one that is not ours, at least what shows it as it is."""
    try:
        return decoded(stored.report_json, kind)
    except StorageError as error:
        name = stored.summary.id[:8]
        raise StorageError(
            f"report {name} has not the form of a report: {error}",
            hint=f"`crashwatch reports show {name} --json` prints it as it is.",
        ) from error


def _write_page(
    stored: StoredReport, page: Path, *, force: bool, in_json: bool
) -> None:
    from crashwatch.headless.pages import report_page  # noqa: PLC0415 -- loads jinja2

    text = report_page(_crash(stored), stored.items).encode()
    try:
        write_whole(page, text, force=force)
    except FileExistsError:
        raise CrashwatchError(
            f"{page} is there already", "Choose another name, or add --force."
        ) from None
    except OSError as error:
        raise CrashwatchError(
            f"{page}: {error.strerror}", "Nothing was written. Name a file elsewhere."
        ) from None
    if in_json:
        print_json({"output": str(page), "bytes": len(text)})
    else:
        say(f"{page}: {size(len(text))}; it needs nothing beside it.")


def _compare(spool: Spool, first: str, second: str, *, in_json: bool) -> None:
    before, after = _readable(spool, first), _readable(spool, second)
    found = difference(
        _crash(before), _crash(after), (_modules(before), _modules(after))
    )
    if in_json:
        print_json(msgspec.to_builtins(found))
    else:
        show_lines(diff_lines(found, before.summary, after.summary))


def _readable(spool: Spool, report_id: str) -> StoredReport:
    found = spool.find(report_id)
    if found.state is State.WITHHELD:
        raise CrashwatchError(
            f"report {found.id[:8]} was withheld: nothing of it was kept",
            f"`crashwatch reports show {found.id[:8]}` says why.",
        )
    return spool.read(found.id)


def _modules(stored: StoredReport) -> dict[str, str] | None:
    """Name to build id; None without a minidump that can be read."""
    dump = next((item for item in stored.items if item.name == _MINIDUMP), None)
    if dump is None:
        return None
    try:
        modules = Minidump(dump.data).modules
    except MinidumpError:
        return None
    return {each.name: each.build_id.hex() or each.debug_id for each in modules}


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
