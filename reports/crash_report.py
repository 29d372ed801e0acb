"""What a crash report holds: every field there is, typed, and nothing else.

There is no free-form dictionary in it. Each string is an enumerated word, a name from
code under a known root, a root-relative path, a version or an id; but for the one text
that a person may write about the crash, which is scrubbed and shown to them as it goes.
"""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Annotated

import msgspec

from reports.backtrace import Frame, Thread, ThreadName
from reports.report_form import ReportId

Version = Annotated[
    str, msgspec.Meta(max_length=64, pattern=r"\A[0-9A-Za-z][0-9A-Za-z.+_-]*\Z|\A\Z")
]
"""A version number such as ``3.11.7`` or ``6.1.0-18-amd64``; may be empty."""

TypeName = Annotated[
    str, msgspec.Meta(max_length=200, pattern=r"\A(?:<private>|[\w.]+)\Z")
]
"""A class's dotted name from a known root, or ``<private>``."""

ProgramName = Annotated[
    str, msgspec.Meta(max_length=64, pattern=r"\A[\w.+-]+\Z|\A<private>\Z")
]
"""A program's base name."""

OtherProgram = Annotated[
    str, msgspec.Meta(max_length=64, pattern=r"\A[\w.+-]*\Z|\A<private>\Z")
]
"""A program's base name, or empty."""

Word = Annotated[str, msgspec.Meta(max_length=40, pattern=r"\A[\w.+-]*\Z")]
"""One of a few words of ours, the kernel's or psutil's; may be empty."""

SoftError = Annotated[
    str,
    msgspec.Meta(
        max_length=200,
        pattern=r"\A[^\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]*\Z",
    ),
]
"""What could not be read and the kind of error; our own sentence, scrubbed."""

HOLE = "<…>"
"""What stands in a message for everything that its source does not say."""

MessageTemplate = Annotated[
    str,
    msgspec.Meta(
        max_length=400,
        pattern=r"\A[^\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]*\Z",
    ),
]
"""The fixed text of a message as known code writes it, ``<…>`` for the rest."""

LONGEST_COMMENT = 300
"""Characters: five lines of the question on a screen of eighty columns."""

Comment = Annotated[
    str,
    msgspec.Meta(
        max_length=LONGEST_COMMENT,
        pattern=r"\A[^\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]*\Z",
    ),
]
"""What the person wrote about the crash, scrubbed; one line, may be empty."""

RuleName = Annotated[str, msgspec.Meta(max_length=40, pattern=r"\A[a-z][a-z0-9 _-]*\Z")]
"""Name of a rule or of a place in the report; ours."""


class Outcome(enum.Enum):
    """How a watched program ended, or what it told us while it lived."""

    SIGNAL = "signal"
    UNCAUGHT_MAIN = "uncaught_main"
    UNCAUGHT_THREAD = "uncaught_thread"
    UNRAISABLE = "unraisable"
    HANDLED = "handled"
    OUT_OF_MEMORY = "out_of_memory"
    KILLED = "killed"
    TERMINATED = "terminated"
    EXIT_NONZERO = "exit_nonzero"
    EXIT_CLEAN = "exit_clean"
    HANG = "hang"


class Reason(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why there is a report.

    Attributes:
        kind: The outcome.
        signal: Name of the signal (``SIGSEGV``), for deaths by signal.
        signal_code: ``si_code``'s name (``SEGV_MAPERR``) where it is known.
        exit_code: For exits.
    """

    kind: Outcome
    signal: Annotated[str, msgspec.Meta(pattern=r"\ASIG[A-Z0-9+-]{2,10}\Z")] | None = (
        None
    )
    signal_code: Annotated[str, msgspec.Meta(pattern=r"\A[A-Z_0-9]{2,24}\Z")] | None = (
        None
    )
    exit_code: int | None = None


class RaisedException(msgspec.Struct, frozen=True, omit_defaults=True):
    """A Python exception: its type, where, and what its source says of the reason.

    Attributes:
        type: Dotted class name.
        thread: Name of the thread it was raised in.
        frames: Innermost first.
        cause: What it was chained to (``__cause__`` or shown ``__context__``).
        message: Empty where there is none, or none that its source says.
        notes: Those that its source says.
        group: The members of an exception group.
    """

    type: TypeName
    thread: ThreadName = ""
    frames: tuple[Frame, ...] = ()
    cause: RaisedException | None = None
    message: MessageTemplate = ""
    notes: tuple[MessageTemplate, ...] = ()
    group: tuple[RaisedException, ...] = ()


class ProcessFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """The state of the process; bytes and seconds."""

    status: Word = ""
    uptime: float = 0.0
    resident_bytes: int = 0
    peak_resident_bytes: int = 0
    cpu_user: float = 0.0
    cpu_system: float = 0.0
    thread_count: int = 0


class SystemFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """The machine, without its name."""

    system: Word
    release: Version
    machine: Word
    implementation: Word = ""
    python: Version = ""


class CaptureFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """How we know: the method, the sources that answered, what could not be read."""

    method: Word
    sources: tuple[Word, ...] = ()
    soft_errors: tuple[SoftError, ...] = ()
    seconds: float = 0.0


class Removal(msgspec.Struct, frozen=True):
    """How often a rule removed something, and where. Never what."""

    rule: RuleName
    place: RuleName
    count: int


class CrashReport(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A crash, as it may leave."""

    schema: int
    id: ReportId
    created: datetime
    category: Word
    program: ProgramName
    release: Version = ""
    reason: Reason
    threads: tuple[Thread, ...] = ()
    exception: RaisedException | None = None
    process: ProcessFacts
    system: SystemFacts
    capture: CaptureFacts
    removed: tuple[Removal, ...] = ()
    minidump_bytes: int = 0
    comment: Comment = ""
    child_of: OtherProgram = ""

    @property
    def who(self) -> str:
        """The program, as a sentence names it: a child's end is not the program's."""
        return f"{self.program} (a child)" if self.child_of else self.program
