"""``crashwatch inspect``: any minidump, stream by stream."""

from __future__ import annotations

from pathlib import Path

import click

from crashwatch.cli.show import as_json, say, table
from reports.minidump.describe import inspect_minidump, to_json
from reports.minidump.reader import Minidump
from reports.minidump.tables import sections


@click.command()
@click.argument(
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE.dmp",
)
@as_json
def inspect(file: Path, *, in_json: bool) -> None:
    """Print what a minidump holds."""
    inspection = inspect_minidump(Minidump(file.read_bytes()))
    if in_json:
        click.echo(to_json(inspection), nl=False)
        return
    for section in sections(inspection):
        say(section.title)
        table(section.rows, section.columns)
        say()
