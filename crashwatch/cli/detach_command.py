"""``crashwatch detach``: let a debugger in."""

from __future__ import annotations

import click

from crashwatch.cli.show import as_json, be_quiet, print_json, say
from crashwatch.errors import NotFoundError, UsageError
from crashwatch.supervisor.tracers import Traced, find_traced, send_away


@click.command()
@click.argument("pid", type=int, required=False)
@be_quiet
@as_json
def detach(pid: int | None, *, in_json: bool) -> None:
    """Stop tracing a program, so that a debugger can attach to it.

    PID is the program's or that of its `crashwatch run`; it may be left out where one
    program is traced. The program runs on; of its end the exit status alone is seen.

    Example: crashwatch detach 4711
    """
    traced = _choose(find_traced(), pid)
    send_away(traced)
    if in_json:
        print_json(traced._asdict())
    else:
        say(f"{traced.name} ({traced.pid}) is no longer traced.")


def _choose(running: list[Traced], pid: int | None) -> Traced:
    found = [each for each in running if pid in {None, each.pid, each.launcher}]
    if len(found) == 1:
        return found[0]
    if found:
        pids = " or ".join(str(each.pid) for each in found)
        raise UsageError(f"detach: which one? {pids}", "Example: crashwatch detach PID")
    what = "nothing" if pid is None else f"process {pid}"
    is_not = "is traced by crashwatch" if pid is None else "is not traced by crashwatch"
    raise NotFoundError(
        f"{what} {is_not}",
        "Only programs started with --capture trace are; a debugger may attach.",
    )
