"""Reports as JSON: the keys that other tools rely on. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.consent.record import Category
from reports.errors import ReportNotFoundError

if TYPE_CHECKING:
    from reports.spool.entry import StoredReport
    from reports.spool.summary import Summary


def summary_json(row: Summary) -> dict[str, object]:
    """One report in a list: the contract's keys."""
    return {
        "id": row.id,
        "state": row.state.value,
        "category": row.category,
        "created": row.created.isoformat(),
        "program": row.program,
        "reason": {"kind": row.reason.kind, "signal": row.reason.signal}
        if row.reason
        else None,
        "bytes": row.bytes,
        "stored_bytes": row.stored_bytes,
    }


def report_json(stored: StoredReport) -> dict[str, object]:
    """One report whole: the summary's keys, the report's, and what would be sent."""
    from reports.spool.records import decoded  # noqa: PLC0415 -- a list needs none

    report = decoded(stored.report_json, dict[str, object])
    if "id" not in report:
        raise ReportNotFoundError("the report has no id")
    report.setdefault("threads", [])
    head = summary_json(stored.summary)
    whole, known = report.get("reason"), head["reason"]
    if isinstance(whole, dict) and isinstance(known, dict):
        head["reason"] = known | whole  # signal_code and exit_code where they are known
    return {
        **report,
        **head,
        "category": stored.summary.category or Category.CRASH.value,
        "items": [
            {
                "type": item.type,
                "name": item.name,
                "bytes": len(item.data),
                "sha256": item.sha256,
            }
            for item in stored.items
        ],
    }
