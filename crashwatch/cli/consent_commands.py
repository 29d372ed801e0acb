"""``crashwatch consent`` and ``crashwatch disclosure``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from crashwatch.cli.counts_shown import forget
from crashwatch.cli.flags import refreshed
from crashwatch.cli.folding import refold, width_of
from crashwatch.cli.session import (
    Session,
    now,
    open_session,
    open_session_for_rights,
)
from crashwatch.cli.show import as_json, be_quiet, print_json, say, table
from crashwatch.errors import RefusedError
from crashwatch.prompts.size_text import counted
from reports.consent.decision import DecidedBy, Recorded, decide
from reports.consent.disclosure import WIDTH
from reports.consent.record import Category, Given
from reports.consent.record_file import grant as record_grant
from reports.consent.record_file import revoke as record_revoke
from reports.errors import ReportNotFoundError, ReportStateError, StorageError
from reports.identity import destroy_secret
from reports.lifecycle import Event, State
from reports.spool import reserve

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMES = [category.value for category in Category]


@click.group()
def consent() -> None:
    """See and change what you allow. Everything is off or asked until you say so.

    Example: crashwatch consent revoke
    """


@consent.command("show")
@as_json
def show(*, in_json: bool) -> None:
    """Show what you chose for each category, and what is in force.

    Example: crashwatch consent show
    """
    rows = consent_rows(open_session())
    if in_json:
        print_json(rows)
        return
    table(
        [
            (r["category"], r["state"], "yes" if r["allowed"] else "no", r["reason"])
            for r in rows
        ],
        ("CATEGORY", "YOU CHOSE", "SENT", "WHY"),
    )


@consent.command("grant")
@click.argument(
    "categories",
    metavar="CATEGORY...",
    nargs=-1,
    required=True,
    type=click.Choice(_NAMES),
)
@be_quiet
@as_json
def grant(categories: tuple[str, ...], *, in_json: bool) -> None:
    """Allow categories, from now on; nothing recorded before is covered.

    Example: crashwatch consent grant usage performance
    """
    session = open_session().for_writing()
    wanted = [Category(name) for name in categories]
    allow(session, wanted, Given.CLI)
    _tell(session, wanted, in_json=in_json)
    region = session.switches.region
    if region.minimum_age and not in_json:
        say(
            f"In region {region.name} this is yours to allow from {region.minimum_age}."
        )
    for category in wanted:
        decision = session.decide(category)
        if not decision.allowed:
            raise RefusedError(f"{category.value} stays off: {decision.reason}")


@consent.command("revoke")
@click.argument(
    "categories", metavar="[CATEGORY...]", nargs=-1, type=click.Choice(_NAMES)
)
@click.option(
    "--keep", is_flag=True, help="Keep on this machine what waits for an answer."
)
@be_quiet
@as_json
def revoke(categories: tuple[str, ...], *, keep: bool, in_json: bool) -> None:
    """Refuse categories, all of them if none is named. Takes effect at once.

    Reports of them that were not sent are deleted, and an upload under way breaks off.

    Example: crashwatch consent revoke plugins
    """
    session = open_session_for_rights().for_writing()
    wanted = [Category(name) for name in categories or _NAMES]
    gone = forbid(session, wanted, Given.CLI, pending=not keep)
    _tell(session, wanted, in_json=in_json)
    if gone and not in_json:
        say(f"{counted(gone, 'report')} not sent yet: deleted.")


def allow(session: Session, categories: list[Category], how: Given) -> None:
    """Put a grant on record, and tell running terminals."""
    record_grant(
        session.home.consent_record,
        session.home.consent_log,
        categories,
        session.occasion(how),
    )
    refreshed(session)


def forbid(
    session: Session, categories: list[Category], how: Given, *, pending: bool = True
) -> int:
    """Put a refusal on record, then delete what it covers; answers how many reports.

    Where it cannot be written it is written after that: the disk may be full.

    Raises:
        StorageError: It could not be recorded; or it was, and a report is left.
    """
    gone, left = 0, None
    try:
        _refuse(session, categories, how)
    except StorageError:
        gone, _ = _take_back(session, categories, pending=pending)
        reserve.release(session.home.reports)
        _refuse(session, categories, how)
    more, left = _take_back(session, categories, pending=pending)
    forget(session, categories)
    if not _may_be_identified(session):
        destroy_secret(session.home.identity)
    if left is not None:
        raise StorageError(
            f"refused, and nothing of it is sent; but {left}", hint=left.hint
        )
    return gone + more


def _refuse(session: Session, categories: list[Category], how: Given) -> None:
    record_revoke(
        session.home.consent_record,
        session.home.consent_log,
        categories,
        session.occasion(how),
    )


def _take_back(
    session: Session, categories: list[Category], *, pending: bool
) -> tuple[int, StorageError | None]:
    """Delete what was not sent of these categories: how many reports, what failed.

    Nobody agreed to keep what is pending, either: it was kept in order to ask. One
    that moves or cannot be deleted is no reason to keep the others.
    """
    names = {category.value for category in categories}
    states = (State.QUEUED, State.PENDING) if pending else (State.QUEUED,)
    gone, left = 0, None
    for row in session.spool.list_reports(*states):
        if row.category in names:
            try:
                session.spool.discard(row.id, event=Event.WITHDRAW)
                gone += 1
            except (ReportNotFoundError, ReportStateError):
                pass
            except StorageError as error:
                left = left or error
    return gone, left


def _may_be_identified(session: Session) -> bool:
    """Whether any category that carries the anonymous id is still allowed."""
    state = session.consent()
    choices = (state.choice(c) for c in Category if c is not Category.CRASH)
    return any(choice is not None and choice.grants for choice in choices)


def _tell(session: Session, categories: list[Category], *, in_json: bool) -> None:
    names = {category.value for category in categories}
    rows = [row for row in consent_rows(session) if row["category"] in names]
    if in_json:
        print_json(rows)
    else:
        for row in rows:
            say(f"{row['category']}: {row['state']} ({row['reason']})")


def since_of(row: Mapping[str, object]) -> str:
    """Since when a row of ``consent_rows`` holds, where their own choice decided it."""
    by_choice = row["decided_by"] in (DecidedBy.GRANT.value, DecidedBy.REFUSAL.value)
    return str(row["since"] or "")[:16] if by_choice else ""


def consent_rows(session: Session) -> list[dict[str, object]]:
    """Each category: what the person chose, when, and what is in force and why."""
    state = session.consent()
    rows: list[dict[str, object]] = []
    for category in Category:
        choice = state.choice(category)
        # Decided on the state at hand: reading it anew makes the disclosure anew.
        decision = decide(
            category, state, session.switches, recorded=Recorded(time=now())
        )
        rows.append(
            {
                "category": category.value,
                "state": choice.state.value
                if choice
                else ("ask" if category is Category.CRASH else "unset"),
                "since": choice.given.isoformat() if choice else None,
                "how": choice.how.value if choice else None,
                "allowed": decision.allowed,
                # Nobody is asked about the others: off until they are granted.
                "asked": decision.ask and category is Category.CRASH,
                "decided_by": decision.decided_by.value,
                "reason": decision.reason,
            }
        )
    return rows


@click.command("disclosure")
@as_json
def disclosure(*, in_json: bool) -> None:
    """Print what is collected, why, where it goes, how long it is kept.

    Example: crashwatch disclosure | less
    """
    session = open_session()
    text = session.disclosure()
    if in_json:
        terms = session.terms()._asdict()
        print_json({**terms, "text": text})
    else:
        click.echo(refold(text, WIDTH, width_of(sys.stdout)))
