"""Show values to a person or a program: escaped text, or JSON. Errors in one line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from crashwatch.cli.folding import NO_END, fold, width_of
from crashwatch.prompts.screen_text import escaped
from crashwatch.prompts.size_text import size_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

as_json = click.option("--json", "in_json", is_flag=True, help="Print JSON.")


_QUIET = "crashwatch.quiet"


def _hush(context: click.Context, _: click.Parameter, wanted: object) -> None:
    context.meta[_QUIET] = bool(wanted)


be_quiet = click.option(
    "-q",
    "--quiet",
    is_flag=True,
    expose_value=False,
    callback=_hush,
    help="Say nothing but errors.",
)
"""For commands that do something. What ``--json`` asks for is printed all the same."""


def is_quiet() -> bool:
    """Whether the command that runs was told to say nothing."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(_QUIET))


def say(text: str = "", *, whole: bool = False) -> None:
    """Print one line; foreign text in it cannot command the terminal.

    Args:
        text: The line; on a narrow screen it is broken between words.
        whole: Not this one: it is a command to be copied.
    """
    if not is_quiet():
        columns = NO_END if whole else width_of(sys.stdout)
        click.echo(fold(escaped(text), columns))


def print_json(value: object, *, indent: int | None = 2) -> None:
    """Print JSON: ASCII only, so nothing in it reaches a terminal as a command."""
    import json  # noqa: PLC0415 -- a table needs none

    click.echo(json.dumps(value, indent=indent))


def complain(message: str, hint: str = "") -> None:
    """One line on stderr, and the next step where there is one."""
    if sys.stderr is None:
        return
    columns = width_of(sys.stderr)
    sys.stderr.write(fold(f"crashwatch: {escaped(message)}", columns) + "\n")
    if hint:
        sys.stderr.write(fold(f"  {escaped(hint)}", columns) + "\n")


_NO_BREAK = "\xa0"


def _kept(cell: str, columns: int) -> str:
    """A cell that is not to be broken, where that leaves a line for it."""
    return cell if len(cell) > columns // 2 else cell.replace(" ", _NO_BREAK)


def table(rows: Iterable[Sequence[object]], header: Sequence[str]) -> None:
    """Print columns, each as wide as its widest value."""
    if is_quiet():
        return
    columns = width_of(sys.stdout)
    lines = [
        tuple(_kept(escaped(str(cell)), columns) for cell in row)
        for row in (header, *rows)
    ]
    widths = [max(len(line[n]) for line in lines) for n in range(len(header))]
    shown = (
        "  ".join(cell.ljust(wide) for cell, wide in zip(line, widths, strict=True))
        for line in lines
    )
    # One call: each flushes, and a thousand of them take longer than the listing.
    text = "\n".join(fold(line.rstrip(), columns) for line in shown)
    click.echo(text.replace(_NO_BREAK, " "))


def size(count: int) -> str:
    """Bytes as a person reads them; the question says them in the same words."""
    return size_text(count)
