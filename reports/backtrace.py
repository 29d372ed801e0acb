"""Python stacks as a report may show them: typed, root-relative, scrubbed.

The raw counterparts, with real paths and names, are in ``reports.evidence``; only
``reports.compose`` makes these from those.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import msgspec

if TYPE_CHECKING:
    from collections.abc import Collection

UNKNOWN = "<unknown>"
"""What stands for a native function that has no name in its module."""

PRIVATE = "<private>"
"""What stands for a path or a name outside every known root."""

FunctionName = Annotated[
    str,
    msgspec.Meta(max_length=256, pattern=r"\A(?:<private>|[\w.<>\[\]$, ~:*&()-]+)\Z"),
]
"""A function's qualified name from code under a known root, or ``<private>``."""

RootRelativePath = Annotated[
    str,
    msgspec.Meta(
        max_length=512,
        pattern=r"\A(?:<private>|<(?:stdlib|site-packages|app|frozen|built-in|module)>"
        r"(?:/[^\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+)?"
        r")\Z",
    ),
]
"""``<root>/path/below.py``, or ``<private>``; nothing that changes a screen's text."""

ThreadName = Annotated[str, msgspec.Meta(max_length=64, pattern=r"\A[\w.()<> -]*\Z")]
"""A name that matches a known pattern, or the empty string."""


_NUMBERED = re.compile(r"\A(.+?)[-_ ]?\d{1,6}\Z", re.ASCII)
_LONGEST_COMM = 15


def is_declared_thread(name: str, declared: Collection[str]) -> bool:
    """Whether the configuration declares a thread's name: it, or it with a number.

    The kernel keeps 15 bytes of a name, so a name that long may be a beginning.
    """
    numbered = _NUMBERED.match(name)
    if name in declared or (numbered is not None and numbered[1] in declared):
        return True
    cut = len(name) == _LONGEST_COMM
    return cut and any(each.startswith(name) for each in declared)


LINE_LIMIT = 2**31
ADDRESS_LIMIT = 2**63 - 1  # what msgspec can compare with

LineNumber = Annotated[int, msgspec.Meta(ge=0, lt=LINE_LIMIT)]
Offset = Annotated[int, msgspec.Meta(ge=0, lt=ADDRESS_LIMIT)]
ModuleName = Annotated[str, msgspec.Meta(pattern=r"\A[\w.<>+-]{0,120}\Z")]
"""Base name of a native library, or empty."""


class Frame(msgspec.Struct, frozen=True, omit_defaults=True):
    """One call.

    Attributes:
        module: For native frames only.
        address: An offset into the module, for native frames only.
        entry: Whether C code called it, for Python frames only.
        guessed: Whether it was found without call frame information.
    """

    function: FunctionName
    file: RootRelativePath
    line: LineNumber | None = None
    module: ModuleName = ""
    address: Offset | None = None
    entry: bool = False
    guessed: bool = False


class Thread(msgspec.Struct, frozen=True):
    """One thread; ``frames``, Python's, and ``native`` are innermost first.

    ``reports.joined_stack.joined`` makes one stack of both.
    """

    name: ThreadName
    crashed: bool
    frames: tuple[Frame, ...]
    tid: int | None = None
    native: tuple[Frame, ...] = ()
