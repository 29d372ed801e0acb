"""What a shell completes besides commands and options: ids of reports, programs.

A list loads this too, so that what only completion needs is loaded where it is used.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from crashwatch.errors import CrashwatchError
from reports.errors import ReportsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import click
    from click.shell_completion import CompletionItem

_SHOWN = 8
"""Digits of an id in a list."""


def report_ids(
    _context: click.Context, _parameter: click.Parameter, begun: str
) -> list[CompletionItem]:
    """Ids as the list shows them, each with its state; none where a home is broken."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415

    from crashwatch.cli.session import open_session  # noqa: PLC0415

    try:
        found = sorted(open_session().listing.walk())
    except (CrashwatchError, ReportsError):
        return []
    return [
        CompletionItem(each.id[: max(_SHOWN, len(begun))], help=each.state.value)
        for each in found
        if each.id.startswith(begun)
    ]


def programs(
    _context: click.Context, _parameter: click.Parameter, begun: str
) -> list[CompletionItem]:
    """Programs on PATH, or files where a path was begun."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415

    if "/" in begun:
        return [CompletionItem(begun, type="file")]
    return [CompletionItem(name) for name in sorted(set(_on_path(begun)))]


def _on_path(begun: str) -> Iterator[str]:
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        try:
            with os.scandir(folder or ".") as entries:
                for entry in entries:
                    if entry.name.startswith(begun) and os.access(entry.path, os.X_OK):
                        yield entry.name
        except OSError:
            continue
