"""Agree to a report, and deliver what was agreed to."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crashwatch.cli.session import Session
    from reports.spool.entry import StoredReport
    from reports.spool.records import Approval


def approve(
    session: Session, stored: StoredReport, *, how: str, sequence: int | None = None
) -> Approval:
    """Queue a report: each of its items, by its SHA-256, is agreed to.

    Args:
        session: Whose spool and record.
        stored: The report.
        how: How it was agreed to.
        sequence: Where that stands in the record; as a rule, at its end.
    """
    digests = {item.sha256 for item in stored.items}
    if sequence is None:
        sequence = session.consent().sequence
    return session.spool.approve(stored.summary.id, digests, how=how, sequence=sequence)


def start_uploader(session: Session) -> bool:
    """Start a process that sends what was agreed to, and do not wait for it.

    Returns:
        Whether one was started: without an endpoint there is nothing to do.
    """
    if not session.configuration.dsn:
        return False
    subprocess.Popen(
        [sys.executable, "-m", "crashwatch", "upload", "--quiet"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    return True
