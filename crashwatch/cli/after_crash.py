"""After the end: make the report, let it wait, ask the person where there is one."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from crashwatch.cli.asking import conclude, tell_withheld
from crashwatch.cli.called import called
from crashwatch.cli.complaint import complain, said
from crashwatch.personal_data import collect_identity
from crashwatch.supervisor.evidence_of import evidence_of
from reports.compose import compose, new_report_id
from reports.consent.record import Category
from reports.crash_report import CrashReport
from reports.errors import WithheldError
from reports.payload import Payload
from reports.spool.records import Withheld

if TYPE_CHECKING:
    from crashwatch.cli.run_arguments import RunArguments
    from crashwatch.cli.session import Session
    from crashwatch.cli.stay import Stay
    from crashwatch.headless.outcome import Finding
    from crashwatch.prompts.tty_state import Attributes
    from crashwatch.supervisor.ending import Ending
    from crashwatch.supervisor.evidence_of import Start
    from reports.evidence import Evidence
    from scrubbers import Identity


def deal_with(
    ending: Ending,
    start: Start,
    session: Session,
    asked: RunArguments,
    attributes: Attributes | None,
    stay: Stay | None = None,
) -> None:
    """Keep a report of each thing worth one, and ask about the last.

    Args:
        ending: How it ended.
        start: How it was started.
        session: Consent as it is now.
        asked: The options of the run.
        attributes: Those of the terminal to come back to.
        stay: Of a launcher that stayed: leaves its files, whatever was found.

    Raises:
        StorageError: A report could not be stored.
    """
    identity = collect_identity(dict(os.environ), asked.command[1:])
    # It may have been refused since the program started.
    found = evidence_of(ending, start, identity) if session.may_capture() else ()
    if found:
        session = session.for_writing()
    results = [
        (evidence, keep(evidence, identity, session, new_report_id()))
        for evidence in found
    ]
    kept = [result for _, result in results if isinstance(result, Payload)]
    earlier = stay.kept if stay is not None else []
    if stay is not None:
        findings = [finding_of(evidence, result) for evidence, result in results]
        stay.leave(findings, ending, start, session, identity)
    if len(kept) < len(found):
        tell_withheld(len(found) - len(kept), asked)
    if not (found or earlier):
        return
    try:
        conclude([*earlier, *kept], session, asked, attributes)
    except Exception as error:  # noqa: BLE001 -- the report itself is kept
        complain(
            f"the report waits as it was made: {said(error)}",
            f"`{called()} reports list` shows it.",
        )


def finding_of(evidence: Evidence, result: Payload | Withheld) -> Finding:
    """What became of a piece of evidence, without what was raw in it."""
    from crashwatch.headless.outcome import Finding  # noqa: PLC0415 -- seldom

    kind = evidence.reason.kind
    if isinstance(result, Withheld):
        return Finding(kind, None, rules=result.rules)
    report = msgspec.json.decode(result.report_json, type=CrashReport)
    return Finding(kind, report, result.report_json, result.items)


def keep(
    evidence: Evidence, identity: Identity, session: Session, report_id: str
) -> Payload | Withheld:
    """Compose and store a report; a withheld one leaves its reason only.

    Raises:
        StorageError: It could not be stored.
    """
    try:
        payload = compose(evidence, identity=identity, report_id=report_id)
    except WithheldError as refusal:
        withheld = Withheld(
            id=report_id,
            category=Category.CRASH.value,
            created=datetime.fromtimestamp(int(evidence.created), UTC),
            rules=refusal.rules,
        )
        session.spool.withhold(withheld)
        return withheld
    session.spool.add(payload)
    return payload
