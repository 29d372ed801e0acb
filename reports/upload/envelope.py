"""The envelope format under the name of the package that sends it.

It lives in ``reports.envelope`` because the spool, below this package, reads it too.
"""

from __future__ import annotations

from reports.envelope import (
    Envelope,
    build_envelope,
    event_bytes,
    parse_envelope,
)

__all__ = ["Envelope", "build_envelope", "event_bytes", "parse_envelope"]
