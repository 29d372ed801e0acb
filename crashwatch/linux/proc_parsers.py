"""What the kernel writes in /proc/PID, turned into values. Pure.

Formats are those of proc(5). Text that a process chooses itself (its name, its
files' names) may hold spaces, parentheses and newlines: Apport was fooled by such a
name (CVE-2021-25682), so fields are found from the side nobody else can write.
"""

from __future__ import annotations

import functools
import re
import struct
from dataclasses import dataclass, field
from typing import Final

from reports.snapshot import Mapping, Protection

_MAPS_LINE: Final = re.compile(
    rb"([0-9a-f]{1,16})-([0-9a-f]{1,16}) ([r-][w-][x-][sp]) ([0-9a-f]{1,16})"
    rb" [0-9a-f]{1,8}:[0-9a-f]{1,8} [0-9]{1,20}(?: +(.*))?"
)
_DELETED: Final = " (deleted)"
_MOST_MAPPINGS: Final = 262_144
_MOST_AUXV: Final = 256

_PROTECTIONS: Final = {
    ord("r"): Protection.READ,
    ord("w"): Protection.WRITE,
    ord("x"): Protection.EXECUTE,
    ord("s"): Protection.SHARED,
}

_SAFE_STATUS_FIELDS: Final = """State Pid Threads FDSize
    VmPeak VmSize VmLck VmPin VmHWM VmRSS RssAnon RssFile RssShmem VmData VmStk VmExe
    VmLib VmPTE VmSwap HugetlbPages CoreDumping THP_enabled
    SigPnd ShdPnd SigBlk SigIgn SigCgt NoNewPrivs Seccomp Seccomp_filters
    voluntary_ctxt_switches nonvoluntary_ctxt_switches"""
SAFE_STATUS_FIELDS: Final = frozenset(_SAFE_STATUS_FIELDS.split())
"""Fields of ``status`` that say nothing of the person: no name, user or group."""

_SAFE_STATUS_VALUE: Final = re.compile(
    r"[0-9a-f]{1,20}(?: kB)?|[A-Za-z] \([a-z ]{1,20}\)"
)


class ProcParseError(ValueError):
    """The text is not what proc(5) describes; the message quotes none of it."""


@dataclass(frozen=True, slots=True)
class TaskStat:
    """The fields of ``stat`` that we use.

    Attributes:
        tid: Field 1.
        name: Field 2 without its parentheses.
        state: Field 3, one letter.
        parent: Field 4, a pid.
        start_ticks: Field 22, clock ticks after boot.
    """

    tid: int
    name: str = field(repr=False)
    state: str
    parent: int
    start_ticks: int


@dataclass(frozen=True, slots=True)
class TaskSyscall:
    """The system call a task is blocked in.

    Attributes:
        number: System call number, or -1 when it is blocked outside of one.
        arguments: The six arguments, or none when ``number`` is -1.
    """

    number: int
    arguments: tuple[int, ...] = field(repr=False)
    stack_pointer: int
    instruction_pointer: int


def parse_maps(data: bytes) -> tuple[Mapping, ...]:
    r"""Parse ``maps``; an unfinished last line (a short read) is left out.

    Returns:
        Mappings in ascending order, without overlap. A newline in a path, which the
        kernel writes as ``\012``, is a newline again; bytes that are not UTF-8
        become surrogates, as in ``os.fsdecode``.

    Raises:
        ProcParseError: A line is malformed, or out of order.
    """
    lines = data.split(b"\n")[:-1]
    if len(lines) > _MOST_MAPPINGS:
        raise ProcParseError("maps: more lines than any kernel allows")
    mappings = tuple(_parse_maps_line(line) for line in lines)
    end = 0
    for mapping in mappings:
        if not end <= mapping.start < mapping.end:
            raise ProcParseError("maps: ranges out of order")
        end = mapping.end
    return mappings


def _parse_maps_line(line: bytes) -> Mapping:
    match = _MAPS_LINE.fullmatch(line)
    if match is None:
        raise ProcParseError("maps: malformed line")
    start, end, letters, offset, path = match.groups()
    text = (path or b"").replace(b"\\012", b"\n").decode("utf-8", "surrogateescape")
    return Mapping(
        int(start, 16), int(end, 16), _protection(letters), int(offset, 16), text
    )


@functools.cache
def _protection(letters: bytes) -> Protection:
    """One of the 16 combinations; joining flags anew took half of all parsing."""
    protection = Protection.NONE
    for letter in letters:
        protection |= _PROTECTIONS.get(letter, Protection.NONE)
    return protection


def without_deleted_suffix(path: str) -> str:
    """Drop the mark that the kernel appends to a file that was unlinked."""
    return path.removesuffix(_DELETED)


def parse_stat(data: bytes) -> TaskStat:
    """Parse ``stat``: the name ends at the *last* parenthesis.

    Raises:
        ProcParseError: Too few fields, or one that is not a number.
    """
    head, opening, rest = data.partition(b" (")
    name, closing, tail = rest.rpartition(b") ")
    fields = tail.split()
    if not opening or not closing or len(fields) < 20 or len(fields[0]) != 1:
        raise ProcParseError("stat: missing fields")
    return TaskStat(
        _decimal(head, "stat"),
        name.decode("utf-8", "replace"),
        fields[0].decode("latin-1"),
        _decimal(fields[1], "stat"),
        _decimal(fields[19], "stat"),
    )


def parse_status(data: bytes) -> tuple[tuple[str, str], ...]:
    """Parse ``status`` and keep only ``SAFE_STATUS_FIELDS`` with harmless values.

    A name with a newline could pretend to be another field. The kernel escapes it;
    should it not, the last field of a name wins, and the shape of a value is checked.

    Raises:
        ProcParseError: Not a single line has a field's shape.
    """
    found: dict[str, str] = {}
    shaped = False
    for line in data.decode("latin-1").split("\n"):
        key, colon, value = line.partition(":\t")
        shaped = shaped or bool(colon)
        value = value.strip(" \t")
        if key in SAFE_STATUS_FIELDS and _SAFE_STATUS_VALUE.fullmatch(value):
            found[key] = value
    if not shaped:
        raise ProcParseError("status: no fields")
    return tuple(found.items())


def parse_auxv(data: bytes) -> tuple[tuple[int, int], ...]:
    """Parse ``auxv`` of a 64-bit process: pairs of u64 up to ``AT_NULL``, left out.

    An unfinished last pair (a short read) is left out too.

    Raises:
        ProcParseError: Longer than any kernel writes.
    """
    if len(data) > 16 * _MOST_AUXV:
        raise ProcParseError("auxv: too long")
    pairs: list[tuple[int, int]] = []
    for kind, value in struct.iter_unpack("<QQ", data[: len(data) & ~15]):
        if kind == 0:
            break
        pairs.append((kind, value))
    return tuple(pairs)


def parse_syscall(data: bytes) -> TaskSyscall | None:
    """Parse ``syscall``: None when the task is running.

    Three shapes: ``running``; ``-1 SP PC``; ``NUMBER`` six arguments ``SP PC``.

    Raises:
        ProcParseError: None of the three.
    """
    fields = data.split()
    if fields == [b"running"]:
        return None
    if len(fields) not in {3, 9}:
        raise ProcParseError("syscall: wrong number of fields")
    number = _decimal(fields[0], "syscall")
    if (number == -1) != (len(fields) == 3):
        raise ProcParseError("syscall: number and fields disagree")
    *arguments, stack_pointer, instruction_pointer = map(_hexadecimal, fields[1:])
    return TaskSyscall(number, tuple(arguments), stack_pointer, instruction_pointer)


def parse_comm(data: bytes) -> str:
    """Parse ``comm``: the last newline is the kernel's, all else is the name.

    The kernel cuts names at 15 bytes, perhaps inside a character, which becomes
    U+FFFD.

    Raises:
        ProcParseError: Without that newline, or longer than the 64 bytes of a kernel
            worker's name.
    """
    if len(data) > 65 or not data.endswith(b"\n"):
        raise ProcParseError("comm: cut short")
    return data.removesuffix(b"\n").decode("utf-8", "replace")


def _decimal(field_bytes: bytes, where: str) -> int:
    if re.fullmatch(rb"-?[0-9]{1,20}", field_bytes) is None:
        raise ProcParseError(f"{where}: not a number")
    return int(field_bytes)


def _hexadecimal(field_bytes: bytes) -> int:
    if re.fullmatch(rb"0x[0-9a-f]{1,16}", field_bytes) is None:
        raise ProcParseError("syscall: not a hexadecimal number")
    return int(field_bytes, 16)
