"""What can go wrong while crashwatch runs, said to the person.

This module imports nothing: the launcher loads it before the terminal starts.

The tree, with each one's exit status::

    CrashwatchError                 1
    ├── UsageError                  2    the command line makes no sense
    ├── NotFoundError               1    no such report, file or process
    ├── ConfigurationError          1    a setting cannot be used
    ├── RefusedError                3    consent does not allow it
    ├── CannotWatchError            1    nothing was started; it may run unwatched
    ├── ProgramNotFoundError      127    as a shell answers
    └── ProgramNotExecutableError 126    as a shell answers
"""


class CrashwatchError(Exception):
    """Something went wrong; the message says what, ``hint`` what to do next.

    Attributes:
        hint: One line for the person: the next step. May be empty.
        exit_status: What the process exits with when nobody handles this.
    """

    default_exit_status = 1

    def __init__(
        self, message: str, hint: str = "", exit_status: "int | None" = None
    ) -> None:
        super().__init__(message)
        self.hint = hint
        self.exit_status = (
            self.default_exit_status if exit_status is None else exit_status
        )


class UsageError(CrashwatchError):
    """The command line makes no sense."""

    default_exit_status = 2


class NotFoundError(CrashwatchError):
    """What was named does not exist."""


class ConfigurationError(CrashwatchError):
    """A setting cannot be used; the message names the file and the place in it.

    Attributes:
        file: The file, or the environment variable (``$CRASHWATCH_DSN``).
        line: Line number from 1, or 0 where there is none.
        column: Column from 1, or 0 where it is not known.
    """

    def __init__(
        self,
        message: str,
        hint: str = "",
        *,
        file: str = "",
        line: int = 0,
        column: int = 0,
    ) -> None:
        place = file
        if line:
            place += f":{line}" + (f":{column}" if column else "")
        super().__init__(f"{place}: {message}" if place else message, hint)
        self.file = file
        self.line = line
        self.column = column


class RefusedError(CrashwatchError):
    """Consent does not allow it."""

    default_exit_status = 3


class CannotWatchError(CrashwatchError):
    """What a watch needs is not to be had; nothing was started."""


class ProgramNotFoundError(CrashwatchError):
    """The program to run does not exist."""

    default_exit_status = 127


class ProgramNotExecutableError(CrashwatchError):
    """The program to run may not be executed."""

    default_exit_status = 126
