"""``crashwatch honour-deletions``: the operator's tool; it runs beside a server."""

from __future__ import annotations

import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crashwatch.cli.progress import Progress
from crashwatch.cli.show import as_json, be_quiet, print_json, say
from crashwatch.errors import CrashwatchError, UsageError
from reports.honour.bugsink import Bugsink
from reports.honour.carry_out import Honoured, honour
from reports.honour.http_api import HttpApi
from reports.honour.sentry_api import Sentry

if TYPE_CHECKING:
    from reports.honour.server import Server

TOKEN = "CRASHWATCH_SERVER_TOKEN"  # noqa: S105 -- the variable's name
PASSWORD = "CRASHWATCH_SERVER_PASSWORD"  # noqa: S105 -- the variable's name

_SETTLE_SECONDS = 0.5


@click.command("honour-deletions")
@click.option("--server", "url", required=True, help="https://HOST of the server.")
@click.option("--project", required=True, help="Bugsink's number, or Sentry's slug.")
@click.option("--organization", default="", help="Sentry's slug: this is a Sentry.")
@click.option("--login", default="", help="A Bugsink superuser, for single events.")
@click.option("--ca-bundle", type=click.Path(path_type=Path), help="PEM file.")
@click.option("--dry-run", is_flag=True, help="Only tell what would be erased.")
@click.option(
    "--whole-issues",
    is_flag=True,
    help="Erase an issue with others' events where one event cannot be erased.",
)
@be_quiet
@as_json
def honour_deletions(
    *,
    url: str,
    project: str,
    organization: str,
    login: str,
    ca_bundle: Path | None,
    dry_run: bool,
    whole_issues: bool,
    in_json: bool,
) -> None:
    """Find requests for deletion on a server, and erase what they name.

    The token is read from CRASHWATCH_SERVER_TOKEN, the login's password from
    CRASHWATCH_SERVER_PASSWORD: a command line is seen by everybody.

    Example: crashwatch honour-deletions --server https://HOST --project 7
    """
    token = os.environ.get(TOKEN, "")
    if not token:
        raise UsageError(f"{TOKEN} is not set", "It holds the server's API token.")
    api = HttpApi(url, token=token, ca_file=ca_bundle)
    server: Server
    if organization:
        server = Sentry(api, organization, project)
    else:
        password = os.environ.get(PASSWORD, "")
        server = Bugsink(api, project, login=login, password=password)
    with Progress("looking through issues") as progress:
        result = honour(
            server,
            dry_run=dry_run,
            whole_issues=whole_issues,
            settle=_settle,
            progress=progress,
        )
    if in_json:
        print_json(asdict(result))
    else:
        _tell(result, dry_run=dry_run)
    if result.left and not dry_run:
        raise CrashwatchError(
            f"{len(result.left)} events are still on the server",
            "They share an issue with other people's: give --login, or --whole-issues;"
            " or the server is still at work: run it again.",
        )


def _settle() -> None:
    """Servers erase in the background; what is left a moment later is told."""
    time.sleep(_SETTLE_SECONDS)


def _tell(result: Honoured, *, dry_run: bool) -> None:
    say(f"{len(result.requests)} requests found.")
    if dry_run:
        say(f"{len(result.left)} events would be erased:")
        for event_id in result.left:
            say(f"  {event_id}")
        return
    say(f"{len(result.erased)} events erased, and looked for again: gone.")
    say(f"{len(result.absent)} events are named that the server does not have.")
    say(f"{len(result.done)} requests carried out and erased themselves.")
