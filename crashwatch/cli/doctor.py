"""``crashwatch doctor``: what will be captured here, found out by real crashes."""

from __future__ import annotations

import os
import sys
import textwrap
from pathlib import Path

import click

from crashwatch.cli.capture_choice import Choice, choose
from crashwatch.cli.folding import width_of
from crashwatch.cli.mending import of_no_program, of_program
from crashwatch.cli.self_test import (
    Check,
    look_around,
    machine_here,
    try_hold,
    try_trace,
)
from crashwatch.cli.session import open_session
from crashwatch.cli.show import as_json, be_quiet, print_json, say
from crashwatch.configuration import DEFAULTS
from crashwatch.errors import CrashwatchError
from crashwatch.supervisor.launch import find_program
from crashwatch.supervisor.own_rights import may_be_traced
from crashwatch.supervisor.program import Kind, examine
from reports.errors import ReportsError

_WHAT = {
    "hold": "hold: stacks of every thread, registers, minidump",
    "trace": "trace: stacks of every thread, registers, minidump",
    "status": "exit status only",
    "off": "nothing",
}


_INDENT = " " * 17
_WIDTH = 79


@click.command()
@click.argument("command", metavar="[-- PROGRAM [ARG...]]", nargs=-1)
@be_quiet
@as_json
def doctor(command: tuple[str, ...], *, in_json: bool) -> None:
    """Find out what can be captured on this machine, and of PROGRAM so started.

    Two programs are crashed for it, in a folder that is thrown away. Below each line
    that says no stands the command that mends it.

    Example: crashwatch doctor -- pachyterm
    """
    machine = machine_here()
    checks = [*look_around(machine), *try_hold(machine), try_trace(machine)]
    rows = [_row(check) for check in checks]
    if command:
        seen = {check.name: check for check in checks}
        check, method = _program(seen, [*command])
        checks.append(check)
        rows.append({**_row(check), "capture": method})
    if in_json:
        print_json(rows)
    else:
        _show(checks)
    if not all(check.works for check in checks):
        raise click.exceptions.Exit(1)


def _row(check: Check) -> dict[str, object]:
    """As JSON; of what works there is nothing to mend."""
    if check.works:
        check = check._replace(mend="", note="")
    return check._asdict()


def _show(checks: list[Check]) -> None:
    for check in checks:
        head = f"{'ok ' if check.works else 'no '} {check.name:<12} "
        _say_wrapped(check.found, head)
        if not check.works:
            note = check.note or ("" if check.mend else "No command mends that.")
            _say_wrapped(note, _INDENT)
            if check.mend:  # in one line, however long: it is there to be copied
                say(f"{_INDENT}mend it: {check.mend}", whole=True)


def _say_wrapped(text: str, head: str) -> None:
    lines = textwrap.wrap(
        text,
        min(_WIDTH, width_of(sys.stdout)),
        initial_indent=head,
        subsequent_indent=_INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )
    for line in lines:
        say(line)


def _program(seen: dict[str, Check], words: list[str]) -> tuple[Check, str]:
    """What is captured of a program, and by which method."""
    name, *arguments = words
    try:
        path = find_program(name, os.environ.get("PATH", os.defpath))
    except CrashwatchError as error:
        mend = of_no_program(error, name, _beginning(name))
        return Check("program", works=False, found=str(error), mend=mend), "off"
    kind = examine(path, arguments).kind
    method, why = _method(path, kind)
    mend = of_program(words, traceable=may_be_traced(path))
    if method == "off":
        mend = "crashwatch status"
    if method in _TRIED and not seen[_TRIED[method]].works:
        method, why = "status", f"{method} does not work here: see above"
        mend = seen[_TRIED["hold"]].mend
    found = f"{name}: {_WHAT[method]} ({why})"
    return Check("program", method in _TRIED, found, mend), method


def _beginning(name: str) -> bytes:
    try:
        with Path(name).open("rb") as file:
            return file.read(4)
    except OSError:
        return b""


_TRIED = {"hold": "faulthandler", "trace": "trace"}
"""The check that tells whether a method works here."""


def _method(path: str, kind: Kind) -> tuple[str, str]:
    mode, trace_native, is_off = _settings()
    if is_off:
        return "off", "capturing is off; `crashwatch status` says why"
    choice: Choice = choose(
        mode, kind, trace_native=trace_native, may_be_traced=may_be_traced(path)
    )
    return choice.method, choice.why


def _settings() -> tuple[str, bool, bool]:
    """The mode, ``trace_native``, and whether nothing is captured at all."""
    try:
        session = open_session()
    except (CrashwatchError, ReportsError):
        return DEFAULTS.capture, DEFAULTS.trace_native, True
    settings = session.configuration
    is_off = settings.capture == "off" or not session.may_capture()
    return settings.capture, settings.trace_native, is_off
