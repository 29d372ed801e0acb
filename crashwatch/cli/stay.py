"""A launcher that stays: what it looks at meanwhile, and what the run leaves behind."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from crashwatch.cli.complaint import complain, said
from crashwatch.supervisor.idleness import Idleness
from crashwatch.supervisor.time_limit import TimeLimit
from crashwatch.supervisor.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crashwatch.cli.run_arguments import RunArguments
    from crashwatch.cli.session import Session
    from crashwatch.headless.outcome import Finding
    from crashwatch.supervisor.ending import Ending
    from crashwatch.supervisor.evidence_of import Start
    from crashwatch.supervisor.watch import Watch
    from reports.payload import Payload
    from scrubbers import Identity

_TIMED_OUT = 124
"""As timeout(1) exits."""


class Stay:
    """One run of a launcher that stays.

    Attributes:
        findings: Reports made while the program ran.
        kept: Those of its children, as they were stored.
        fails: Whether there was a crash or a hang; known after ``leave``.
    """

    def __init__(self, asked: RunArguments, began: int, started_ns: int) -> None:
        self.asked = asked
        self.findings: list[Finding] = []
        self.kept: list[Payload] = []
        self.fails = False
        self._ended = 0.0
        self._began = began
        self._started = started_ns / 1e9
        self._limit: TimeLimit | None = None

    def look_at(self, watch: Watch, examine: Callable[[Watch], Finding | None]) -> None:
        """Have the watch visit us.

        Args:
            watch: Begun, or about to begin.
            examine: Makes a report of the program as it stands.
        """

        def note(standing: Watch) -> None:
            try:
                found = examine(standing)
            except Exception as error:  # noqa: BLE001 -- the program goes on
                complain(f"the report of a hang was lost: {said(error)}")
                return
            if found is not None:
                self.findings.append(found)

        _load_what_a_crash_needs()
        if self.asked.artifacts:  # nobody else would see the samples
            watch.timeline = Timeline(started=self._started)
        if self.asked.hang_after:
            watch.visits.append(Idleness(self.asked.hang_after, note))
        if self.asked.timeout:
            self._limit = TimeLimit(self.asked.timeout, self._started, note)
            watch.visits.append(self._limit)

    def note_end(self) -> None:
        """It has ended: what is done from now on is not its time."""
        self._ended = time.monotonic()

    def leave(
        self,
        found: Sequence[Finding],
        ending: Ending,
        start: Start,
        session: Session,
        identity: Identity,
    ) -> None:
        """Write down how it went; what cannot be written is said in a line."""
        findings = (*reversed(found), *self.findings)
        self.fails = any(finding.fails for finding in findings)
        try:
            self._leave(findings, ending, start, session, identity)
        except Exception as error:  # noqa: BLE001 -- the report itself is kept
            complain(f"no artifacts: {said(error)}")

    def _leave(
        self,
        findings: Sequence[Finding],
        ending: Ending,
        start: Start,
        session: Session,
        identity: Identity,
    ) -> None:
        from crashwatch.cli.leaving import leave, run_of  # noqa: PLC0415
        from crashwatch.supervisor.evidence_of import program_of  # noqa: PLC0415

        run = run_of(
            findings,
            ending,
            program_of(ending, start),
            session,
            identity,
            began=self._began,
            seconds=self._ended - self._started,
            timed_out=self._timed_out,
        )
        leave(run, self.asked, start, identity)

    @property
    def _timed_out(self) -> float:
        reached = self._limit is not None and self._limit.reached
        return self.asked.timeout if reached else 0

    def status_after(self, status: int) -> int:
        """The wait status to end with: the program's, unless options say otherwise."""
        if self._limit is not None and self._limit.reached:
            self._limit.end()
            return _TIMED_OUT << 8
        if self.fails and self.asked.fail_on_crash >= 0:
            return self.asked.fail_on_crash << 8
        return status


def _load_what_a_crash_needs() -> None:
    """The sleeper stops a crashing program at once; one that is awake has to be quick.

    Loaded at the crash, these would let the other threads run on meanwhile.
    """
    import crashwatch.supervisor.frozen_reading  # noqa: PLC0415
    import crashwatch.supervisor.held  # noqa: PLC0415, F401
