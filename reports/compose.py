"""From evidence to payload: the three walls, in order. The only maker of payloads.

1. By construction: places and names pass only in a known form (``code_roots``,
   ``known_names``).
2. Scrubbers: every remaining string is scrubbed; one that fails is dropped.
3. Tripwire: the finished bytes are searched for all that names the person.

A hit at the third wall means that the first two are wrong somewhere: the payload is
not made, and the caller keeps the reason only.
"""

from __future__ import annotations

import dataclasses
import uuid
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from reports import known_names
from reports.backtrace import PRIVATE, Frame, Thread
from reports.code_roots import PlaceFinder
from reports.crash_report import (
    SCHEMA_VERSION,
    CaptureFacts,
    CrashReport,
    RaisedException,
    Removal,
    SystemFacts,
)
from reports.envelope import ATTACHMENT, EVENT, build_envelope, event_bytes
from reports.errors import WithheldError
from reports.event import event_of
from reports.minidump.writer import write_minidump
from reports.payload import Item, Payload, make_payload
from scrubbers import Identity, Tripwire, scrub

if TYPE_CHECKING:
    from reports.evidence import Evidence, RawException, RawFrame, RawThread

MINIDUMP_NAME = "minidump.dmp"

_MOST_FRAMES = 256
_MOST_THREADS = 256
_MOST_CAUSES = 8
_WORD_KINDS = frozenset({"argument", "environment"})


def new_report_id() -> str:
    """A random UUID (version 4), 32 hexadecimal digits."""
    return uuid.uuid4().hex


def compose(
    evidence: Evidence, *, identity: Identity, report_id: str | None = None
) -> Payload:
    """Make the payload.

    Args:
        evidence: As captured, raw.
        identity: Everything this machine knows of its person.
        report_id: 32 hexadecimal digits; random when not given.

    Raises:
        WithheldError: A wall refused; names the rule and the place, never the value.
    """
    writer = _Writer(evidence, identity)
    report = writer.report(report_id or new_report_id())
    minidump = _minidump(evidence, report)
    report = msgspec.structs.replace(report, minidump_bytes=len(minidump))
    try:
        report = msgspec.convert(msgspec.to_builtins(report), CrashReport)
    except msgspec.ValidationError as error:
        place = str(error).rpartition("`$")[2].rstrip("`")
        raise WithheldError(
            f"a field has a form that is not allowed: {place or 'report'}",
            rules=("form:report",),
        ) from None
    items = [Item(EVENT, "", event_bytes(event_of(report)))]
    if minidump:
        items.append(Item(ATTACHMENT, MINIDUMP_NAME, minidump))
    payload = make_payload(
        id=report.id,
        category=report.category,
        report_json=msgspec.json.encode(report),
        envelope=build_envelope(report.id, items),
        items=tuple(items),
    )
    search(payload, writer.identity)
    return payload


def _minidump(evidence: Evidence, report: CrashReport) -> bytes:
    """The dump, with the scrubbed Python stacks inside, so that one file joins both."""
    if evidence.picture is None:
        return b""
    return write_minidump(
        evidence.picture,
        {
            "report_id": str(uuid.UUID(report.id)),
            "release": report.release,
            "capture": report.capture.method,
            "runtime": report.system.python,
        },
        msgspec.json.encode(report.threads),
    )


def search(payload: Payload, identity: Identity) -> None:
    """The tripwire, over everything that is stored or sent.

    Raises:
        WithheldError: It found the person in there.
    """
    wire = Tripwire(identity)
    finished = [("report", payload.report_json), ("envelope", payload.envelope)]
    hits = {
        f"{hit.rule}:{name}" for name, data in finished for hit in wire.search(data)
    }
    if hits:
        raise WithheldError(
            "personal data was found in the finished report: "
            + ", ".join(sorted(hits)),
            rules=tuple(sorted(hits)),
            hint="Nothing of it was kept. `crashwatch reports list` shows that it was.",
        )


class _Writer:
    """Takes one evidence through the first two walls; counts what is removed."""

    def __init__(self, evidence: Evidence, identity: Identity) -> None:
        self._evidence = evidence
        self._places = PlaceFinder(evidence.roots)
        self.identity = self._beyond_code(identity)
        self._removed: Counter[tuple[str, str]] = Counter()

    def report(self, report_id: str) -> CrashReport:
        """The typed report."""
        raw = self._evidence
        threads = tuple(self._thread(thread) for thread in raw.threads[:_MOST_THREADS])
        exception = self._exception(raw.exception, 0)
        program = known_names.program_name(raw.program)
        program = self._scrubbed(program, "program")
        return CrashReport(
            schema=SCHEMA_VERSION,
            category="crash",
            id=report_id,
            created=datetime.fromtimestamp(int(raw.created), UTC),
            program=program
            if program == known_names.program_name(program)
            else PRIVATE,
            release=known_names.version(self._scrubbed(raw.release, "release")),
            reason=raw.reason,
            threads=threads,
            exception=exception,
            process=raw.process,
            system=self._system(raw.system),
            capture=self._capture(raw.capture),
            removed=tuple(
                Removal(rule, place, count)
                for (rule, place), count in sorted(self._removed.items())
            ),
        )

    def _beyond_code(self, identity: Identity) -> Identity:
        """The identity less those arguments and variables that the code itself names.

        ``--crash null_read`` does not make the function ``null_read`` personal: names
        of code under a known root passed the first wall for what they are.
        """
        words = {word.casefold() for word in self._code_words()}
        extra = tuple(
            (kind, value)
            for kind, value in identity.extra
            if kind not in _WORD_KINDS or value.casefold() not in words
        )
        return dataclasses.replace(identity, extra=extra)

    def _code_words(self) -> set[str]:
        raw = self._evidence
        frames = [frame for thread in raw.threads for frame in thread.frames]
        link = raw.exception
        while link is not None:
            frames += link.frames
            link = link.cause
        words = {word for frame in frames for word in self._places.names(frame)}
        return words | {known_names.program_name(raw.program)}

    def _thread(self, raw: RawThread) -> Thread:
        name = known_names.thread_name(raw.name)
        if raw.name and name != raw.name:
            self._removed["thread name", "threads"] += 1
        return Thread(
            name=name,
            crashed=raw.crashed,
            frames=self._frames(raw.frames),
            tid=raw.tid,
        )

    def _frames(self, frames: tuple[RawFrame, ...]) -> tuple[Frame, ...]:
        return tuple(self._frame(frame) for frame in frames[:_MOST_FRAMES])

    def _frame(self, raw: RawFrame) -> Frame:
        place = self._places.place(raw)
        if not place.known:
            self._removed["private code", "frames"] += 1
            return Frame(function=PRIVATE, file=PRIVATE)
        if raw.file.startswith("/"):
            self._removed["path", "frames"] += 1
        return Frame(
            function=known_names.function_name(
                self._scrubbed(raw.function, "function")
            ),
            file=self._scrubbed_path(place.file),
            line=raw.line,
            module=raw.module,
            address=raw.address,
        )

    def _scrubbed_path(self, path: str) -> str:
        """Each component below the root on its own: a login may be a folder's name."""
        root, *rest = path.split("/")
        return "/".join([root, *(self._scrubbed(part, "file") for part in rest)])

    def _exception(
        self, raw: RawException | None, depth: int
    ) -> RaisedException | None:
        if raw is None or depth >= _MOST_CAUSES:
            return None
        frames = self._frames(raw.frames)
        known = any(frame.file != PRIVATE for frame in frames)
        self._removed["exception message", "exception"] += 1
        return RaisedException(
            type=known_names.class_name(raw.module, raw.name, known=known),
            thread=known_names.thread_name(raw.thread),
            frames=frames,
            cause=self._exception(raw.cause, depth + 1),
        )

    def _system(self, raw: SystemFacts) -> SystemFacts:
        return msgspec.structs.replace(
            raw,
            release=known_names.version(self._scrubbed(raw.release, "system")),
            python=known_names.version(raw.python),
        )

    def _capture(self, raw: CaptureFacts) -> CaptureFacts:
        errors = (self._scrubbed(line, "soft errors") for line in raw.soft_errors)
        return msgspec.structs.replace(raw, soft_errors=tuple(errors))

    def _scrubbed(self, text: str, place: str) -> str:
        """The second wall; a text whose scrubbing fails is dropped."""
        try:
            scrubbed = scrub(text, identity=self.identity)
        except Exception:  # noqa: BLE001 -- doubt means no
            self._removed["scrubber failure", place] += 1
            return ""
        for finding in scrubbed.findings:
            self._removed[finding.rule, place] += 1
        return scrubbed.text
