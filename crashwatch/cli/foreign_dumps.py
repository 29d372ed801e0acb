"""Minidumps that others wrote: sanitized, written anew, and put with the reports."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from crashwatch.personal_data import collect_identity
from crashwatch.supervisor.exit_reason import code_name, signal_name
from crashwatch.supervisor.native_threads import with_native_stacks
from reports.compose import compose
from reports.crash_report import (
    CaptureFacts,
    Outcome,
    ProcessFacts,
    Reason,
    SystemFacts,
)
from reports.evidence import CodeRoots, Evidence
from reports.minidump.ingest import snapshot_from
from reports.minidump.reader import Minidump
from reports.sanitize import sanitize

if TYPE_CHECKING:
    from pathlib import Path

    from reports.payload import Payload
    from reports.snapshot import ProcessSnapshot
    from scrubbers import Identity

LARGEST_DUMP = 64 * 1024 * 1024


def ingest_file(path: Path, identity: Identity | None = None) -> Payload:
    """Read a dump and make the payload of a report, through the same walls as ours.

    Raises:
        MinidumpError: It cannot be read, or is no dump of a Linux process.
        WithheldError: A wall refused.
        OSError: The file cannot be read.
    """
    who = identity or collect_identity(dict(os.environ))
    with path.open("rb") as file:
        snapshot = snapshot_from(Minidump(file.read(LARGEST_DUMP)))
    evidence = _evidence(snapshot, who)
    return compose(evidence, identity=who)


def _evidence(snapshot: ProcessSnapshot, identity: Identity) -> Evidence:
    picture = sanitize(snapshot, identity=identity)
    program = snapshot.modules[0].path if snapshot.modules else ""
    errors = list(picture.snapshot.soft_errors)
    threads = with_native_stacks((), picture.snapshot, snapshot.modules, errors)
    return Evidence(
        program=program,
        created=snapshot.taken or time.time(),
        reason=_reason(snapshot),
        roots=CodeRoots(),
        process=ProcessFacts(thread_count=len(snapshot.threads)),
        system=SystemFacts(
            system="Linux", release="", machine=snapshot.architecture.value
        ),
        capture=CaptureFacts(
            method="ingest",
            sources=("minidump",),
            soft_errors=tuple(errors),
        ),
        threads=threads,
        picture=picture,
    )


def _reason(snapshot: ProcessSnapshot) -> Reason:
    fault = snapshot.signal
    if fault is None or not 0 < fault.number < 65:
        return Reason(kind=Outcome.HANG)
    code = code_name(fault.number, fault.code)
    return Reason(
        kind=Outcome.SIGNAL, signal=signal_name(fault.number), signal_code=code
    )
