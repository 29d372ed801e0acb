"""What a run needs to count: the flags page compared with the record, a counter file.

Called before the terminal starts. With nothing granted it only looks into the record,
which was read anyway, and makes no file. The disclosure, on whose words a grant
depends, takes long to make: the flags page remembers its hash and its sources.
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime

from reports.consent.record import Category
from reports.consent.record_file import load_consent
from reports.light_tuple import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from crashwatch.cli.session import Session


class Shared(NamedTuple):
    """What is handed to a terminal that counts.

    Attributes:
        flags: Descriptor of the flags page, to read.
        counters: Descriptor of its counter file.
        grants: The grants it counts under.
    """

    flags: int
    counters: int
    grants: Mapping[Category, int]


def has_grants(session: Session) -> bool:
    """Whether anything that is counted was ever granted and not refused since."""
    record, log = session.home.consent_record, session.home.consent_log
    moment = datetime.now(UTC)
    consent = load_consent(record, log, terms=None, now=moment)
    # Without terms no grant stands: each is among those that lapsed.
    return any(lapse.category is not Category.CRASH for lapse in consent.lapsed)


def prepare(session: Session, today: date | None = None) -> Shared | None:
    """Make what a terminal needs to count; None where nothing is granted.

    Raises:
        ReportsError, OSError: It could not be made; the terminal then counts nothing.
    """
    if not has_grants(session):
        if os.path.lexists(session.home.flags):
            from reports.consent.flags_page import COUNTED, clear_flags  # noqa: PLC0415

            clear_flags(session.home.flags, COUNTED)
        return None
    from crashwatch.cli.flags import refreshed  # noqa: PLC0415

    session = session.for_writing()
    grants = refreshed(session)
    if not grants:
        return None
    from crashwatch.cli.declared import load_registry  # noqa: PLC0415
    from reports.usage.counter_file import make_counter_file  # noqa: PLC0415
    from reports.usage.counter_layout import places_of  # noqa: PLC0415

    registry = load_registry(session.configuration)
    places = places_of(registry, today or datetime.now(UTC).date())
    made = make_counter_file(session.home, places, registry.sha256)
    flags = os.open(session.home.flags, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    return Shared(flags, made.descriptor, grants)
