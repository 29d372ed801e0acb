"""The form that every report has, of whatever kind: its id and its largest size.

A list of reports needs no more, so that it loads no kind of report.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

ReportId = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{32}\Z")]
"""A random UUID (version 4) as 32 lower-case hexadecimal digits."""

MAX_ENVELOPE_BYTES = 20 * 1024 * 1024
"""What the strictest known receiver takes (Bugsink: 20 MiB on the wire)."""
