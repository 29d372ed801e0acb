"""What ``--json`` of each command prints, as types: made into schemas, and tested.

A key less than here fails a test: others' scripts read them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from reports.minidump.inspection import Inspection


class _Shape(msgspec.Struct, frozen=True, kw_only=True):
    """At least these keys: an answer may grow, and none of them goes away."""


class Choice(_Shape, frozen=True):
    """A category: what was chosen, and what is in force."""

    category: str
    state: str
    since: datetime | None
    how: str | None
    allowed: bool
    asked: bool
    decided_by: str
    reason: str


class Kept(_Shape, frozen=True):
    """Reports in one state."""

    reports: int
    bytes: int
    stored_bytes: int


class Reason(_Shape, frozen=True):
    """How many reports met a fate for one reason."""

    fate: str
    why: str
    reports: int


class Account(_Shape, frozen=True):
    """Every captured report, counted once; the parts sum up to ``captured``."""

    captured: int
    waiting: int
    sent: int
    withheld: int
    refused: int
    dropped: int
    set_aside: int
    reasons: list[Reason]


class Today(_Shape, frozen=True):
    """What was counted today, by category and metric."""

    day: str
    today: dict[str, Any]
    registry: str
    registry_problem: str | None
    damaged: int


class Sending(_Shape, frozen=True):
    """What the next upload has to keep to."""

    daily_bytes: int | None
    sent_today_bytes: int
    bytes_a_second: float
    failures: int
    not_before: datetime | None
    waits_for: str | None


class Requests(_Shape, frozen=True):
    """Ids of deletion requests."""

    waiting: list[str]
    taken: list[str]


class Status(_Shape, frozen=True):
    """``crashwatch status``."""

    version: str
    home: str
    endpoint: str | None
    consent: list[Choice]
    consent_problem: str | None
    reports: dict[str, Kept]
    account: Account
    counters: Today
    delivery: Sending
    region: str | None
    deletion_requests: Requests
    notes: list[str]


class Disclosure(_Shape, frozen=True):
    """The words that a choice is bound to."""

    policy_version: int
    disclosure_sha256: str
    text: str


class DoctorCheck(_Shape, frozen=True, omit_defaults=True):
    """One thing looked at; ``capture`` only of the program asked about."""

    name: str
    works: bool
    found: str
    mend: str
    note: str
    capture: str | None = None


class Held(_Shape, frozen=True):
    """A report or a request, and why it did not go."""

    id: str
    why: str


class UploadResult(_Shape, frozen=True):
    """One pass over the queue."""

    busy: bool
    waiting_until: datetime | None
    sent: list[str]
    kept: list[Held]
    refused: list[Held]
    set_aside: list[Held]
    not_yet: list[Held]
    wire_bytes: int
    requests_taken: list[str]


class Deleted(_Shape, frozen=True):
    """What had been kept long enough."""

    reports: int
    choices: int
    ledger_lines: int
    counted_days: int


class Upkeep(_Shape, frozen=True):
    """``crashwatch upkeep``."""

    deleted: Deleted
    requests_taken: list[str]
    sent: list[str]


class Export(_Shape, frozen=True):
    """``crashwatch export``; ``left_out``: names, and why."""

    output: str
    files: int
    bytes: int
    reports: int
    left_out: dict[str, str]


class Request(_Shape, frozen=True):
    """A deletion request that was made, and how many ids are in it."""

    id: str
    event_ids: int
    anonymous_ids: int


class Taken(_Shape, frozen=True):
    """A deletion request that a server took."""

    id: str
    host: str
    status: int


class Erasure(_Shape, frozen=True):
    """``crashwatch erase``; ``left``: files that are still there, and why."""

    files: int
    bytes: int
    left: dict[str, str]
    requests: list[Request]
    taken: list[Taken]
    waiting: list[Held]


class AnonymousIds(_Shape, frozen=True):
    """Quarter to id."""

    anonymous_ids: dict[str, str]
    exists: bool


class IdentityReset(_Shape, frozen=True):
    """Whether there was an id."""

    reset: bool


class Detached(_Shape, frozen=True):
    """Process ids and the name of what is no longer traced."""

    pid: int
    name: str
    tracer: int
    launcher: int


class HonouredDeletions(_Shape, frozen=True):
    """``crashwatch honour-deletions``: ids."""

    requests: list[str]
    erased: list[str]
    absent: list[str]
    left: list[str]
    done: list[str]


class Discarded(_Shape, frozen=True):
    """Ids of reports that are gone."""

    discarded: list[str]


class IngestedDump(_Shape, frozen=True):
    """What came of a minidump."""

    file: str
    report: str | None
    error: str | None


class WrittenPage(_Shape, frozen=True):
    """``crashwatch reports show ID --html FILE``."""

    output: str
    bytes: int


class Timer(_Shape, frozen=True):
    """``crashwatch timer``: file to text of each unit."""

    on: bool
    folder: str
    units: dict[str, str]


class AuditedReport(msgspec.Struct, frozen=True):
    """One of ``crashwatch audit``; where it was read, with ``audit.json``'s keys."""

    id: str
    state: str
    clean: bool


SHAPES: dict[str, Any] = {
    "anonymous-ids": AnonymousIds,
    "audited-reports": list[AuditedReport],
    "consent-choices": list[Choice],
    "detached": Detached,
    "discarded": Discarded,
    "disclosure": Disclosure,
    "doctor": list[DoctorCheck],
    "erasure": Erasure,
    "export": Export,
    "honoured-deletions": HonouredDeletions,
    "identity-reset": IdentityReset,
    "ingested-dump": IngestedDump,
    "ingested-dumps": list[IngestedDump],
    "inspection": Inspection,
    "status": Status,
    "timer": Timer,
    "upkeep": Upkeep,
    "upload-result": UploadResult,
    "written-page": WrittenPage,
}
"""Name of the schema to the type it is made from."""

OF_COMMAND: dict[str, str] = {
    "audit": "audited-reports",
    "consent grant": "consent-choices",
    "consent revoke": "consent-choices",
    "consent show": "consent-choices",
    "detach": "detached",
    "disclosure": "disclosure",
    "doctor": "doctor",
    "erase": "erasure",
    "export": "export",
    "honour-deletions": "honoured-deletions",
    "identity reset": "identity-reset",
    "identity show": "anonymous-ids",
    "ingest": "ingested-dumps",
    "inspect": "inspection",
    "reports approve": "approval",
    "reports discard": "discarded",
    "reports list": "report-summary",
    "reports show": "crash-report",
    "reports stats": "report-stats",
    "status": "status",
    "timer off": "timer",
    "timer on": "timer",
    "timer show": "timer",
    "upkeep": "upkeep",
    "upload": "upload-result",
    "watch": "ingested-dump",
}
"""Command to the schema of what its ``--json`` prints."""
