"""The flags page brought in line with the record: at each start, after each choice."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import reports.consent
from crashwatch import __version__
from crashwatch.cli.declared import own_registry
from reports.consent.decision import Recorded, decide
from reports.consent.flags_page import COUNTED, Flags, read_flags, write_flags
from reports.consent.record_file import load_consent, record_unchanged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from crashwatch.cli.session import Session
    from reports.consent.record import Category
    from reports.consent.standing import ConsentState
    from reports.consent.switches import Switches


def refreshed(session: Session) -> Mapping[Category, int]:
    """Make the page say what the record says, and tell what this process may count.

    The page is the same for every process, so variables and options of this one are
    no part of it; they only keep this one from counting.

    Raises:
        StorageError: The page could not be written: it says that nothing is on.
    """
    home, moment = session.home, datetime.now(UTC)
    with record_unchanged(home.consent_log):
        stamp = stamp_of(session)
        page = read_flags(home.flags)
        same = page is not None and page.stamp == stamp
        terms = page.terms if page is not None and same else session.terms()
        consent = load_consent(
            home.consent_record, home.consent_log, terms=terms, now=moment
        )
        shared = session.switches._replace(
            flag=False,
            variable=False,
            do_not_track=False,
            headless_since=None,
            operator=frozenset(),
        )
        wanted = Flags(grants_under(consent, shared, moment), terms, stamp)
        if page != wanted:
            write_flags(home.flags, wanted)
    return grants_under(consent, session.switches, moment)


def grants_under(
    consent: ConsentState, switches: Switches, moment: datetime
) -> dict[Category, int]:
    """The counted categories that are allowed, with their grants' sequence numbers."""
    found: dict[Category, int] = {}
    for category in COUNTED:
        choice = consent.choice(category)
        decision = decide(category, consent, switches, recorded=Recorded(time=moment))
        if choice is not None and choice.grants and decision.collect:
            found[category] = choice.sequence
    return found


def stamp_of(session: Session) -> bytes:
    """What today's disclosure is made from, told shortly: the same, the same words."""
    folder = os.path.dirname(reports.consent.__file__)  # noqa: PTH120
    settings, region = session.configuration, session.switches.region
    files = (
        os.path.join(folder, "disclosure.py"),  # noqa: PTH118
        os.path.join(folder, "disclosure_fields.py"),  # noqa: PTH118
        settings.registry or own_registry(),
        os.fspath(session.home.config),
    )
    parts = [
        __version__,
        session.recipient(),
        region.name,
        ",".join(sorted(category.value for category in region.forbidden)),
        *map(_facts_of, files),
    ]
    return "\n".join(parts).encode("utf-8", "backslashreplace")


def _facts_of(path: str) -> str:
    try:
        facts = os.stat(path)  # noqa: PTH116
    except OSError:
        return "-"
    return f"{facts.st_mtime_ns} {facts.st_size} {facts.st_ino}"
