"""Every command there is, by its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from crashwatch.cli.commands import crashwatch

if TYPE_CHECKING:
    from collections.abc import Iterator


def every_command(
    command: click.Command = crashwatch, words: str = ""
) -> Iterator[tuple[str, click.Command]]:
    """``("", crashwatch)``, ``("reports", …)``, ``("reports list", …)``, …"""
    yield words, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None, name
            yield from every_command(found, f"{words} {name}".strip())
