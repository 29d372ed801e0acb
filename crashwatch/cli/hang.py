"""A terminal whose heartbeats stand still: one report for each standstill.

The terminal goes on; nobody is asked while it does. The report waits with the others,
or is sent where the person allows that always.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from crashwatch.cli.after_crash import finding_of, keep
from crashwatch.cli.asking import by_standing_consent
from crashwatch.personal_data import collect_identity
from crashwatch.supervisor.evidence_of import evidence_of_standstill
from crashwatch.supervisor.run_page import handler_is_replaced, heartbeats
from crashwatch.supervisor.standstill import examine, is_excused, stands_still
from reports.compose import new_report_id
from reports.payload import Payload

if TYPE_CHECKING:
    from collections.abc import Callable

    from crashwatch.cli.session import Session
    from crashwatch.headless.outcome import Finding
    from crashwatch.supervisor.evidence_of import Start
    from crashwatch.supervisor.watch import Watch


def deal_with_standstill(
    watch: Watch,
    suspended: int,
    session: Session,
    start: Callable[[], Start],
    arguments: tuple[str, ...],
    note: Callable[[Finding], None] = lambda _finding: None,
) -> bool:
    """Report a standstill, if it is one; True when it was.

    Args:
        watch: Of the terminal; ``told`` is set, so that each is looked at once.
        suspended: ``suspended_ns`` at the time of the last heartbeat that was seen.
        session: Consent as it is now.
        start: How the program was started.
        arguments: Its own, which no report may hold.
        note: Told of the report.

    Raises:
        StorageError: The report could not be stored.
    """
    terminal = watch.terminal
    beats = heartbeats(terminal.page)
    if is_excused(terminal.pid, suspended):
        return False
    if not stands_still(terminal, [watch.signals], beats):
        return False
    watch.told = beats
    if not session.may_capture():
        return False
    note(report_standstill(watch, session, start(), arguments))
    return True


def report_standstill(
    watch: Watch, session: Session, start: Start, arguments: tuple[str, ...]
) -> Finding:
    """Report a terminal as it stands, whether its heart beats or not.

    Raises:
        StorageError: The report could not be stored.
    """
    terminal = watch.terminal
    replaced = terminal.page >= 0 and handler_is_replaced(terminal.page)
    still = examine(terminal, replaced=replaced, freeze=True)
    identity = collect_identity(dict(os.environ), arguments)
    evidence = evidence_of_standstill(still, start, watch.client, identity)
    session = session.for_writing()
    result = keep(evidence, identity, session, new_report_id())
    if isinstance(result, Payload):
        by_standing_consent([result], session)
    return finding_of(evidence, result)
