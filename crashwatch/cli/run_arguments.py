"""Read ``crashwatch run``'s arguments by hand: a parser library would cost the start.

Everything before the program is ours, everything from it on is the program's.
"""

from __future__ import annotations

import os

from crashwatch.errors import UsageError

USAGE = """\
Usage: crashwatch run [OPTIONS] -- PROGRAM [ARG...]

Start PROGRAM and watch it from outside. When it crashes, what is needed to
explain the crash is kept here, without personal data, until you decide.

  --no-telemetry        become the program; nothing is watched, nothing is kept
  --headless            never ask (as on build servers); reports stay here
  --artifacts DIR       leave reports for people and build servers in DIR
  --capture MODE        auto, hold, trace or off (default: auto); trace is for
                        programs without Python, and keeps debuggers out
  --follow-children     watch the program's Python children too, each by itself
  --app-root DIR        DIR holds code of the application: tell names of it
  --resident            stay in memory as Python while the program runs
  --fail-on-crash N     exit with N where there was a crash or a hang
  --timeout SECONDS     then take its stacks and end it: TERM, KILL, exit 124
  --hang-after SECONDS  report a hang when it did nothing for so long
  --repeat N            run it N times; --until-crash: until it crashes
  --quiet               no line of ours about a crash or a hang
  --help                show this

The exit status is the program's own. Example: crashwatch run -- pachyterm
"""

MODES = ("auto", "hold", "trace", "off")
_FLAGS = {
    "--no-telemetry": "no_telemetry",
    "--headless": "headless",
    "--follow-children": "follow_children",
    "--resident": "resident",
    "--quiet": "quiet",
    "--until-crash": "until_crash",
}


class RunArguments:
    """What was asked for. A value: ``replace`` makes another, as of a named tuple.

    Attributes:
        capture: One of ``MODES``, or empty when not given.
        command: The program and its arguments.
        resident: Never sleep.
        follow_children: Its children are watched too.
        app_roots: More folders of the application, absolute.
        fail_on_crash: Exit status where there was a crash or a hang; -1: the program's.
        timeout: Seconds after which it is ended; 0: never.
        hang_after: Seconds after which it hangs; 0: as configured.
        repeat: How many runs; 0: one, or with ``until_crash`` any number.
        until_crash: No more runs after one that crashed.
        quiet: What was found is told by the files alone.
        help: Only the usage was asked for.
    """

    command: tuple[str, ...] = ()
    no_telemetry: bool = False
    headless: bool = False
    artifacts: str = ""
    capture: str = ""
    resident: bool = False
    follow_children: bool = False
    app_roots: tuple[str, ...] = ()
    fail_on_crash: int = -1
    timeout: float = 0.0
    hang_after: float = 0.0
    repeat: int = 0
    until_crash: bool = False
    quiet: bool = False
    help: bool = False

    @property
    def stays(self) -> bool:
        """Whether the launcher has something to do while the program runs."""
        return bool(self.needs_watching())

    def needs_watching(self) -> list[str]:
        """The options that an unwatched program cannot be run with."""
        given = {
            "--artifacts": bool(self.artifacts),
            "--follow-children": self.follow_children,
            "--fail-on-crash": self.fail_on_crash >= 0,
            "--timeout": bool(self.timeout),
            "--hang-after": bool(self.hang_after),
        }
        return [name for name, is_given in given.items() if is_given]

    def words(self) -> list[str]:
        """The options, as another start of one run would be given them."""
        told = {
            "--artifacts": self.artifacts,
            "--capture": self.capture,
            "--fail-on-crash": "" if self.fail_on_crash < 0 else self.fail_on_crash,
            "--timeout": self.timeout or "",
            "--hang-after": self.hang_after or "",
        }
        words = [f"{name}={value}" for name, value in told.items() if value != ""]
        words += [f"--app-root={folder}" for folder in self.app_roots]
        flags = [flag for flag in _FLAGS if vars(self).get(_FLAGS[flag])]
        return [*words, *(flag for flag in flags if flag != "--until-crash")]

    def __init__(self, **given: object) -> None:
        for name, value in given.items():
            if not hasattr(RunArguments, name):
                raise TypeError(name)
            setattr(self, name, value)

    def replace(self, **changes: object) -> RunArguments:
        """The same, but for some."""
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
        if name in _WITH_VALUE:
            value = value if has_value else next(words, "")
            missing = value == "--" and not has_value
            found = _with_value(found, name, "" if missing else value)
        elif word in _FLAGS:
            found = found.replace(**{_FLAGS[word]: True})
        elif word in {"--help", "-h"}:
            return found.replace(help=True)
        elif word.startswith("-"):
            raise UsageError(f"run: no such option: {name}", _HINT)
        else:
            return _with_command(found, [word, *words])
    return _with_command(found, [])


_WITH_VALUE = frozenset(
    {"--artifacts", "--capture", "--fail-on-crash", "--app-root"}
    | {"--timeout", "--hang-after", "--repeat"}
)
_MOST_SECONDS = 10_000_000.0
_HINT = "`crashwatch run --help` shows the options; the program stands after --."


def _with_value(found: RunArguments, name: str, value: str) -> RunArguments:
    if not value:
        raise UsageError(f"run: {name} needs a value", _HINT)
    if name == "--artifacts":
        return found.replace(artifacts=value)
    if name == "--capture":
        if value not in MODES:
            raise UsageError(f"run: --capture is one of {', '.join(MODES)}", _HINT)
        return found.replace(capture=value)
    if name == "--app-root":
        return found.replace(app_roots=(*found.app_roots, _folder(value)))
    if name == "--fail-on-crash":
        return found.replace(fail_on_crash=_whole(name, value, 0, 255))
    if name == "--repeat":
        return found.replace(repeat=_whole(name, value, 1, 1_000_000))
    changed = {"--timeout": "timeout", "--hang-after": "hang_after"}[name]
    return found.replace(**{changed: _seconds(name, value)})


def _whole(name: str, value: str, least: int, most: int) -> int:
    if value.isascii() and value.isdigit() and least <= int(value[:9]) <= most:
        return int(value)
    raise UsageError(f"run: {name} is a number from {least} to {most}", _HINT)


def _seconds(name: str, value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= _MOST_SECONDS:
        raise UsageError(f"run: {name} is a number of seconds, such as 90", _HINT)
    return seconds


def _folder(value: str) -> str:
    """An absolute folder that is not too wide to be an application's."""
    path = os.path.abspath(value)
    if not os.path.isdir(path):
        raise UsageError(f"run: --app-root is a folder: {value} is none", _HINT)
    if path == "/" or path == os.environ.get("HOME", "").rstrip("/"):
        raise UsageError("run: --app-root is one application's folder", _HINT)
    return path


def _with_command(found: RunArguments, command: list[str]) -> RunArguments:
    if not command or not command[0]:
        raise UsageError("run: which program?", "Example: crashwatch run -- pachyterm")
    return found.replace(command=tuple(command))
