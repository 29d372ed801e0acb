"""What ``--help`` says of each command, taken apart: for manual pages and documents."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, NamedTuple

import click

from crashwatch.cli.run_arguments import USAGE
from tests.doubles.command_tree import every_command

if TYPE_CHECKING:
    from collections.abc import Iterator

_LEFT_ALONE = "\b\n"
"""click's mark before a paragraph whose lines stay as they are."""

_EXAMPLE = "Example: "
_OPTION = re.compile(r"  (--\S+(?: [A-Z]+)?) {2,}(\S.*)")


class Paragraph(NamedTuple):
    """Text, or lines that stay as they are."""

    text: str
    verbatim: bool = False


class Described(NamedTuple):
    """A command.

    Attributes:
        name: Its words, without ``crashwatch``; empty: that itself.
        summary: One sentence.
        usage: What follows the name on a command line.
        paragraphs: The rest of what is said.
        options: Each with its help.
        commands: The names of those in it, where it is a group.
    """

    name: str
    summary: str
    usage: str
    paragraphs: tuple[Paragraph, ...]
    options: tuple[tuple[str, str], ...]
    commands: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """With ``crashwatch``."""
        return f"crashwatch {self.name}".strip()


def described_commands() -> list[Described]:
    """Every command, groups before what is in them; ``crashwatch`` first."""
    return [
        _run() if name == "run" else _described(name, command)
        for name, command in every_command()
    ]


def _described(name: str, command: click.Command) -> Described:
    first, *rest = _paragraphs(inspect.cleandoc(command.help or ""))
    arguments = [_metavar(each) for each in command.params if _is_argument(each)]
    inner: tuple[str, ...] = ()
    if isinstance(command, click.Group):
        inner = tuple(command.list_commands(click.Context(command)))
        arguments.append(command.subcommand_metavar or "")
    return Described(
        name,
        first.text,
        " ".join(filter(None, [command.options_metavar, *arguments])),
        tuple(rest),
        (*map(_option, filter(_is_option, command.params)), _HELP),
        inner,
    )


_HELP = ("-h, --help", "Show the help and exit.")


def _is_argument(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Argument)


def _is_option(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Option)


def _option(option: click.Option) -> tuple[str, str]:
    """Made here and not by click, whose layout differs from version to version."""
    names = ", ".join(option.opts)
    told = option.help or ""
    if option.show_default:
        told += f" Without it: {option.default}."
    return (names if option.is_flag else f"{names} {_metavar(option)}"), told


def _metavar(parameter: click.Parameter) -> str:
    if parameter.metavar:
        return parameter.metavar
    if isinstance(parameter.type, click.Choice):
        return "|".join(map(str, parameter.type.choices))
    if isinstance(parameter, click.Argument):
        name = (parameter.name or "").upper()
        return name if parameter.required else f"[{name}]"
    return parameter.type.name.upper().partition(" ")[0]


def _paragraphs(text: str) -> Iterator[Paragraph]:
    for part in re.split(r"\n{2,}", text.strip()):
        if part.startswith(_LEFT_ALONE):
            yield Paragraph(part.removeprefix(_LEFT_ALONE), verbatim=True)
        elif part.startswith(_EXAMPLE):
            yield Paragraph(part.removeprefix(_EXAMPLE), verbatim=True)
        else:
            yield Paragraph(" ".join(part.split()))


def _run() -> Described:
    """``run`` reads its arguments by hand, and tells of them in a text of its own."""
    head, about, table, last = USAGE.strip().split("\n\n")
    options: list[tuple[str, str]] = []
    for line in table.splitlines():
        if found := _OPTION.fullmatch(line):
            options.append((found[1], found[2]))
        else:
            name, told = options[-1]
            options[-1] = (name, f"{told} {line.strip()}")
    summary, _, rest = " ".join(about.split()).partition(". ")
    status, _, example = last.partition(_EXAMPLE)
    told = (Paragraph(rest), Paragraph(status.strip()), Paragraph(example, True))
    usage = head.removeprefix("Usage: crashwatch run ")
    return Described("run", f"{summary}.", usage, told, tuple(options))
