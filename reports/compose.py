"""From evidence to payload: the three walls, in order. The only maker of payloads.

1. By construction: places and names pass only in a known form (``code_roots``,
   ``known_names``).
2. Scrubbers: every remaining string is scrubbed; one that fails is dropped.
3. Tripwire: the finished bytes are searched for all that names the person.

A hit at the third wall means that the first two are wrong somewhere: the payload is
not made, and the caller keeps the reason only.
"""

from __future__ import annotations

import uuid
from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from reports import known_names
from reports.backtrace import (
    ADDRESS_LIMIT,
    LINE_LIMIT,
    PRIVATE,
    Frame,
    RootRelativePath,
    Thread,
)
from reports.code_roots import PlaceFinder
from reports.comment import commented
from reports.crash_report import (
    CaptureFacts,
    CrashReport,
    Outcome,
    ProcessFacts,
    Removal,
    SystemFacts,
)
from reports.envelope import ATTACHMENT, EVENT, build_envelope, event_bytes
from reports.errors import WithheldError, doubt_means_no
from reports.event import event_of
from reports.exception_wall import ExceptionWall, frames_of, told_by
from reports.final_search import tripped
from reports.minidump.writer import write_minidump
from reports.native_wall import NativeWall
from reports.payload import Item, Payload, make_payload
from reports.report_form import SCHEMA_VERSION
from reports.told_words import beyond, beyond_report
from reports.usage_event import usage_event_of
from reports.usage_report import UsageReport
from scrubbers import Identity, scrub

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reports.evidence import Evidence, RawFrame, RawThread

MINIDUMP_NAME = "minidump.dmp"

_MOST_FRAMES = 256
_MOST_THREADS = 256
_MOST_SOFT_ERRORS = 64


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
        WithheldError: A wall refused, or something failed; names the rule and the
            place, never the value. Nothing else is raised.
    """
    with doubt_means_no("the report could not be made"):
        writer = _Writer(evidence, identity)
        report = writer.report(report_id or new_report_id())
        minidump = _minidump(evidence, report)
        report = msgspec.structs.replace(report, minidump_bytes=len(minidump))
        dumps = [Item(ATTACHMENT, MINIDUMP_NAME, minidump)] if minidump else []
        return _finished(report, dumps, writer.identity)


def with_comment(
    report_json: bytes, items: Iterable[Item], text: str, *, identity: Identity
) -> Payload:
    """The payload of a crash with what its person wrote about it, through the walls.

    Args:
        report_json: The report as it is stored or was composed.
        items: Its envelope's items.
        text: As typed; an empty one takes an earlier comment off again.
        identity: Everything this machine knows of its person.

    Raises:
        WithheldError: As for ``compose``, or it is no crash report. The report itself
            stays what it was.
    """
    with doubt_means_no("the comment could not be added"):
        report = msgspec.json.decode(report_json, type=CrashReport)
        known = beyond_report(identity, report)
        dumps = [item for item in items if item.type == ATTACHMENT]
        return _finished(commented(report, text, known), dumps, known)


def _finished(
    report: CrashReport, dumps: Iterable[Item], identity: Identity
) -> Payload:
    """The payload of a report, its form checked and its bytes searched."""
    try:
        report = msgspec.convert(msgspec.to_builtins(report), CrashReport)
    except msgspec.ValidationError as error:
        place = str(error).rpartition("`$")[2].rstrip("`")
        raise WithheldError(
            f"a field has a form that is not allowed: {place or 'report'}",
            rules=("form:report",),
        ) from None
    items = (Item(EVENT, "", event_bytes(event_of(report))), *dumps)
    return _searched(report, items, identity)


def compose_usage(
    report: UsageReport, told: Iterable[str], *, identity: Identity
) -> Payload:
    """Make the payload of a day's counts.

    Args:
        report: Every name in it is declared.
        told: The registry's own words: finding them says nothing of a person.
        identity: Everything this machine knows of its person.

    Raises:
        WithheldError: As for ``compose``. Nothing else is raised.
    """
    with doubt_means_no("the counts could not be told"):
        words = "\n".join((*told, known_names.OWN_TEXT)).casefold()
        return _compose_usage(report, beyond(identity, words))


def _compose_usage(report: UsageReport, identity: Identity) -> Payload:
    clean = tuple(
        metric
        for metric in report.metrics
        if scrub(metric.name, identity=identity).text == metric.name
    )
    report = msgspec.structs.replace(report, metrics=clean)
    report = msgspec.convert(msgspec.to_builtins(report), UsageReport)
    items = (Item(EVENT, "", event_bytes(usage_event_of(report))),)
    return _searched(report, items, identity)


def _searched(
    report: CrashReport | UsageReport, items: tuple[Item, ...], identity: Identity
) -> Payload:
    payload = make_payload(
        id=report.id,
        category=report.category,
        report_json=msgspec.json.encode(report),
        envelope=build_envelope(report.id, items),
        items=items,
    )
    search(payload, identity)
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
        msgspec.json.encode(
            [
                msgspec.structs.replace(thread, native=())
                for thread in report.threads
                if thread.frames
            ]
        ),
    )


def search(payload: Payload, identity: Identity) -> None:
    """The tripwire, over everything that is stored or sent.

    Raises:
        WithheldError: It found the person in there.
    """
    finished = [("report", payload.report_json), ("envelope", payload.envelope)]
    hits = tripped(finished, identity)
    if hits:
        raise WithheldError(
            "personal data was found in the finished report: " + ", ".join(hits),
            rules=hits,
            hint="Nothing of it was kept. `crashwatch reports list` shows that it was.",
        )


class _Writer:
    """Takes one evidence through the first two walls; counts what is removed."""

    def __init__(self, evidence: Evidence, identity: Identity) -> None:
        self._evidence = evidence
        self._places = PlaceFinder(evidence.roots)
        self.identity = self._beyond_code(identity)
        self._removed: Counter[tuple[str, str]] = Counter()
        self._native = NativeWall(self._places, self._scrubbed, self._removed)
        self._raised = ExceptionWall(
            self._places, self._scrubbed, self._thread_name, self._removed
        )

    def report(self, report_id: str) -> CrashReport:
        """The typed report."""
        raw = self._evidence
        threads = tuple(self._thread(thread) for thread in raw.threads[:_MOST_THREADS])
        exception = None
        if raw.exception is not None:
            exception = self._raised.exception(raw.exception, self._frames)
        return CrashReport(
            schema=SCHEMA_VERSION,
            category="crash",
            id=report_id,
            created=known_names.moment(raw.created),
            program=self._program(raw.program),
            release=known_names.version(self._scrubbed(raw.release, "release")),
            reason=raw.reason,
            threads=threads,
            exception=exception,
            process=_process(raw.process),
            system=self._system(raw.system),
            capture=self._capture(raw.capture),
            child_of=self._program(raw.child_of) if raw.child_of else "",
            removed=tuple(
                Removal(rule, place, count)
                for (rule, place), count in sorted(self._removed.items())
            ),
        )

    def _program(self, raw: str) -> str:
        """A program's base name, or ``<private>``."""
        name = self._scrubbed(known_names.program_name(raw), "program")
        return name if name == known_names.program_name(name) else PRIVATE

    def _beyond_code(self, identity: Identity) -> Identity:
        """The identity less those arguments and variables that the code itself names.

        ``--crash null_read`` does not make the function ``null_read`` personal: names
        of code under a known root passed the first wall for what they are. Nor are
        ``HOSTTYPE=x86_64`` and ``CRASHWATCH_RELEASE=2.1-beta`` secrets of what tells
        the machine and the release, or ``threads`` of what is written in JSON.
        """
        return beyond(identity, "\n".join(self._told()).casefold())

    def _told(self) -> Iterator[str]:
        """Texts that the report tells by right: the code's, the system's, our own."""
        raw = self._evidence
        frames = [frame for thread in raw.threads for frame in thread.frames]
        if raw.exception is not None:
            frames += frames_of(raw.exception)
            yield from told_by(raw.exception, self._places)
        for frame in set(frames):
            yield from self._places.names(frame)
        for native in {frame for thread in raw.threads for frame in thread.native}:
            yield from self._places.native_names(native)
        yield from raw.thread_names
        yield known_names.program_name(raw.program)
        yield known_names.program_name(raw.child_of)
        yield known_names.version(raw.release)
        yield from (raw.system.release, raw.system.python)
        yield from (raw.system.machine, raw.system.implementation)
        yield from (raw.reason.signal or "", raw.reason.signal_code or "")
        yield from (outcome.value for outcome in Outcome)
        yield from (raw.process.status, raw.capture.method, *raw.capture.sources)
        yield known_names.moment(raw.created).isoformat()
        yield known_names.OWN_TEXT

    def _thread(self, raw: RawThread) -> Thread:
        name = self._thread_name(raw.name)
        if raw.name and name != raw.name:
            self._removed["thread name", "threads"] += 1
        return Thread(
            name=name,
            crashed=raw.crashed,
            frames=self._frames(raw.frames),
            tid=raw.tid,
            native=self._native.frames(raw.native[:_MOST_FRAMES]),
        )

    def _thread_name(self, name: str) -> str:
        shown = known_names.thread_name(name, self._evidence.thread_names)
        return shown if self._scrubbed(shown, "threads") == shown else ""

    def _frames(self, frames: tuple[RawFrame, ...]) -> tuple[Frame, ...]:
        return tuple(self._frame(frame) for frame in frames[:_MOST_FRAMES])

    def _frame(self, raw: RawFrame) -> Frame:
        place = self._places.place(raw)
        if not place.known:
            self._removed["private code", "frames"] += 1
            return Frame(function=PRIVATE, file=PRIVATE)
        file = self._scrubbed_path(place.file)
        if not _has_form(file, RootRelativePath):
            self._removed["path form", "frames"] += 1
            return Frame(function=PRIVATE, file=PRIVATE)
        if raw.file.startswith("/"):
            self._removed["path", "frames"] += 1
        return Frame(
            function=known_names.function_name(
                self._scrubbed(raw.function, "function")
            ),
            file=file,
            line=known_names.within(raw.line, LINE_LIMIT),
            module=self._scrubbed(raw.module, "module") if raw.module else "",
            address=known_names.within(raw.address, ADDRESS_LIMIT),
            entry=raw.entry,
        )

    def _scrubbed_path(self, path: str) -> str:
        """Each component below the root on its own: a login may be a folder's name.

        Empty where the components together spell the home.
        """
        root, *rest = path.split("/")
        home = self.identity.home.rstrip("/").casefold()
        if home and home in path[len(root) :].casefold():
            return ""
        return "/".join([root, *(self._scrubbed(part, "file") for part in rest)])

    def _system(self, raw: SystemFacts) -> SystemFacts:
        return msgspec.structs.replace(
            raw,
            system=_word(raw.system),
            machine=_word(raw.machine),
            implementation=_word(raw.implementation),
            release=known_names.version(self._scrubbed(raw.release, "system")),
            python=known_names.version(self._scrubbed(raw.python, "system")),
        )

    def _capture(self, raw: CaptureFacts) -> CaptureFacts:
        errors = (
            known_names.one_line(self._scrubbed(line, "soft errors"))
            for line in raw.soft_errors[:_MOST_SOFT_ERRORS]
        )
        return msgspec.structs.replace(
            raw,
            method=_word(raw.method),
            sources=tuple(map(_word, raw.sources)),
            soft_errors=tuple(errors),
            seconds=known_names.finite(raw.seconds),
        )

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


def _word(text: str) -> str:
    """One of our words, by its form alone: a person's shell may be called "hold"."""
    return scrub(text, identity=Identity()).text


def _process(raw: ProcessFacts) -> ProcessFacts:
    return msgspec.structs.replace(
        raw,
        status=_word(raw.status),
        uptime=known_names.finite(raw.uptime),
        cpu_user=known_names.finite(raw.cpu_user),
        cpu_system=known_names.finite(raw.cpu_system),
    )


def _has_form(text: str, form: object) -> bool:
    try:
        msgspec.convert(text, form)
    except msgspec.ValidationError:
        return False
    return True
