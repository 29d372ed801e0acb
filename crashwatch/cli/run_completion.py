"""``run`` as click sees it: never called, and completed from the text of its usage.

``crashwatch.__main__`` takes ``run`` before click is loaded.
"""

from __future__ import annotations

import re
from typing import Any

import click

from crashwatch.cli.completing import programs
from crashwatch.cli.run_arguments import MODES, USAGE

_OPTION = re.compile(r"(?<!\w)(--[a-z][a-z-]+)(?: ([A-Z]+)\b)?")


def _options() -> list[click.Parameter]:
    """Every option that the usage names, with its value where it has one."""
    found: dict[str, str] = {}
    for name, value in _OPTION.findall(USAGE):
        if name != "--help" and not found.get(name):
            found[name] = value
    return [_option(name, value) for name, value in found.items()]


def _option(name: str, value: str) -> click.Option:
    if not value:
        return click.Option([name], is_flag=True)
    kinds: dict[str, click.ParamType[Any]] = {
        "MODE": click.Choice(MODES),
        "DIR": click.Path(file_okay=False),
    }
    return click.Option([name], metavar=value, type=kinds.get(value, click.STRING))


run = click.Command(
    "run",
    help="Start a program and watch it.",
    params=[
        *_options(),
        click.Argument(["command"], nargs=-1, shell_complete=programs),
    ],
)
