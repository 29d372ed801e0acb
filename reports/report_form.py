"""What every report has, of whatever kind: its form's number, its id, its largest size.

A list of reports needs no more, so that it loads no kind of report.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

SCHEMA_VERSION = 1
"""The number of the form in which reports, and what is recorded beside them, are
written; one that gives a field another meaning has another number."""

Schema = Annotated[int, msgspec.Meta(ge=1, le=SCHEMA_VERSION)]
"""A form that this version knows."""

ReportId = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{32}\Z")]
"""A random UUID (version 4) as 32 lower-case hexadecimal digits."""

MAX_ENVELOPE_BYTES = 20 * 1024 * 1024
"""What the strictest known receiver takes (Bugsink: 20 MiB on the wire)."""
