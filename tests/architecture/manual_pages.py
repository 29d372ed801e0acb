"""Manual pages in man(7)'s macros, from what ``--help`` is made of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crashwatch import __version__
from crashwatch.cli.exit_status import MEANINGS
from tests.architecture.command_reference import described_commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.architecture.command_reference import Described, Paragraph

ENVIRONMENT = {
    "CRASHWATCH_HOME": "the folder of everything; ~/.local/state/crashwatch without it",
    "CRASHWATCH_DSN": "where reports may go; set and empty: nowhere",
    "CRASHWATCH_CA_BUNDLE": "a file of certificate authorities to trust instead",
    "CRASHWATCH_RELEASE": "the program's version, as reports name it",
    "CRASHWATCH_NO_TELEMETRY": "set: nothing is captured or sent",
    "DO_NOT_TRACK": "the same",
    "CRASHWATCH_CONSENT": "an operator's consent for one run without a person",
    "NO_COLOR": "set: no colours",
}


def manual_pages() -> dict[str, str]:
    """File name to content: one page for ``crashwatch``, one for each command of it."""
    everything = described_commands()
    root, *commands = everything
    top = [each for each in commands if " " not in each.name]
    pages = {"crashwatch.1": _page(root, [*_overview(top), *_common(top)])}
    for command in top:
        inner = [each for each in commands if each.name.startswith(f"{command.name} ")]
        body = [*_about(command), *_options(command.options)]
        for each in inner:
            body += [f".SH {_quoted(each.words.upper())}", *_synopsis(each)]
            body += [f".P\n{_text(each.summary)}", *_said(each), *_listed(each.options)]
        pages[f"crashwatch-{command.name}.1"] = _page(command, [*body, *_common([])])
    return pages


def _page(command: Described, body: list[str]) -> str:
    name = command.words.replace(" ", "-")
    summary = command.summary.partition(". ")[0].rstrip(".")
    head = [
        '.\\" Made by `make docs` from what --help prints.',
        f'.TH {_quoted(name.upper())} 1 "" {_quoted(f"crashwatch {__version__}")}',
        ".nh",
        ".SH NAME",
        f"{_text(name)} \\- {_text(summary[0].lower() + summary[1:])}",
        ".SH SYNOPSIS",
        *_synopsis(command),
    ]
    return "\n".join([*head, *body]) + "\n"


def _synopsis(command: Described) -> Iterator[str]:
    yield f".B {_text(command.words)}"
    if command.usage:
        yield _text(command.usage)


def _about(command: Described) -> Iterator[str]:
    yield ".SH DESCRIPTION"
    yield _text(command.summary)
    yield from _said(command)


def _said(command: Described) -> Iterator[str]:
    for paragraph in command.paragraphs:
        yield from _paragraph(paragraph)


def _paragraph(paragraph: Paragraph) -> Iterator[str]:
    if not paragraph.verbatim:
        yield ".P"
        yield _text(paragraph.text)
        return
    yield ".P\n.RS 4\n.nf"
    yield from (_text(line) for line in paragraph.text.splitlines())
    yield ".fi\n.RE"


def _options(options: tuple[tuple[str, str], ...]) -> Iterator[str]:
    yield ".SH OPTIONS"
    yield from _listed(options)


def _listed(pairs: tuple[tuple[str, str], ...]) -> Iterator[str]:
    for name, told in pairs:
        yield f".TP\n.B {_text(name)}\n{_text(told)}"


def _overview(top: list[Described]) -> Iterator[str]:
    root = described_commands()[0]
    yield from _about(root)
    yield ".SH COMMANDS"
    yield from _listed(tuple((each.name, each.summary) for each in top))


def _common(top: list[Described]) -> Iterator[str]:
    yield ".SH EXIT STATUS"
    yield from _listed(
        tuple((str(number), said.replace("`", "")) for number, said in MEANINGS.items())
    )
    if not top:
        yield ".SH SEE ALSO\n.BR crashwatch (1)"
        return
    yield ".SH ENVIRONMENT"
    yield from _listed(tuple(ENVIRONMENT.items()))
    yield ".SH SEE ALSO"
    others = [f"crashwatch\\-{_text(each.name)}" for each in top]
    yield " ,\n".join(f".BR {name} (1)" for name in others).replace("(1) ,", "(1),")


def _quoted(text: str) -> str:
    return f'"{_text(text)}"'


def _text(text: str) -> str:
    """Nothing in it is a macro or an escape; a hyphen can be copied as one."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    escaped = escaped.replace("'", "\\(aq")
    shown = re.sub(r"[^\x00-\x7f]", lambda c: f"\\[u{ord(c[0]):04X}]", escaped)
    return re.sub(r"^\.", r"\\&.", shown, flags=re.MULTILINE)
