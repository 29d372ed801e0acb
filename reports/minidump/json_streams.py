"""The two streams whose bytes are one JSON text in UTF-8, and nothing else.

=============  ==========  =========================================================
stream         number      content
=============  ==========  =========================================================
PYTHON_STACKS  0x43570001  what ``py-spy dump --json`` saw while the process was held,
                           scrubbed: a list of threads, joined with the native ones
                           by their ``os_thread_id``. The low half of the number is
                           the version of this layout.
SOFT_ERRORS    0x4d7a0004  a list of lines: what could not be read or was withheld.
                           Mozilla's number, so that its tools show them.
=============  ==========  =========================================================

Numbers above 0xffff are free for users of the format; ``0x4357`` is "CW".
"""

from __future__ import annotations

import msgspec


def is_json(data: bytes) -> bool:
    """Whether ``data`` is one JSON text in UTF-8, as the RFC has it.

    Python's own parser takes NaN, UTF-16 and more, which then breaks other readers.
    """
    try:
        msgspec.json.decode(data)
    except (ValueError, RecursionError):
        return False
    return True
