"""``crashwatch doctor``: what will be captured here, found out by real crashes."""

from __future__ import annotations

import os

import click

from crashwatch.cli.capture_choice import Choice, choose
from crashwatch.cli.self_test import Check, look_around, try_hold, try_trace
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


@click.command()
@click.argument("command", metavar="[-- PROGRAM [ARG...]]", nargs=-1)
@be_quiet
@as_json
def doctor(command: tuple[str, ...], *, in_json: bool) -> None:
    """Find out what can be captured on this machine, and of PROGRAM so started.

    Example: crashwatch doctor -- pachyterm
    """
    checks = [*look_around(), *try_hold(), try_trace()]
    rows = [check._asdict() for check in checks]
    if command:
        check, method = _program({check.name: check for check in checks}, *command)
        checks.append(check)
        rows.append({**check._asdict(), "capture": method})
    if in_json:
        print_json(rows)
    else:
        _show(checks)
    if not all(check.works for check in checks):
        raise click.exceptions.Exit(1)


def _show(checks: list[Check]) -> None:
    for check in checks:
        say(f"{'ok ' if check.works else 'no '} {check.name:<12} {check.found}")
        if check.mend and not check.works:
            say(f"                 {check.mend}")


def _program(seen: dict[str, Check], name: str, *arguments: str) -> tuple[Check, str]:
    """What is captured of a program, and by which method."""
    try:
        path = find_program(name, os.environ.get("PATH", os.defpath))
    except CrashwatchError as error:
        return Check("program", works=False, found=str(error)), "off"
    kind = examine(path, list(arguments)).kind
    method, why = _method(path, kind)
    if method in {"hold", "trace"} and not seen[_TRIED[method]].works:
        method, why = "status", f"{method} does not work here: see above"
    found = f"{name}: {_WHAT[method]} ({why})"
    return Check("program", method in {"hold", "trace"}, found), method


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
