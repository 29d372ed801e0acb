"""Inspection: what ``crashwatch inspect --json`` prints, as typed values."""

from __future__ import annotations

from msgspec import Raw, Struct, field


class StreamRow(Struct, frozen=True):
    """One directory entry."""

    type: int
    name: str
    offset: int
    size: int


class SystemRow(Struct, frozen=True):
    """The machine."""

    architecture: str
    platform: str
    version: str
    processors: int
    cpu: str


class ThreadRow(Struct, frozen=True):
    """One thread; addresses are hexadecimal text, empty when unreadable."""

    tid: int
    name: str
    crashed: bool
    instruction_pointer: str
    stack_pointer: str
    module: str
    stack_address: str
    stack_size: int


class ExceptionRow(Struct, frozen=True):
    """What killed it; ``signal`` is a name on Linux, else empty."""

    tid: int
    code: int
    signal: str
    si_code: int
    address: str


class ModuleRow(Struct, frozen=True):
    """One image; ``build_id`` is hexadecimal."""

    base: str
    size: int
    name: str
    build_id: str
    debug_id: str


class MemoryRow(Struct, frozen=True):
    """One range of memory in the file."""

    address: str
    size: int
    offset: int


class RegionRow(Struct, frozen=True):
    """One mapping of the process."""

    base: str
    size: int
    protection: str
    kind: str


class Pair(Struct, frozen=True):
    """A named value: a status field, an annotation, an auxiliary entry."""

    name: str
    value: str


class CallRow(Struct, frozen=True):
    """One call: a function, and file and line or library and offset."""

    function: str
    place: str


class StackRow(Struct, frozen=True):
    """Python and native calls of one thread as one stack, innermost first."""

    tid: int
    name: str
    crashed: bool
    calls: tuple[CallRow, ...]


class ProblemRow(Struct, frozen=True):
    """Something wrong with the file."""

    stream: str
    offset: int
    message: str


class Inspection(Struct, frozen=True, kw_only=True):
    """Everything shown of a dump. A broken stream is empty and among the problems."""

    size: int
    time: int
    flags: int
    streams: tuple[StreamRow, ...]
    system: SystemRow | None = None
    pid: int | None = None
    started: int | None = None
    exception: ExceptionRow | None = None
    threads: tuple[ThreadRow, ...] = ()
    modules: tuple[ModuleRow, ...] = ()
    memory: tuple[MemoryRow, ...] = ()
    regions: tuple[RegionRow, ...] = ()
    status: tuple[Pair, ...] = ()
    auxv: tuple[Pair, ...] = ()
    link_map: tuple[Pair, ...] = ()
    annotations: tuple[Pair, ...] = ()
    soft_errors: tuple[str, ...] = ()
    stacks: tuple[StackRow, ...] = ()
    python_stacks: Raw = field(default_factory=lambda: Raw(b"null"))
    problems: tuple[ProblemRow, ...] = ()
