"""How delivery stands, as ``crashwatch status`` shows it; nothing is sent for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from crashwatch.cli.endpoint import endpoint_of
from crashwatch.cli.session import now
from crashwatch.cli.show import say, size
from reports.errors import ReportsError
from reports.lifecycle import State

if TYPE_CHECKING:
    from datetime import datetime

    from crashwatch.cli.session import Session


class _Standing(NamedTuple):
    """The limits, what was used of them today, and why what waits waits.

    Attributes:
        used: Bytes on the wire today.
        failures: In a row.
        until: When the server may be tried again by itself; None: now.
        why: What the desktop says against sending what is queued; empty: nothing.
    """

    used: int
    failures: int
    until: datetime | None
    why: str


def delivery_json(session: Session) -> dict[str, object]:
    """What holds, and how things stand."""
    limits, stands = session.delivery(), _standing(session)
    return {
        "daily_bytes": limits.daily_bytes,
        "sent_today_bytes": stands.used,
        "bytes_a_second": limits.bytes_a_second,
        "failures": stands.failures,
        "not_before": stands.until.isoformat() if stands.until else None,
        "waits_for": stands.why or None,
    }


def say_delivery(session: Session) -> None:
    """The same for a person; nothing where nothing can leave."""
    if not session.configuration.dsn:
        return
    limits, stands = session.delivery(), _standing(session)
    say(
        f"Sent today: {size(stands.used) if stands.used else 'nothing'}; by standing "
        f"consent at most {limits.daily_kb} KB a day, {limits.kb_a_second} KB a second."
    )
    if stands.until:
        why = "after a failure" if stands.failures else "as the server asked"
        say(f"Waits until {stands.until:%Y-%m-%d %H:%M} UTC {why}.")
    if stands.why:
        say(f"Waits: {stands.why}. What you approve one by one goes all the same.")


def _standing(session: Session) -> _Standing:
    from reports.upload.memory import Memory, recall  # noqa: PLC0415

    try:
        endpoint = endpoint_of(session)
    except ReportsError:
        endpoint = None
    memory = recall(session.home, endpoint) if endpoint else Memory()
    moment = now()
    return _Standing(
        used=memory.used_today(moment),
        failures=memory.failures,
        until=memory.not_before if memory.is_waiting(moment) else None,
        why=_why_waiting(session) if endpoint else "",
    )


def _why_waiting(session: Session) -> str:
    """The desktop is asked only where something waits."""
    if not session.spool.list_reports(State.QUEUED):
        return ""
    from crashwatch.surroundings import look_around  # noqa: PLC0415

    return look_around(session.delivery()).why_wait()
