"""Minidumps that others wrote: sanitized, written anew, and put with the reports."""

from __future__ import annotations

import errno
import os
import stat
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from crashwatch.personal_data import collect_identity
from crashwatch.supervisor.exit_reason import code_name, signal_name
from crashwatch.supervisor.native_threads import with_native_stacks
from reports.compose import compose, new_report_id
from reports.consent.record import Category
from reports.crash_report import (
    CaptureFacts,
    Outcome,
    ProcessFacts,
    Reason,
    SystemFacts,
)
from reports.errors import MinidumpError, WithheldError
from reports.evidence import CodeRoots, Evidence
from reports.minidump.ingest import snapshot_from
from reports.minidump.reader import Minidump
from reports.sanitize import sanitize
from reports.spool.records import Withheld

if TYPE_CHECKING:
    from pathlib import Path

    from crashwatch.cli.session import Session
    from reports.payload import Payload
    from reports.snapshot import ProcessSnapshot
    from scrubbers import Identity

LARGEST_DUMP = 64 * 1024 * 1024
"""Bytes of a dump that is taken in; those of whole memories are larger."""


def read_dump(path: Path, most: int = LARGEST_DUMP) -> Minidump:
    """Read a dump that may be anything, without waiting for a FIFO or filling memory.

    Raises:
        MinidumpError: It cannot be read as a dump, or has more than ``most`` bytes.
        OSError: The file cannot be read, or is no regular file.
    """
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
    with os.fdopen(os.open(path, flags), "rb") as file:
        facts = os.fstat(file.fileno())
        if not stat.S_ISREG(facts.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        data = file.read(most + 1)
    if len(data) > most:
        message = f"larger than {most >> 20} MiB, the most we take in"
        raise MinidumpError(message, stream="file", offset=most)
    return Minidump(data)


def take_in(path: Path, session: Session, identity: Identity | None = None) -> Payload:
    """Read a dump and store a report of it, through the same walls as ours.

    Threads, registers, stacks, modules and what killed it are taken. Everything else
    is left out, and the soft errors name it: other writers' annotations and streams
    may hold anything. Of a report that is withheld its reason alone is stored.

    Raises:
        MinidumpError: It cannot be read, or is no dump of a Linux process.
        WithheldError: A wall refused.
        StorageError: The report could not be stored.
        OSError: The file cannot be read.
    """
    who = identity or collect_identity(dict(os.environ))
    evidence = _evidence(snapshot_from(read_dump(path)), who)
    report_id = new_report_id()
    try:
        payload = compose(evidence, identity=who, report_id=report_id)
    except WithheldError as refusal:
        record = Withheld(
            id=report_id,
            category=Category.CRASH.value,
            created=datetime.fromtimestamp(int(evidence.created), UTC),
            rules=refusal.rules,
        )
        session.spool.withhold(record)
        raise
    session.spool.add(payload)
    return payload


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
