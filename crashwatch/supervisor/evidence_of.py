"""What was seen becomes raw evidence: one piece for each report there will be."""

from __future__ import annotations

import os
import resource
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from crashwatch.backtraces.faulthandler_text import announced_signal, parse_faulthandler
from crashwatch.supervisor.code_folders import (
    code_roots,
    python_places,
    runs_from_a_root,
)
from crashwatch.supervisor.crashed_thread import crashed_first
from crashwatch.supervisor.ending import Ending
from crashwatch.supervisor.exit_reason import FATES, code_name, reason_of, signal_name
from crashwatch.supervisor.frozen_reading import FrozenFindings
from crashwatch.supervisor.held import HeldCrash
from crashwatch.supervisor.native_threads import with_native_stacks, with_numbers
from crashwatch.supervisor.raised_exceptions import raised_exceptions
from reports.crash_report import (
    CaptureFacts,
    Outcome,
    ProcessFacts,
    Reason,
    SystemFacts,
)
from reports.evidence import (
    CodeRoots,
    Evidence,
)
from reports.mapped_code import MappedCode
from reports.sanitize import sanitize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crashwatch.supervisor.ending import Records
    from crashwatch.supervisor.program import Program
    from crashwatch.supervisor.standstill import Standstill
    from reports.evidence import RawThread
    from reports.sanitize import Sanitized
    from reports.snapshot import ProcessSnapshot
    from scrubbers import Identity

_PAGE = 1024
_OUTCOMES = {
    "thread": Outcome.UNCAUGHT_THREAD,
    "unraisable": Outcome.UNRAISABLE,
    "handled": Outcome.HANDLED,
}
_MOST_EXCEPTIONS = 10
_BY_HEARTBEAT = "heartbeat"


@dataclass(frozen=True, slots=True)
class Start:
    """What was started and under which circumstances.

    Attributes:
        path: The program's file.
        program: What kind it is.
        folder: Working directory at the start.
        home: The person's home.
        app_roots: The application's folders by configuration.
        thread_names: Names of threads that the configuration declares.
        injected: Whether the client was sent along.
        child_of: How its parent was started; None: it is what was started.
        waited: Whether its wait status and use of the machine are known.
    """

    path: str
    program: Program
    folder: str
    home: str
    release: str = ""
    app_roots: tuple[str, ...] = ()
    thread_names: tuple[str, ...] = ()
    injected: bool = True
    child_of: Start | None = None
    waited: bool = True


def evidence_of(ending: Ending, start: Start, identity: Identity) -> list[Evidence]:
    """Everything that is worth a report; empty when the program just ended."""
    collector = _Collector(ending, start, identity)
    return [*collector.exceptions(), *collector.death()]


def program_of(ending: Ending, start: Start) -> str:
    """What the reports of this run name as its program, before the walls."""
    return _name(start, _roots_of(ending, start))


def evidence_of_standstill(
    still: Standstill, start: Start, client: list[Records], identity: Identity
) -> Evidence:
    """A terminal that goes on without heartbeats: a hang, or a fault without end."""
    ending = Ending(
        status=0,
        usage=resource.getrusage(resource.RUSAGE_SELF),
        crash=None,
        messages=client,
        out_of_memory=False,
    )
    return _Collector(ending, start, identity).standstill(still)


class _Collector:
    def __init__(self, ending: Ending, start: Start, identity: Identity) -> None:
        self._ending = ending
        self._start = start
        self._identity = identity
        self._hello = _hello(ending.messages)
        self._raised = list(raised_exceptions(ending.messages))
        self._roots = _roots_of(ending, start)

    def death(self) -> Iterator[Evidence]:
        """The end itself, where it is one that gets a report."""
        in_main = [raised for where, raised in self._raised if where == "main"]
        reason = self._reason(uncaught_in_main=bool(in_main))
        if self._ending.told or not FATES[reason.kind].reported:
            return
        evidence = self._evidence(reason)
        if reason.kind is Outcome.UNCAUGHT_MAIN:
            evidence = replace(evidence, exception=in_main[-1])
        if self._ending.crash is not None:
            evidence = self._with_crash(evidence, self._ending.crash)
        yield evidence

    def _reason(self, *, uncaught_in_main: bool) -> Reason:
        """The status alone, but for what was killed while it wrote its traceback."""
        status, crash = self._ending.status, self._ending.crash
        reason = reason_of(
            status,
            uncaught_in_main=uncaught_in_main,
            out_of_memory=self._ending.out_of_memory,
        )
        if FATES[reason.kind].reported or crash is None or not os.WIFSIGNALED(status):
            return reason
        survived = crash.status is None and crash.method != "status"
        number = 0 if survived else announced_signal(crash.text)
        return Reason(Outcome.SIGNAL, signal_name(number)) if number else reason

    def exceptions(self) -> Iterator[Evidence]:
        """Exceptions that the program outlived: each kind and place once."""
        seen: set[tuple[object, ...]] = set()
        for where, raised in self._raised:
            outcome = _OUTCOMES.get(where)
            place = (where, raised.name, raised.frames[:1])
            if outcome is None or place in seen or len(seen) >= _MOST_EXCEPTIONS:
                continue
            seen.add(place)
            yield replace(self._evidence(Reason(kind=outcome)), exception=raised)

    def standstill(self, still: Standstill) -> Evidence:
        """See ``evidence_of_standstill``."""
        findings, snapshot = still.findings, still.findings.snapshot
        reason = Reason(kind=Outcome.HANG)
        if still.fault and snapshot is not None and snapshot.signal is not None:
            number = snapshot.signal.number
            reason = Reason(kind=Outcome.SIGNAL, signal=signal_name(number))
        crash = HeldCrash(still.fault, findings=findings, method=_BY_HEARTBEAT)
        evidence = self._with_crash(self._evidence(reason), crash)
        threads = findings.threads if snapshot is None else evidence.threads
        return replace(evidence, threads=threads, process=findings.process)

    def _evidence(self, reason: Reason) -> Evidence:
        usage, parent = self._ending.usage, self._start.child_of
        sources = ("wait4",) if self._start.waited else ()
        return Evidence(
            program=_name(self._start, self._roots),
            created=time.time(),
            reason=reason,
            roots=self._roots,
            release=self._start.release,
            thread_names=self._start.thread_names,
            process=ProcessFacts(
                peak_resident_bytes=usage.ru_maxrss * _PAGE,
                cpu_user=usage.ru_utime,
                cpu_system=usage.ru_stime,
            ),
            system=self._system(),
            capture=CaptureFacts(
                method="hold" if self._hello else "status",
                sources=(*sources, "client") if self._hello else sources,
            ),
            child_of=_name(parent, self._roots) if parent else "",
        )

    def _system(self) -> SystemFacts:
        machine = os.uname()
        version, implementation = (self._hello[:2]) if self._hello else ("", "")
        names = {"cpython": "CPython", "pypy": "PyPy"}
        return SystemFacts(
            system=machine.sysname,
            release=machine.release,
            machine=machine.machine,
            implementation=names.get(implementation, ""),
            python=version,
        )

    def _with_crash(self, evidence: Evidence, crash: HeldCrash) -> Evidence:
        findings = crash.findings
        if not isinstance(findings, FrozenFindings):
            findings = FrozenFindings()
        text = parse_faulthandler(crash.text)
        errors = [*findings.soft_errors, *crash.soft_errors]
        snapshot = findings.snapshot
        threads = crashed_first(
            with_numbers(findings.threads, snapshot),
            text.threads,
            crash.crashed_tid,
            is_main=snapshot is not None and snapshot.pid == crash.crashed_tid,
        )
        reason = evidence.reason
        if snapshot is not None:
            errors += snapshot.soft_errors
        if snapshot is not None and snapshot.signal is not None:
            reason = _with_code(reason, snapshot.signal.number, snapshot.signal.code)
        sources = [*findings.sources, *(["faulthandler"] if text.threads else [])]
        picture = self._sanitized(findings, errors)
        return replace(
            evidence,
            reason=reason,
            threads=_unwound(threads, picture, snapshot, errors),
            process=_joined(findings.process, evidence.process)
            if self._start.waited
            else findings.process,
            picture=picture,
            capture=CaptureFacts(
                method=crash.method,
                sources=(*evidence.capture.sources, *sources),
                soft_errors=tuple(errors),
                seconds=round(crash.stopped_seconds, 4),
            ),
        )

    def _sanitized(
        self, findings: FrozenFindings, errors: list[str]
    ) -> Sanitized | None:
        if findings.snapshot is None:
            return None
        labels = dict.fromkeys(self._roots.app, "<app>")
        snapshot = findings.snapshot
        try:
            with MappedCode(snapshot.mappings) as code:
                return sanitize(
                    snapshot,
                    identity=self._identity,
                    roots=labels,
                    read_code=code,
                    thread_names=self._start.thread_names,
                )
        except Exception as error:  # doubt means no dump; the report still stands
            errors.append(f"sanitizer: {type(error).__name__}")
            return None


def _unwound(
    threads: tuple[RawThread, ...],
    picture: Sanitized | None,
    raw: ProcessSnapshot | None,
    errors: list[str],
) -> tuple[RawThread, ...]:
    """The threads with their native stacks; without, where that fails."""
    if picture is None or raw is None:
        return threads
    try:
        return with_native_stacks(threads, picture.snapshot, raw.modules, errors)
    except Exception as error:
        errors.append(f"native stacks: {type(error).__name__}")
        return threads


def _with_code(reason: Reason, number: int, code: int) -> Reason:
    """Add ``si_code``'s name where the frame's signal is the one that killed."""
    if reason.signal != signal_name(number):
        return reason
    return msgspec.structs.replace(reason, signal_code=code_name(number, code))


def _joined(frozen: ProcessFacts, at_end: ProcessFacts) -> ProcessFacts:
    """The state at the crash with the totals of the end."""
    return msgspec.structs.replace(
        frozen,
        peak_resident_bytes=at_end.peak_resident_bytes,
        cpu_user=at_end.cpu_user,
        cpu_system=at_end.cpu_system,
    )


def _hello(messages: Iterable[Records]) -> list[str]:
    """Fields of the client's greeting: version, implementation, prefix, folders."""
    found = (records[0][1:] for records in messages if records[0][0] == "hello")
    return next((fields for fields in found if len(fields) > 3), [])


def _places_seen(crash: HeldCrash | None) -> tuple[str, ...]:
    """Where a Python that told nothing keeps its code, by the frames py-spy gave."""
    findings = crash.findings if crash is not None else None
    if not isinstance(findings, FrozenFindings):
        return ()
    frames = (frame for thread in findings.threads for frame in thread.frames)
    return python_places(sorted({frame.file for frame in frames}))


def _name(start: Start, roots: CodeRoots) -> str:
    """The script, the module of ``-m`` where that is known code, or the file."""
    program = start.program
    if program.script:
        return program.script
    return program.module if runs_from_a_root(program.module, roots) else start.path


def _roots_of(ending: Ending, start: Start) -> CodeRoots:
    return code_roots(
        _hello(ending.messages)[3:] or _places_seen(ending.crash),
        script=start.program.script,
        module=start.program.module,
        folder=start.folder,
        home=start.home,
        configured=start.app_roots,
    )
