"""``docs/command-line.md``: every command as its ``--help`` tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crashwatch.cli.exit_status import MEANINGS
from tests.architecture.command_reference import described_commands
from tests.architecture.manual_pages import ENVIRONMENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.architecture.command_reference import Described

_HEAD = """\
# The command line

Made from what `crashwatch COMMAND --help` prints; the same is in the manual pages
(`man crashwatch`, `man crashwatch-reports`).

Errors are one line on stderr, and the next step below it where there is one. `--json`
prints JSON on stdout, as its [schemas](schemas/README.md) say; `--quiet` leaves errors
alone. Colours, links and bars go to terminals only.
"""


def command_line_document() -> str:
    """The whole document."""
    return "\n".join([_HEAD, *_tables(), *_commands()]).rstrip() + "\n"


def _tables() -> Iterator[str]:
    yield "## Exit statuses\n"
    yield "`crashwatch run` ends as its program ended. All others:\n"
    yield "| status | says |\n|---|---|"
    yield from (f"| {number} | {said} |" for number, said in MEANINGS.items())
    yield "\n## Variables\n\n| variable | |\n|---|---|"
    yield from (f"| `{name}` | {said} |" for name, said in ENVIRONMENT.items())
    yield ""


def _commands() -> Iterator[str]:
    for command in described_commands():
        if not command.name:
            continue
        level = "##" if " " not in command.name else "###"
        yield f"{level} {command.words}\n"
        yield f"{_escaped(command.summary)}\n"
        if not command.commands:
            yield f"```text\n{command.words} {command.usage}\n```\n"
        for paragraph in command.paragraphs:
            fenced = f"```text\n{paragraph.text}\n```"
            yield (fenced if paragraph.verbatim else _escaped(paragraph.text)) + "\n"
        yield from _options(command)


def _options(command: Described) -> Iterator[str]:
    told = [each for each in command.options if "--help" not in each[0]]
    if told:
        yield "| option | |\n|---|---|"
        yield from (f"| `{name}` | {_escaped(said)} |" for name, said in told)
        yield ""


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")
