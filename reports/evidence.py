"""What was found out about a crash, raw: real paths and names, in memory only.

``reports.compose.compose`` turns ``Evidence`` into the payload, through the walls;
nothing else may be done with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reports.crash_report import CaptureFacts, ProcessFacts, Reason, SystemFacts
    from reports.sanitize import Sanitized


@dataclass(frozen=True, slots=True)
class RawFrame:
    """One call, as a tool reported it: ``file`` is usually an absolute path."""

    function: str
    file: str = field(repr=False)
    line: int | None = None
    module: str = field(default="", repr=False)
    address: int | None = None
    entry: bool = False


@dataclass(frozen=True, slots=True)
class RawNativeFrame:
    """One native call, as it was unwound.

    Attributes:
        name: The function's symbol, or empty.
        path: The module's file as mapped, or empty outside of all modules.
        shown: The same path as the sanitizer shows it.
        offset: From the module's base.
        guessed: Whether it was found without call frame information.
    """

    name: str = field(repr=False)
    path: str = field(repr=False)
    shown: str
    offset: int | None = None
    guessed: bool = False


@dataclass(frozen=True, slots=True)
class RawThread:
    """One thread, frames innermost first.

    Attributes:
        tid: The kernel's number.
        pointer: The thread library's number (``pthread_self``), where it was told.
    """

    name: str = field(repr=False)
    crashed: bool
    frames: tuple[RawFrame, ...]
    tid: int | None = None
    native: tuple[RawNativeFrame, ...] = ()
    pointer: int | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RawMessage:
    """What the source says of a message; between two pieces something was left out.

    Attributes:
        pieces: Empty where nothing of it may be told.
        files: The files that the pieces are written in; ``<built-in>`` for Python's.
    """

    pieces: tuple[str, ...] = field(repr=False)
    files: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class RawException:
    """An exception: where its class is from, where it was raised, what caused it.

    Attributes:
        message: None where it has none.
        group: The members of an exception group.
    """

    module: str
    name: str
    thread: str = field(default="", repr=False)
    frames: tuple[RawFrame, ...] = ()
    cause: RawException | None = None
    message: RawMessage | None = None
    notes: tuple[RawMessage, ...] = ()
    group: tuple[RawException, ...] = ()


@dataclass(frozen=True, slots=True)
class CodeRoots:
    """Folders whose paths may be told relative to them.

    Attributes:
        stdlib: The standard library of the terminal's Python.
        site_packages: Where its packages are installed.
        app: The folder of the main script or package, or what the configuration names.
        app_is_flat: Folders too wide to be an application's (a home, ``/tmp``):
            only files directly in them count.
    """

    stdlib: tuple[str, ...] = ()
    site_packages: tuple[str, ...] = ()
    app: tuple[str, ...] = ()
    app_is_flat: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything about one crash.

    Attributes:
        program: The program as it was started (a path or a name).
        created: Unix time of the crash, seconds.
        thread_names: Names that the configuration declares: no person's.
        picture: The sanitized snapshot that becomes the minidump, or None.
        child_of: The program that it is a child of, or empty.
    """

    program: str = field(repr=False)
    created: float
    reason: Reason
    roots: CodeRoots = field(repr=False)
    process: ProcessFacts
    system: SystemFacts
    capture: CaptureFacts
    release: str = ""
    threads: tuple[RawThread, ...] = ()
    exception: RawException | None = None
    thread_names: tuple[str, ...] = ()
    picture: Sanitized | None = field(default=None, repr=False)
    child_of: str = field(default="", repr=False)
