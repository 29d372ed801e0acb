"""Thread names: those a library gives itself, never what a person or a title chose."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reports.backtrace import is_declared_thread

if TYPE_CHECKING:
    from collections.abc import Collection

    from reports.sanitizing.innocence import Innocence

_LONGEST_COMM = 15
"""``/proc/PID/task/TID/comm`` holds 15 bytes."""

_KNOWN = re.compile(
    r"""
    python(?:3(?:\.\d{1,2}t?)?)?        # the interpreter's own name
    | Main[ ]?Thread
    | Thread-\d{1,6}                    # threading's default, without its target
    | Dummy-\d{1,6}
    | (?:Thread)?Pool(?:Executor|Execu|Exec)?-?\d{0,3}(?:_\d{1,3})?
    | ThreadPoolExecu?
    | asyncio_\d{1,4}
    | pool-\d{1,4}(?:-thread-\d{1,4})?
    | pool-(?:spawner|frontend)
    | gmain | gdbus | dconf\ worker | threaded-ml
    | crashwatch(?:-[a-z]{1,4})?
    | tokio-rt-worker | tokio-runtime-w
    | (?:llvmpipe|gallium|iou-wrk|iou-sqp)-\d{1,7}
    | (?:[a-z0-9]{1,10}:)?(?:cs|sh|shlo|gdrv|disk\$|gl|traceq|rend_)\d{0,3}
    | WaylandEvents?|QXcbEventQueue|QDBusConnection|Qt\ bearer\ threa
    | KittyChildMon|KittyPeerMon|KittyLoop|DiskCacheWrite|CloseReaper
    """,
    re.VERBOSE | re.ASCII,
)


def shown_thread_name(
    name: str, executable: str, innocence: Innocence, declared: Collection[str] = ()
) -> str:
    """``name`` if it is one we know or the executable's own, else the empty string.

    Args:
        name: As read from ``comm``.
        executable: The shown base name of the main executable; the kernel names the
            first thread after it, cut to 15 bytes.
        innocence: Judges the executable's name.
        declared: Names that the configuration declares.
    """
    known = _KNOWN.fullmatch(name) or is_declared_thread(name, declared)
    if known and not innocence.names_person(name):
        return name
    own = executable.rpartition("/")[2][:_LONGEST_COMM]
    return name if name and name == own and innocence.is_plain(name) else ""
