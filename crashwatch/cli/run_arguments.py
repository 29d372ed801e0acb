"""Read ``crashwatch run``'s arguments by hand: a parser library would cost the start.

Everything before the program is ours, everything from it on is the program's.
"""

from __future__ import annotations

from crashwatch.errors import UsageError

USAGE = """\
Usage: crashwatch run [OPTIONS] -- PROGRAM [ARG...]

Start PROGRAM and watch it from outside. When it crashes, what is needed to explain
the crash is kept on this machine, without personal data, until you decide.

  --no-telemetry        become the program; nothing is watched, nothing is kept
  --headless            never ask (also where CI=true); what is found stays here
  --artifacts DIR       also write the report to DIR
  --capture MODE        auto, hold, trace or off (default: auto); trace is for programs
                        without Python, and keeps debuggers out meanwhile
  --resident            stay in memory, and sample what the program uses
  --help                show this

The exit status is the program's own. Example: crashwatch run -- pachyterm
"""

MODES = ("auto", "hold", "trace", "off")


class RunArguments:
    """What was asked for. A value: ``_replace`` makes another, as of a named tuple.

    Attributes:
        capture: One of ``MODES``, or empty when not given.
        command: The program and its arguments.
        resident: Never sleep; sample the program.
        help: Only the usage was asked for.
    """

    command: tuple[str, ...] = ()
    no_telemetry: bool = False
    headless: bool = False
    artifacts: str = ""
    capture: str = ""
    resident: bool = False
    help: bool = False

    def __init__(self, **given: object) -> None:
        for name, value in given.items():
            if not hasattr(RunArguments, name):
                raise TypeError(name)
            setattr(self, name, value)

    def _replace(self, **changes: object) -> RunArguments:
        return RunArguments(**{**vars(self), **changes})

    def __eq__(  # type: ignore[explicit-override] # typing.override is 3.12
        self, other: object
    ) -> bool:
        return isinstance(other, RunArguments) and vars(self) == vars(other)

    def __hash__(self) -> int:  # type: ignore[explicit-override]
        return hash(tuple(sorted(vars(self).items())))


def parse_run_arguments(arguments: list[str]) -> RunArguments:
    """Parse them.

    Raises:
        UsageError: An unknown option, a missing value, no program.
    """
    found = RunArguments()
    words = iter(arguments)
    for word in words:
        if word == "--":
            return _with_command(found, list(words))
        name, has_value, value = word.partition("=")
        if name in {"--artifacts", "--capture"}:
            value = value if has_value else next(words, "")
            found = _with_value(found, name, value)
        elif word == "--no-telemetry":
            found = found._replace(no_telemetry=True)
        elif word == "--headless":
            found = found._replace(headless=True)
        elif word == "--resident":
            found = found._replace(resident=True)
        elif word in {"--help", "-h"}:
            return found._replace(help=True)
        elif word.startswith("-"):
            raise UsageError(f"run: no such option: {name}", _HINT)
        else:
            return _with_command(found, [word, *words])
    return _with_command(found, [])


_HINT = "`crashwatch run --help` shows the options; the program stands after --."


def _with_value(found: RunArguments, name: str, value: str) -> RunArguments:
    if not value:
        raise UsageError(f"run: {name} needs a value", _HINT)
    if name == "--artifacts":
        return found._replace(artifacts=value)
    if value not in MODES:
        raise UsageError(f"run: --capture is one of {', '.join(MODES)}", _HINT)
    return found._replace(capture=value)


def _with_command(found: RunArguments, command: list[str]) -> RunArguments:
    if not command or not command[0]:
        raise UsageError("run: which program?", "Example: crashwatch run -- pachyterm")
    return found._replace(command=tuple(command))
