"""``crashwatch export``, ``erase`` and ``identity``: the person's rights."""

from __future__ import annotations

import contextlib
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crashwatch import __version__
from crashwatch.cli.consent_commands import consent_rows
from crashwatch.cli.delivering import send_requests
from crashwatch.cli.endpoint import endpoint_of
from crashwatch.cli.progress import Progress
from crashwatch.cli.session import Session, open_session, open_session_for_rights
from crashwatch.cli.show import as_json, be_quiet, print_json, say, size
from crashwatch.cli.timer_command import is_on
from crashwatch.cli.upkeep_command import tell_requests
from crashwatch.errors import CrashwatchError, UsageError
from crashwatch.prompts.size_text import counted
from reports.consent.record import Given
from reports.consent.record_file import choose
from reports.errors import StorageError
from reports.identity import ids_until_now, reset_secret
from reports.rights.erase import (
    Erased,
    erase_files,
    refusals_of,
    request_deletion,
    verify,
    withdraw_everything,
    without_grants,
)
from reports.rights.export import Exported
from reports.rights.export import export as write_export
from reports.spool import reserve
from reports.upload.requests import taken_requests, waiting_requests

if TYPE_CHECKING:
    from reports.deletion_request import DeletionRequest
    from reports.upload.requests import Delivery

_LIMITS_OF_ERASING = (
    "Overwritten, synced, then removed. What a file system keeps besides (names in "
    "folders and journals; older copies on copy-on-write file systems, in snapshots "
    "and backups, and on flash disks) no program can reach."
)


@click.command("export")
@click.option(
    "--output",
    metavar="FILE.zip",
    required=True,
    type=click.Path(path_type=Path),
    help="Where to.",
)
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@be_quiet
@as_json
def export(*, output: Path, force: bool, in_json: bool) -> None:
    """Write everything that is held about you into a ZIP file.

    Example: crashwatch export --output mine.zip
    """
    session = open_session_for_rights()
    with Progress("exporting") as progress:
        done = write_export(
            session.spool,
            output,
            documents_of(session),
            force=force,
            progress=progress,
        )
    _tell_export(done, output, in_json=in_json)


def documents_of(session: Session) -> dict[str, object]:
    """What an export holds besides the files: choices, ids, requests."""
    now = datetime.now(UTC)
    home = session.home
    endpoint = endpoint_of(session)
    ids = ids_until_now(home.identity, now, endpoint.scope) if endpoint else {}
    waiting = [
        {"id": one.id, "made": one.made.isoformat(), "place": one.place}
        for one in waiting_requests(home)
    ]
    taken = [
        {"id": one.id, "when": one.when.isoformat(), "host": one.host}
        for one in taken_requests(home)
    ]
    return {
        "choices.json": {
            "in_force": consent_rows(session),
            "disclosure": session.disclosure(),
            "problem": session.consent().problem or None,
        },
        "identity.json": {"anonymous_ids": ids, "secret": "left out, see README.txt"},
        "deletion.json": {"waiting": waiting, "taken": taken},
        "summary.json": {
            "schema": 1,
            "made": now.isoformat(),
            "crashwatch": __version__,
            "home": str(home.root),
            "endpoint": session.recipient() or None,
            "region": session.switches.region.name or None,
        },
    }


def _tell_export(done: Exported, output: Path, *, in_json: bool) -> None:
    if in_json:
        print_json(
            {
                "output": str(output),
                "files": done.files,
                "bytes": done.bytes,
                "reports": done.reports,
                "left_out": done.left_out,
            }
        )
        return
    held = f"{counted(done.files, 'file')}, {size(done.bytes)}"
    say(f"{output}: {held}, {counted(done.reports, 'report')}.")
    say("README.txt in it says what is what.")


@click.command("erase")
@click.option("--yes", is_flag=True, help="Do not ask.")
@be_quiet
@as_json
def erase(*, yes: bool, in_json: bool) -> None:
    """Erase everything that is held here, and ask servers to erase what was sent.

    Example: crashwatch erase --yes
    """
    session = open_session_for_rights()
    if not session.home.root.is_dir():
        _tell_erased(Erased(), (), None, in_json=in_json)
        return
    if not yes:
        _confirm(session)
    session = session.for_writing()
    requests, delivery, erased = erase_everything(session)
    _tell_erased(erased, requests, delivery, in_json=in_json)
    if erased.left:
        raise CrashwatchError(
            f"{counted(len(erased.left), 'file')} could not be erased",
            f"Look at {session.home.root}, then `crashwatch erase` again.",
        )


def erase_everything(
    session: Session, how: Given = Given.CLI
) -> tuple[tuple[DeletionRequest, ...], Delivery, Erased]:
    """The request first, then every yes is taken back, then the files go."""
    home, now = session.home, datetime.now(UTC)
    endpoint = endpoint_of(session)
    reserve.release(home.reports)
    requests = request_deletion(
        session.spool,
        place=endpoint.place if endpoint else "",
        scope=endpoint.scope if endpoint else "",
        now=now,
    )
    choices = [(c.category, c.state) for c in session.consent().choices]
    occasion = session.occasion(how)
    if taken_back := without_grants(choices):
        # What cannot be written is removed, and what follows makes room for the rest.
        with contextlib.suppress(StorageError):
            choose(home.consent_record, home.consent_log, taken_back, occasion)
    withdraw_everything(session.spool)
    delivery = send_requests(session, at_once=True, patience=5.0)
    with Progress("erasing") as progress:
        erased = erase_files(home, progress=progress)
    words = [i.encode() for r in requests for i in (*r.event_ids, *r.anonymous_ids)]
    verify(home, erased, words)
    if refused := refusals_of(choices):
        home = session.for_writing().home
        try:
            choose(home.consent_record, home.consent_log, refused, occasion)
        except StorageError:
            if not erased.left:
                raise
    return requests, delivery, erased


def _confirm(session: Session) -> None:
    if not sys.stdin.isatty():
        raise UsageError("erase asks before it begins", "Add --yes to erase unasked.")
    reports = counted(len(session.spool.list_reports()), "report")
    say(
        f"Everything below {session.home.root} goes: {reports}, your choices and how "
        "they came to be, counters, receipts, the secret of the anonymous id. "
        "config.toml stays, and that you refused something. It cannot be undone."
    )
    say("`crashwatch export --output FILE.zip` keeps a copy for you.")
    if not click.confirm("Erase everything?", default=False):
        raise CrashwatchError("nothing was erased")


def _tell_erased(
    erased: Erased,
    requests: tuple[DeletionRequest, ...],
    delivery: Delivery | None,
    *,
    in_json: bool,
) -> None:
    if in_json:
        taken = delivery.taken if delivery else []
        kept = delivery.kept if delivery else []
        print_json(
            {
                "files": erased.files,
                "bytes": erased.bytes,
                "left": erased.left,
                "requests": [
                    {
                        "id": one.id,
                        "event_ids": len(one.event_ids),
                        "anonymous_ids": len(one.anonymous_ids),
                    }
                    for one in requests
                ],
                "taken": [
                    {"id": t.id, "host": t.host, "status": t.status} for t in taken
                ],
                "waiting": [{"id": i, "why": why} for i, why in kept],
            }
        )
        return
    if delivery is not None:
        tell_requests(delivery)
    if not requests:
        say("Nothing was ever sent, so no server needs to be asked.")
    left = counted(len(erased.left), "is", "are") if erased.left else "nothing is"
    gone = f"{counted(erased.files, 'file')} erased, {size(erased.bytes)}"
    say(f"{gone}; looked again: {left} left.")
    for name, why in erased.left.items():
        say(f"  {name}: {why}")
    say(_LIMITS_OF_ERASING)
    if is_on():
        say("The timer stays, for requests that wait: `crashwatch timer off`.")


@click.group()
def identity() -> None:
    """The anonymous id, which usage data carries where you allowed usage.

    Example: crashwatch identity reset
    """


@identity.command("show")
@as_json
def show(*, in_json: bool) -> None:
    """Show the ids of each quarter, for the endpoint in use.

    Example: crashwatch identity show
    """
    session = open_session()
    endpoint = endpoint_of(session)
    ids: dict[str, str] = {}
    if endpoint is not None:
        path = session.home.identity
        ids = ids_until_now(path, datetime.now(UTC), endpoint.scope)
    if in_json:
        print_json(
            {"anonymous_ids": ids, "exists": os.path.lexists(session.home.identity)}
        )
    elif not ids:
        say("There is no anonymous id.")
    for name, value in ids.items():
        if not in_json:
            say(f"{name}  {value}")


@identity.command("reset")
@be_quiet
@as_json
def reset(*, in_json: bool) -> None:
    """Draw a new secret: later ids cannot be linked to earlier ones.

    Data sent under earlier ids stays where it is, and can no longer be asked back by
    its id: `crashwatch erase` first, where you want it erased.

    Example: crashwatch identity reset
    """
    session = open_session()
    existed = os.path.lexists(session.home.identity)
    if existed:
        reset_secret(session.for_writing().home.identity)
    if in_json:
        print_json({"reset": existed})
    elif existed:
        say("The anonymous id is a new one.")
    else:
        say("There is no anonymous id, so there is nothing to reset.")
