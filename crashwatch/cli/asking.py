"""What happens to a fresh report: asked about, sent by standing consent, or left."""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING

import msgspec

from crashwatch.cli.crash_loop import offer_safe_start, what_came_before
from crashwatch.cli.drafted import Drafted
from crashwatch.cli.sending import approve, start_uploader
from crashwatch.cli.show import complain
from crashwatch.cli.unasked import note_unasked
from crashwatch.personal_data import collect_identity
from crashwatch.prompts.choose import Face, choose_face, look
from crashwatch.prompts.interrupted import unless_interrupted
from crashwatch.prompts.question import Reply, again, consequences, farewell
from crashwatch.prompts.terminal import Terminal, ask, put_right
from reports.consent.decision import DecidedBy
from reports.consent.record import Category, Given, State
from reports.consent.record_file import choose, note_operator_consent
from reports.crash_report import CrashReport, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crashwatch.cli.run_arguments import RunArguments
    from crashwatch.cli.session import Session
    from crashwatch.prompts.choose import Chosen
    from crashwatch.prompts.tty_state import Attributes
    from reports.consent.decision import Decision
    from reports.payload import Payload

_SOURCE, _SCREEN = 0, 2
_HOW = {Face.TERMINAL: Given.PROMPT, Face.WINDOW: Given.WINDOW}


def conclude(
    payloads: Sequence[Payload],
    session: Session,
    asked: RunArguments,
    attributes: Attributes | None,
) -> None:
    """Decide about the reports of one run.

    "Always" queues them without a question; "ask" asks about the newest where there is
    a person at a terminal, and leaves them pending anywhere else. An error that the
    program reported itself, and outlived, is no occasion for a question.
    """
    decision = by_standing_consent(payloads, session)
    if not decision.allowed and decision.ask and payloads:
        newest = payloads[-1]
        if _report(newest).reason.kind is not Outcome.HANDLED:
            _ask(newest, session, asked, attributes, [p.id for p in payloads])


def by_standing_consent(payloads: Sequence[Payload], session: Session) -> Decision:
    """Queue reports where that is allowed once for all; the decision on crashes."""
    decision = session.decide(Category.CRASH)
    if decision.allowed:
        how = _standing(decision, session)
        for payload in payloads:
            approve(session, session.spool.read(payload.id), how=how)
        start_uploader(session)
    return decision


def tell_withheld(count: int, asked: RunArguments) -> None:
    """Say that reports were withheld, where there is a person at a terminal."""
    facts = look(os.environ, source=_SOURCE, screen=_SCREEN, headless=asked.headless)
    if choose_face(facts).face is Face.TERMINAL:
        what = "a report was" if count == 1 else f"{count} reports were"
        complain(
            f"{what} withheld: personal data was found in the finished bytes",
            "`crashwatch reports list --state withheld` and `reports show ID` say why.",
        )


def _report(payload: Payload) -> CrashReport:
    return msgspec.json.decode(payload.report_json, type=CrashReport)


def _ask(
    payload: Payload,
    session: Session,
    asked: RunArguments,
    attributes: Attributes | None,
    own: Sequence[str],
) -> None:
    facts = look(os.environ, source=_SOURCE, screen=_SCREEN, headless=asked.headless)
    chosen = choose_face(facts)
    if chosen.face is Face.UNATTENDED:
        if not (facts.headless or facts.automated):
            # Where it cannot be noted, the next start says nothing.
            with contextlib.suppress(OSError):
                note_unasked(session.home.unasked, payload.id)
        return
    drafted = Drafted(
        payload, session, lambda: collect_identity(os.environ, asked.command[1:])
    )
    subject = drafted.draft().subject
    report = _report(payload)
    came = what_came_before(report, session, own)
    if came.is_quiet:
        if chosen.face is Face.TERMINAL:
            terminal = Terminal(_SOURCE, _SCREEN, attributes, plain=chosen.plain)
            put_right(terminal)
            said = again(subject, before=came.before, deaths=came.deaths)
            os.write(_SCREEN, (said + "\r\n").encode())
            if came.in_loop:
                offer_safe_start(report, asked, session, terminal, came.deaths)
        return
    reply = unless_interrupted(lambda: _reply(chosen, drafted, session, attributes))
    carry_out(reply, drafted, session, _HOW[chosen.face])
    if chosen.face is Face.TERMINAL:
        os.write(_SCREEN, (farewell(reply, subject) + "\r\n").encode())


def _reply(
    chosen: Chosen, drafted: Drafted, session: Session, attributes: Attributes | None
) -> Reply:
    if chosen.face is Face.WINDOW:
        from crashwatch.prompts.window import ask_in_window  # noqa: PLC0415 -- seldom

        return ask_in_window(
            drafted.draft(),
            comment=drafted.comment,
            disclosure=session.disclosure(),
            timeout=session.configuration.prompt_timeout,
            environment=os.environ,
        )
    return ask(
        drafted.draft(),
        comment=drafted.comment,
        disclosure=session.disclosure(),
        terminal=Terminal(_SOURCE, _SCREEN, attributes, plain=chosen.plain),
        timeout=session.configuration.prompt_timeout,
        clock=time.monotonic,
    )


def _standing(decision: Decision, session: Session) -> str:
    """How a standing consent is named; the operator's is put on record for its run."""
    if decision.decided_by is not DecidedBy.OPERATOR:
        return "always"
    occasion = session.occasion(Given.HEADLESS_OPERATOR)
    note_operator_consent(session.home.consent_log, [Category.CRASH], occasion)
    return "operator"


def carry_out(reply: Reply, drafted: Drafted, session: Session, how: Given) -> None:
    """Do what the answer means; the record first, so that nothing runs ahead of it."""
    effect = consequences(reply.answer)
    if effect.set_crash is not None:
        choose(
            session.home.consent_record,
            session.home.consent_log,
            {Category.CRASH: State(effect.set_crash)},
            session.occasion(how),
        )
    if effect.approve:
        drafted.approve(how=how.value)
        start_uploader(session)
    elif effect.discard:
        session.spool.discard(drafted.id)
