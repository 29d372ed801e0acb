"""Documents made from the code: privacy notice, JSON Schemas, commands, manual pages.

usage: python tests/architecture/generated_documents.py      (`make docs`)

Writes ``docs/privacy-notice.md``, ``docs/command-line.md``, ``docs/schemas/*.json`` and
``docs/man/*.1``; a test compares what lies there with what is made here, so that none
can say what the code does not.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from crashwatch.cli.declared import own_registry
from crashwatch.cli.report_diff import ReportDiff
from crashwatch.cli.report_stats import ReportStats
from crashwatch.headless.outcome import RunRecord
from crashwatch.headless.timeline_file import TimelineFile
from reports.audit import Audit
from reports.consent.disclosure import disclosure_text
from reports.crash_report import CrashReport
from reports.spool.ledger import LedgerLine
from reports.spool.records import Approval, Origin, Receipt, Withheld
from reports.spool.summary import Summary
from reports.upload.memory import Memory
from reports.upload.requests import Taken, Waiting
from reports.usage.disclosed import disclosed
from reports.usage.registry import parse_registry
from reports.usage.summary import DayCounts
from reports.usage_report import UsageReport
from tests.architecture.command_line_document import command_line_document
from tests.architecture.command_shapes import SHAPES
from tests.architecture.manual_pages import manual_pages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DOCS = Path(__file__).parents[2] / "docs"

PUBLISHED: Mapping[str, Any] = {
    **SHAPES,
    "approval": Approval,
    "audit": Audit,
    "crash-report": CrashReport,
    "day-counts": DayCounts,
    "deletion-receipt": Taken,
    "deletion-request": Waiting,
    "ledger-line": LedgerLine,
    "origin": Origin,
    "receipt": Receipt,
    "report-diff": ReportDiff,
    "report-stats": ReportStats,
    "report-summary": Summary,
    "run": RunRecord,
    "timeline": TimelineFile,
    "upload-memory": Memory,
    "usage-report": UsageReport,
    "withheld": Withheld,
}
"""Name of the file below ``docs/schemas`` to the type it is made from."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"

_NOTICE = """\
# Privacy notice

Made from the text that `crashwatch disclosure` prints where nothing is configured and
Pachyterm's registry is in force. The one on your machine names your endpoint, region
and time limits, and is the one that counts: a choice is bound to its words.
"""


def schema(kind: Any) -> str:
    """The JSON Schema of a type, as the file holds it.

    Python's anchors are written as JSON Schema's dialect of expressions has them.
    """
    made = {"$schema": _DIALECT, **msgspec.json.schema(kind)}
    return json.dumps(_anchored(made), indent=2, ensure_ascii=False) + "\n"


def _anchored(value: object) -> object:
    if isinstance(value, dict):
        return {
            key: _in_ecma(each)
            if key == "pattern" and isinstance(each, str)
            else _anchored(each)
            for key, each in value.items()
        }
    return [_anchored(each) for each in value] if isinstance(value, list) else value


def _in_ecma(pattern: str) -> str:
    return pattern.replace(r"\A", "^").replace(r"\Z", "$")


def privacy_notice() -> str:
    """The disclosure as a document: a heading for each part of it."""
    registry = parse_registry(Path(own_registry()).read_bytes())
    text = disclosure_text(metrics=disclosed(registry))
    return "\n".join([_NOTICE, *_sections(text)]) + "\n"


def _sections(text: str) -> Iterator[str]:
    for part in re.split(r"\n\n(?=[A-Z])", text)[1:]:
        title, _, body = part.partition("\n")
        yield f"## {title.capitalize()}\n\n```text\n{body.rstrip()}\n```\n"


def documents() -> dict[Path, str]:
    """Every generated file and what must be in it."""
    made = {
        DOCS / "schemas" / f"{name}.json": schema(kind)
        for name, kind in PUBLISHED.items()
    }
    made |= {DOCS / "man" / name: page for name, page in manual_pages().items()}
    made[DOCS / "command-line.md"] = command_line_document()
    return {DOCS / "privacy-notice.md": privacy_notice().rstrip() + "\n", **made}


def main() -> None:
    """Write them."""
    for path, text in documents().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
