"""Python stacks as a report may show them: typed, root-relative, scrubbed.

The raw counterparts, with real paths and names, are in ``reports.evidence``; only
``reports.compose`` makes these from those.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

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
        r"(?:/[^\x00-\x1f\x7f]+)?)\Z",
    ),
]
"""``<root>/path/below.py``, or ``<private>``."""

ThreadName = Annotated[str, msgspec.Meta(max_length=64, pattern=r"\A[\w.()<> -]*\Z")]
"""A name that matches a known pattern, or the empty string."""


class Frame(msgspec.Struct, frozen=True, omit_defaults=True):
    """One call. ``address`` is an offset into a module, for native frames only."""

    function: FunctionName
    file: RootRelativePath
    line: int | None = None
    module: str = ""
    address: int | None = None


class Thread(msgspec.Struct, frozen=True):
    """One thread; ``frames`` are innermost first."""

    name: ThreadName
    crashed: bool
    frames: tuple[Frame, ...]
    tid: int | None = None
