"""``crashwatch consent`` and ``crashwatch disclosure``."""

from __future__ import annotations

import click

from crashwatch.cli.session import Session, open_session
from crashwatch.cli.show import as_json, print_json, say, table
from crashwatch.errors import RefusedError
from reports.consent.record import Category, Given
from reports.consent.record_file import grant as record_grant
from reports.consent.record_file import revoke as record_revoke
from reports.identity import destroy_secret
from reports.lifecycle import Event, State

_NAMES = [category.value for category in Category]


@click.group()
def consent() -> None:
    """See and change what you allow. Everything is off or asked until you say so."""


@consent.command("show")
@as_json
def show(*, in_json: bool) -> None:
    """Show what you chose for each category, and what is in force."""
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
@as_json
def grant(categories: tuple[str, ...], *, in_json: bool) -> None:
    """Allow categories, from now on; nothing recorded before is covered."""
    session = open_session().for_writing()
    wanted = [Category(name) for name in categories]
    record_grant(
        session.home.consent_record,
        session.home.consent_log,
        wanted,
        session.occasion(Given.CLI),
    )
    _tell(session, wanted, in_json=in_json)
    for category in wanted:
        decision = session.decide(category)
        if not decision.allowed:
            raise RefusedError(f"{category.value} stays off: {decision.reason}")


@consent.command("revoke")
@click.argument(
    "categories", metavar="[CATEGORY...]", nargs=-1, type=click.Choice(_NAMES)
)
@as_json
def revoke(categories: tuple[str, ...], *, in_json: bool) -> None:
    """Refuse categories, all of them if none is named. Takes effect at once."""
    session = open_session().for_writing()
    wanted = [Category(name) for name in categories or _NAMES]
    record_revoke(
        session.home.consent_record,
        session.home.consent_log,
        wanted,
        session.occasion(Given.CLI),
    )
    take_back(session, wanted)
    if set(wanted) == set(Category):
        destroy_secret(session.home.identity)
    _tell(session, wanted, in_json=in_json)


def take_back(session: Session, categories: list[Category]) -> None:
    """Empty the queue of these categories: what was agreed to waits again."""
    names = {category.value for category in categories}
    for row in session.spool.list_reports(State.QUEUED):
        if row.category in names:
            session.spool.discard(row.id, event=Event.WITHDRAW)


def _tell(session: Session, categories: list[Category], *, in_json: bool) -> None:
    names = {category.value for category in categories}
    rows = [row for row in consent_rows(session) if row["category"] in names]
    if in_json:
        print_json(rows)
    else:
        for row in rows:
            say(f"{row['category']}: {row['state']} ({row['reason']})")


def consent_rows(session: Session) -> list[dict[str, object]]:
    """Each category: what the person chose, when, and what is in force and why."""
    state = session.consent()
    rows: list[dict[str, object]] = []
    for category in Category:
        choice = state.choice(category)
        decision = session.decide(category)
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
    """Print what is collected, why, where it goes, how long it is kept."""
    session = open_session()
    text = session.disclosure()
    if in_json:
        terms = session.terms()._asdict()
        print_json({**terms, "text": text})
    else:
        click.echo(text)
