"""``inspect``, ``ingest`` and ``watch``: minidumps, ours and other programs'."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from crashwatch.cli.dump_stacks import stacks_of
from crashwatch.cli.dump_watch import dumps_in
from crashwatch.cli.foreign_dumps import read_dump, take_in
from crashwatch.cli.session import Session, open_session
from crashwatch.cli.show import as_json, complain, say, table
from reports.errors import ReportsError
from reports.minidump.describe import inspect_minidump, to_json
from reports.minidump.tables import sections

LARGEST_INSPECTED = 1 << 30
"""Bytes of a file that ``inspect`` reads into memory."""


@click.command()
@click.argument(
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE.dmp",
)
@as_json
def inspect(file: Path, *, in_json: bool) -> None:
    """Print what a minidump holds.

    Exits with 1 where something in it is broken; the rest is printed all the same.
    """
    try:
        minidump = read_dump(file, LARGEST_INSPECTED)
    except OSError as error:
        raise click.FileError(str(file), error.strerror) from None
    inspection = msgspec.structs.replace(
        inspect_minidump(minidump), stacks=stacks_of(minidump)
    )
    if in_json:
        click.echo(to_json(inspection), nl=False)
    else:
        for section in sections(inspection):
            say(section.title)
            table(section.rows, section.columns)
            say()
    if inspection.problems:
        raise click.exceptions.Exit(1)


@click.command()
@click.argument(
    "files",
    metavar="FILE.dmp...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
def ingest(files: tuple[Path, ...]) -> None:
    """Sanitize minidumps of other programs and keep them as reports.

    Their annotations and unknown streams are left out; the report says so.
    """
    session = open_session().for_writing()
    failed = False
    for file in files:
        failed |= not _take(session, file)
    if failed:
        raise click.exceptions.Exit(1)


@click.command()
@click.argument(
    "folder",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
def watch(folder: Path) -> None:
    """Ingest each minidump that appears in DIR, until interrupted."""
    session = open_session().for_writing()
    say(f"Waiting for *.dmp in {folder}; Ctrl-C ends it.")
    try:
        for file in dumps_in(folder):
            _take(session, file)
    except KeyboardInterrupt:
        say("Done.")


def _take(session: Session, file: Path) -> bool:
    """Ingest one dump; tells what came of it."""
    try:
        payload = take_in(file, session)
    except ReportsError as error:
        complain(f"{file.name}: {error}", error.hint)
        return False
    except OSError as error:
        complain(f"{file.name}: {error.strerror}")
        return False
    say(f"{file.name}: kept as report {payload.id[:8]}")
    return True
