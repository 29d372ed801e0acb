"""Status fields, auxiliary vector, dynamic linking and kernel text: allow-lists."""

from __future__ import annotations

import re
import struct
from dataclasses import replace
from typing import TYPE_CHECKING

from reports.snapshot import DynamicLinking, LinkMapEntry, Protection
from scrubbers.words import Ranges

if TYPE_CHECKING:
    from collections.abc import Callable

    from reports.sanitizing.innocence import Innocence
    from reports.snapshot import ProcessSnapshot, SystemFacts

_COUNT = re.compile(r"\d{1,12}(?: kB)?", re.ASCII)
_MASK = re.compile(r"[0-9a-f]{16}", re.ASCII)
_STATE = re.compile(r"[A-Z] \([a-z ]{1,16}\)", re.ASCII)

_STATUS_SHAPES = {
    "State": _STATE,
    **dict.fromkeys(("SigBlk", "SigIgn", "SigCgt"), _MASK),
    **dict.fromkeys(
        (
            *("Pid", "Threads", "FDSize", "Seccomp"),
            *("VmPeak", "VmSize", "VmHWM", "VmRSS", "VmSwap"),
        ),
        _COUNT,
    ),
}
"""Field of ``/proc/PID/status`` to the shape its value must have. Not in it: names,
user and group ids, name spaces, processor sets; nor numbers nobody reads in a dump."""

_AUXV_NUMBERS = frozenset({4, 5, 6, 8, 16, 17, 23, 26, 29, 30, 51})
"""PHENT PHNUM PAGESZ FLAGS HWCAP CLKTCK SECURE HWCAP2 HWCAP3 HWCAP4 MINSIGSTKSZ."""

_AUXV_POINTERS = frozenset({3, 7, 9, 33})
"""PHDR BASE ENTRY SYSINFO_EHDR: into modules, and a debugger needs them."""

_AUXV_TEXT = frozenset({15, 24, 25, 31})
"""PLATFORM BASE_PLATFORM RANDOM EXECFN: pointers to text or secrets, written as 0."""

_DT_DEBUG = 21
"""The one entry that is filled in at run time; the file itself tells the others."""

_DYNAMIC_PAIR = struct.Struct("<qQ")
_LONGEST_DYNAMIC = 4096
_KERNEL = re.compile(r"[\x20-\x7e]{1,200}", re.ASCII)
_KERNEL_NUMBER = re.compile(r"\d{1,4}(?:\.\d{1,5}){1,3}", re.ASCII)
_KERNEL_WORD = (
    r"(?:Linux|SMP|PREEMPT(?:_DYNAMIC|_RT)?|Debian|UTC|x86_64|aarch64"
    r"|[#@]\d{1,4}(?:-Ubuntu)?"
    r"|Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
    r"|0(?:-(?:\d{1,3}|amd64|arm64|generic|cloud|rt|fc|v\d{1,4}|lts|zen\d|arch\d)){0,4}"
    r"|[0-3]?\d|20\d\d|\d\d:\d\d:\d\d|\(20\d\d-\d\d-\d\d\)"
    r"|\d{1,2}\.\d{1,3}\.\d{1,3}-\d{1,2})"
)
_USUAL_KERNEL = re.compile(rf"{_KERNEL_WORD}(?: {_KERNEL_WORD}){{0,20}}", re.ASCII)
"""Words that kernels are built with; to ask the scrubbers for the first time takes
longer than all the rest of a minidump."""
_VENDOR = re.compile(rb"[A-Za-z ]{12}")


def shown_status(status: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """The fields on the list whose values look as they must."""
    return tuple(
        (name, value)
        for name, value in status
        if name in _STATUS_SHAPES and _STATUS_SHAPES[name].fullmatch(value)
    )


def shown_auxv(snapshot: ProcessSnapshot) -> tuple[tuple[int, int], ...]:
    """Numbers, and pointers into modules; user ids and unknown types are left out."""
    inside = _images(snapshot)
    shown = []
    for kind, value in snapshot.auxv:
        if kind in _AUXV_NUMBERS:
            shown.append((kind, value))
        elif kind in _AUXV_POINTERS:
            shown.append((kind, value if inside.contains(value) else 0))
        elif kind in _AUXV_TEXT:
            shown.append((kind, 0))
    return tuple(shown)


def _images(snapshot: ProcessSnapshot) -> Ranges:
    """Where modules lie, and all code: the kernel's page of it is no module."""
    ranges = [(m.base, m.base + m.size) for m in snapshot.modules]
    runs = [m for m in snapshot.mappings if Protection.EXECUTE in m.protection]
    return Ranges([*ranges, *((m.start, m.end) for m in runs)])


def shown_linking(
    snapshot: ProcessSnapshot, shown_path: Callable[[str], str]
) -> DynamicLinking | None:
    """The linker's list with shown paths, and addresses inside modules only."""
    linking = snapshot.dynamic_linking
    if linking is None:
        return None
    inside = _images(snapshot)

    def pointer(value: int) -> int:
        return value if inside.contains(value) else 0

    return DynamicLinking(
        version=linking.version if 0 <= linking.version < 256 else 0,
        linker_base=pointer(linking.linker_base),
        breakpoint_address=pointer(linking.breakpoint_address),
        dynamic_address=pointer(linking.dynamic_address),
        dynamic=_debug_entry(linking.dynamic, inside),
        link_map=tuple(
            LinkMapEntry(pointer(e.address), shown_path(e.name), pointer(e.dynamic))
            for e in linking.link_map
        ),
    )


def _debug_entry(dynamic: bytes, inside: Ranges) -> bytes:
    """DT_DEBUG, if it points into a module, and DT_NULL."""
    usable = dynamic[:_LONGEST_DYNAMIC]
    usable = usable[: len(usable) - len(usable) % _DYNAMIC_PAIR.size]
    pairs = [
        (tag, value)
        for tag, value in _DYNAMIC_PAIR.iter_unpack(usable)
        if tag == _DT_DEBUG and inside.contains(value)
    ]
    return b"".join(_DYNAMIC_PAIR.pack(*pair) for pair in [*pairs[:1], (0, 0)])


def _is_clean(kernel: str, innocence: Innocence) -> bool:
    if _USUAL_KERNEL.fullmatch(kernel) is not None:
        return not innocence.names_person(kernel)
    return innocence.is_clean(kernel)


def shown_system(facts: SystemFacts, innocence: Innocence) -> SystemFacts:
    """The machine with its kernel's text if that names nobody, else its number only."""
    kernel = facts.kernel
    # Its number has four parts on some machines, as an address has.
    rest = _KERNEL_NUMBER.sub("0", kernel, count=1)
    if not _KERNEL.fullmatch(kernel) or not _is_clean(rest, innocence):
        number = _KERNEL_NUMBER.search(kernel)
        kernel = f"Linux {number.group()}" if number else "Linux"
    vendor = facts.cpu_vendor if _VENDOR.fullmatch(facts.cpu_vendor) else b""
    return replace(facts, kernel=kernel, cpu_vendor=vendor)
