"""Children of the program that crashed: a report of each, as soon as it is over.

The program runs on meanwhile, so nobody is asked; that is for the end of the run, as
for the program's own crash. What fails here costs a report and never the run.
"""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING, Final

from crashwatch.cli.after_crash import finding_of, keep
from crashwatch.cli.complaint import complain, said
from crashwatch.personal_data import collect_identity
from crashwatch.supervisor.code_folders import code_roots
from crashwatch.supervisor.evidence_of import evidence_of
from crashwatch.supervisor.program import Program, examine
from reports.compose import new_report_id
from reports.payload import Payload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from crashwatch.cli.session import Session
    from crashwatch.cli.stay import Stay
    from crashwatch.supervisor.children import ChildEnding, ChildFacts
    from crashwatch.supervisor.evidence_of import Start
    from scrubbers import Identity

MOST_REPORTS: Final = 64
"""Of one run: a pool whose workers crash is filled anew for ever."""


class ChildReports:
    """The reports of one run's children; what becomes of them is in its ``Stay``."""

    def __init__(
        self,
        session: Callable[[], Session],
        start: Callable[[Session], Start],
        arguments: tuple[str, ...],
        stay: Stay,
    ) -> None:
        """Nothing is read before there is something to report.

        Args:
            session: Settings and consent as they are when it is called.
            start: How the program was started.
            arguments: Its own, which no report may hold.
            stay: Gets a finding for each report, and those that were kept.
        """
        self._session = session
        self._start = start
        self._arguments = arguments
        self._stay = stay
        self._made = 0
        self._beyond = 0

    def add(self, ended: ChildEnding) -> None:
        """Make and store the reports of one child; never raises."""
        try:
            self._add(ended)
        except Exception as error:  # noqa: BLE001 -- the run goes on
            complain(f"the report of a child was lost: {said(error)}")

    def _add(self, ended: ChildEnding) -> None:
        session = self._session()
        if not session.may_capture():
            return
        start = start_of_child(self._start(session), ended)
        identity = _identity(ended.facts, self._arguments)
        for evidence in evidence_of(ended.ending, start, identity):
            if self._made >= MOST_REPORTS:
                self._beyond += 1
                continue
            self._made += 1
            session = session.for_writing()
            result = keep(evidence, identity, session, new_report_id())
            self._stay.findings.append(finding_of(evidence, result))
            if isinstance(result, Payload):
                self._stay.kept.append(result)

    def tell_beyond(self) -> None:
        """Say at the end of how many crashes nothing was kept."""
        if self._beyond:
            complain(
                f"{self._beyond} more crashes of children: only the first "
                f"{MOST_REPORTS} of a run are kept"
            )


def start_of_child(parent: Start, ended: ChildEnding) -> Start:
    """How a child was started, as its reports tell it.

    It is named by its own script, where it has one; a worker that is told through a
    pipe what to do is named as the program is that was started. The application's
    folders are the program's, and its own.
    """
    facts = ended.facts
    program = examine(facts.path, list(facts.arguments)) if facts.path else None
    named = program is not None and bool(program.script or program.module)
    return dataclasses.replace(
        parent,
        path=facts.path if named else parent.path,
        program=program if program is not None and named else _unnamed(parent),
        folder=facts.folder,
        app_roots=tuple(_app_roots(parent)),
        child_of=parent,
        waited=ended.waited,
    )


def _unnamed(parent: Start) -> Program:
    """A child without a script of its own; the parent's names the program alone."""
    return Program(parent.program.kind, parent.program.script, parent.program.module)


def _app_roots(parent: Start) -> Iterator[str]:
    yield from code_roots(
        [],
        script=parent.program.script,
        module=parent.program.module,
        folder=parent.folder,
        home=parent.home,
        configured=parent.app_roots,
    ).app


def _identity(facts: ChildFacts, arguments: tuple[str, ...]) -> Identity:
    """Whose words may not leave: the run's and the child's own."""
    own, childs = dict(os.environ), dict(facts.environment)
    replaced = [
        value for name, value in own.items() if childs.get(name, value) != value
    ]
    return collect_identity(
        {**own, **childs}, (*arguments, *facts.arguments, *replaced)
    )
