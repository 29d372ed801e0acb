"""``inspect``, ``ingest`` and ``watch``: minidumps, ours and other programs'."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import click
import msgspec

from crashwatch.cli.dump_stacks import stacks_of
from crashwatch.cli.dump_watch import dumps_in
from crashwatch.cli.foreign_dumps import read_dump, take_in
from crashwatch.cli.progress import Progress
from crashwatch.cli.session import Session, open_session
from crashwatch.cli.show import as_json, be_quiet, complain, print_json, say, table
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
@be_quiet
@as_json
def inspect(file: Path, *, in_json: bool) -> None:
    """Print what a minidump holds.

    Exits with 1 where something in it is broken; the rest is printed all the same.

    Example: crashwatch inspect crash.dmp
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
@be_quiet
@as_json
def ingest(files: tuple[Path, ...], *, in_json: bool) -> None:
    """Sanitize minidumps of other programs and keep them as reports.

    Their annotations and unknown streams are left out; the report says so.

    Example: crashwatch ingest ~/crashes/*.dmp
    """
    session = open_session().for_writing()
    taken = []
    with Progress("ingesting") as progress:
        for number, file in enumerate(files):
            progress(number, len(files))
            taken.append(_take(session, file))
            progress.clear()
            if not in_json:
                _tell(taken[-1])
    if in_json:
        print_json([one.as_json() for one in taken])
    if not all(one.report for one in taken):
        raise click.exceptions.Exit(1)


@click.command()
@click.argument(
    "folder",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@be_quiet
@as_json
def watch(folder: Path, *, in_json: bool) -> None:
    """Ingest each minidump that appears in DIR, until interrupted.

    With --json a line for each.

    Example: crashwatch watch ~/.config/app/Crashpad/completed
    """
    if not folder.is_dir():  # click lets devices pass
        raise click.BadParameter(f"{folder} is no folder", param_hint="'DIR'")
    session = open_session().for_writing()
    if not in_json:
        say(f"Waiting for *.dmp in {folder}; Ctrl-C ends it.")
    try:
        for file in dumps_in(folder):
            taken = _take(session, file)
            if in_json:
                print_json(taken.as_json(), indent=None)
            else:
                _tell(taken)
    except KeyboardInterrupt:
        if not in_json:
            say("Done.")


class _Taken(NamedTuple):
    """What came of a dump: the report's id, or why there is none."""

    file: Path
    report: str = ""
    error: str = ""
    hint: str = ""

    def as_json(self) -> dict[str, str | None]:
        return {
            "file": os.fsencode(self.file).decode(errors="backslashreplace"),
            "report": self.report or None,
            "error": self.error or None,
        }


def _take(session: Session, file: Path) -> _Taken:
    try:
        return _Taken(file, report=take_in(file, session).id)
    except ReportsError as error:
        return _Taken(file, error=str(error), hint=error.hint)
    except OSError as error:
        return _Taken(file, error=error.strerror or str(error))


def _tell(taken: _Taken) -> None:
    if taken.error:
        complain(f"{taken.file.name}: {taken.error}", taken.hint)
    else:
        say(f"{taken.file.name}: kept as report {taken.report[:8]}")
