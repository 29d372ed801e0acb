"""Groups of commands whose modules are loaded when a command is asked for."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Mapping


class LazyGroup(click.Group):
    """Loads a command's module when the command is asked for.

    Args:
        where: Command to ``module:attribute``, in the order of the help.
    """

    def __init__(
        self, *arguments: object, where: Mapping[str, str], **more: object
    ) -> None:
        super().__init__(*arguments, **more)  # type: ignore[arg-type] # click's own
        self._where = where

    def list_commands(  # type: ignore[explicit-override] # typing.override is 3.12
        self, ctx: click.Context
    ) -> list[str]:
        """Names in the order of the help."""
        return [*self._where, *super().list_commands(ctx)]

    def get_command(  # type: ignore[explicit-override]
        self, ctx: click.Context, name: str
    ) -> click.Command | None:
        """The command, loaded; None where there is none of that name."""
        module, _, attribute = self._where.get(name, "").partition(":")
        if not module:
            return super().get_command(ctx, name)
        found: click.Command = getattr(importlib.import_module(module), attribute)
        return found
