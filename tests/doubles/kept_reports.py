"""The reports that were kept in a home, as plain JSON."""

import json
from pathlib import Path
from typing import Any

from tests.doubles.stored_bytes import plain


def kept_reports(home: Path) -> list[Any]:
    """Those that wait for an answer, in no particular order."""
    found = home.glob("reports/pending/*/report.json.zst")
    return [json.loads(plain(path)) for path in found]


def only_report(home: Path) -> Any:
    """The one there is."""
    (report,) = kept_reports(home)
    return report
