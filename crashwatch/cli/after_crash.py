"""After the end: make the report, let it wait, ask the person where there is one."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from crashwatch.cli.asking import conclude, tell_withheld
from crashwatch.cli.show import complain
from crashwatch.personal_data import collect_identity
from crashwatch.supervisor.evidence_of import evidence_of
from reports.compose import compose, new_report_id
from reports.consent.record import Category
from reports.errors import WithheldError
from reports.spool.records import Withheld

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crashwatch.cli.run_arguments import RunArguments
    from crashwatch.cli.session import Session
    from crashwatch.prompts.tty_state import Attributes
    from crashwatch.supervisor.ending import Ending
    from crashwatch.supervisor.evidence_of import Start
    from reports.evidence import Evidence
    from reports.payload import Payload
    from scrubbers import Identity


def deal_with(
    ending: Ending,
    start: Start,
    session: Session,
    asked: RunArguments,
    attributes: Attributes | None,
) -> None:
    """Keep a report of each thing worth one, and ask about the last.

    Raises:
        StorageError: A report could not be stored.
    """
    identity = collect_identity(dict(os.environ), asked.command[1:])
    found = evidence_of(ending, start, identity)
    if not found:
        return
    session = session.for_writing()
    kept = [
        payload
        for evidence in found
        if (payload := keep(evidence, identity, session, new_report_id())) is not None
    ]
    if asked.artifacts:
        try:
            _write_artifacts(Path(asked.artifacts), kept)
        except OSError as error:
            complain(f"no artifacts: {error.filename}: {error.strerror}")
    if len(kept) < len(found):
        tell_withheld(len(found) - len(kept), asked)
    conclude(kept, session, asked, attributes)


def keep(
    evidence: Evidence, identity: Identity, session: Session, report_id: str
) -> Payload | None:
    """Compose and store a report; a withheld one leaves its reason only.

    Raises:
        StorageError: It could not be stored.
    """
    try:
        payload = compose(evidence, identity=identity, report_id=report_id)
    except WithheldError as refusal:
        session.spool.withhold(
            Withheld(
                id=report_id,
                category=Category.CRASH.value,
                created=datetime.fromtimestamp(int(evidence.created), UTC),
                rules=refusal.rules,
            )
        )
        return None
    session.spool.add(payload)
    return payload


def _write_artifacts(folder: Path, payloads: Sequence[Payload]) -> None:
    """Copies for whoever asked for them: the report, and its minidump."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, payload in enumerate(payloads):
        suffix = f"-{number}" if number else ""
        _write_private(folder / f"report{suffix}.json", payload.report_json)
        for item in payload.items:
            if item.name:
                _write_private(folder / f"crash{suffix}.dmp", item.data)


def _write_private(path: Path, data: bytes) -> None:
    """For the person alone, whatever the umask, and whoever made the file before."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(data)
