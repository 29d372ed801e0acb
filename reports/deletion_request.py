"""A deletion request: an event that holds numbers and a day, and nothing else. Pure.

A server needs no protocol of its own for it: it stores it like any event, and the
operator's tool (``crashwatch honour-deletions``) finds it by its title.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from reports.envelope import event_bytes
from reports.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CATEGORY = "deletion"
TITLE = "crashwatch deletion request"
SCHEMA = 1

MOST_IDS = 400
"""Numbers in one request, some 16 KB: servers cut lists and texts that are longer."""

_EVENT_ID = re.compile(r"[0-9a-f]{32}")
_ANONYMOUS_ID = re.compile(r"[0-9a-f]{64}")


class DeletionRequest(NamedTuple):
    """What somebody wants erased.

    Attributes:
        id: The request's own event id, random.
        day: When it was asked for; no time of the day.
        event_ids: Of reports that were sent: 32 hexadecimal digits each.
        anonymous_ids: As ``reports.identity`` makes them: 64 hexadecimal digits each.
    """

    id: str
    day: date
    event_ids: tuple[str, ...] = ()
    anonymous_ids: tuple[str, ...] = ()


def make_requests(
    event_ids: Iterable[str], anonymous_ids: Iterable[str], day: date
) -> Iterator[DeletionRequest]:
    """As many requests as are needed; none where there is nothing to erase."""
    events, people = sorted(set(event_ids)), sorted(set(anonymous_ids))
    while events or people:
        of_people, people = people[:MOST_IDS], people[MOST_IDS:]
        room = MOST_IDS - len(of_people)
        of_events, events = events[:room], events[room:]
        yield DeletionRequest(uuid4().hex, day, tuple(of_events), tuple(of_people))


def request_event(request: DeletionRequest) -> bytes:
    """The event's bytes."""
    return event_bytes(
        {
            "event_id": request.id,
            "timestamp": f"{request.day.isoformat()}T00:00:00Z",
            "platform": "other",
            "level": "info",
            "logger": "crashwatch.deletion",
            "logentry": {"formatted": TITLE},
            "fingerprint": [TITLE],
            "tags": {"category": CATEGORY},
            "extra": {
                "schema": SCHEMA,
                "day": request.day.isoformat(),
                "event_ids": list(request.event_ids),
                "anonymous_ids": list(request.anonymous_ids),
            },
        }
    )


def parse_request(data: bytes) -> DeletionRequest:
    """Read the bytes of a request of ours, and refuse every other event.

    Raises:
        StorageError: It holds anything that ``request_event`` would not write.
    """
    try:
        event = json.loads(data)
        request = request_in(event["event_id"], event["extra"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise StorageError("it is no deletion request") from error
    if request_event(request) != data:
        raise StorageError("the deletion request holds something that we do not write")
    return request


def request_in(event_id: str, extra: object) -> DeletionRequest:
    """A request from an event's ``extra``, as a server gives it back.

    Raises:
        ValueError: It is not of the form of a request.
    """
    if not isinstance(extra, dict) or extra.get("schema") != SCHEMA:
        raise ValueError("not a request of this schema")
    return DeletionRequest(
        id=_all_of(_EVENT_ID, [event_id])[0],
        day=date.fromisoformat(str(extra.get("day"))),
        event_ids=_all_of(_EVENT_ID, extra.get("event_ids")),
        anonymous_ids=_all_of(_ANONYMOUS_ID, extra.get("anonymous_ids")),
    )


def made_at(request: DeletionRequest) -> datetime:
    """The beginning of its day."""
    return datetime(request.day.year, request.day.month, request.day.day, tzinfo=UTC)


def _all_of(form: re.Pattern[str], values: object) -> tuple[str, ...]:
    if not isinstance(values, list) or len(values) > MOST_IDS:
        raise ValueError("not a list of that length")
    for value in values:
        if not isinstance(value, str) or not form.fullmatch(value):
            raise ValueError("a number is not of its form")
    return tuple(values)
