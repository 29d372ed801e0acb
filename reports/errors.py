"""What can go wrong with a report, said to the person.

The tree::

    ReportsError
    ├── ReportNotFoundError   no report by that id
    ├── ReportStateError      the move is not in the table of legal moves
    ├── StorageError          a folder or file cannot be trusted or used
    ├── ConsentError          the record forbids it, or cannot be believed
    ├── WithheldError         a wall refused the payload
    ├── DeliveryError         the endpoint could not be used
    ├── RegistryError         a registry of metrics that cannot be used
    ├── UnwindingError        a module's file that does not tell its functions
    └── MinidumpError         a dump that cannot be read
"""

from __future__ import annotations

import contextlib

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself would cost the start of every terminal 5 ms
    from collections.abc import Iterator


class ReportsError(Exception):
    """Something went wrong with reports; ``hint`` says what to do next.

    Attributes:
        hint: One line for the person: the next step. May be empty.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class ReportNotFoundError(ReportsError):
    """No report has that id, or several begin with it."""


class ReportStateError(ReportsError):
    """The move asked for is not in the table of legal moves."""


class StorageError(ReportsError):
    """A folder or file of ours cannot be trusted or used."""


class ConsentError(ReportsError):
    """The consent record forbids it, or cannot be believed."""


class WithheldError(ReportsError):
    """A wall refused the payload; the reason names the rule, never the value.

    Attributes:
        rules: One word for each refusal, such as ``user:report``.
    """

    def __init__(self, message: str, *, rules: tuple[str, ...], hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.rules = rules


class DeliveryError(ReportsError):
    """The endpoint is malformed or could not be used."""


class RegistryError(ReportsError):
    """A registry of metrics that cannot be used; nothing is counted with it."""


class UnwindingError(ReportsError):
    """A module's file, or what a stack needs of it, cannot be made sense of.

    The text quotes nothing of the file. A native stack ends there, or goes on as a
    guess; nobody sees this error but the unwinder's own callers.
    """


class MinidumpError(ReportsError):
    """A minidump that cannot be read.

    Attributes:
        stream: The stream's name, or "header" or "directory".
        offset: File offset in bytes at which the fault was seen.
    """

    def __init__(self, message: str, *, stream: str, offset: int) -> None:
        super().__init__(f"{stream} at offset {offset:#x}: {message}")
        self.stream = stream
        self.offset = offset


@contextlib.contextmanager
def doubt_means_no(what: str) -> Iterator[None]:
    """Whatever fails on the way to a payload withholds it."""
    try:
        yield
    except WithheldError:
        raise
    except Exception as error:  # noqa: BLE001 -- doubt means no
        raise WithheldError(
            f"{what}: {type(error).__name__}", rules=("failure:report",)
        ) from None
