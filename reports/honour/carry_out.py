"""Carry out what requests ask for, and look afterwards whether it is done."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reports.deletion_request import TITLE, request_in
from reports.honour.server import FoundRequest, StoredEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from reports.honour.server import Server

_MOST_BYTES = 64 * 1024 * 1024

LOOKS = 6


@dataclass(slots=True)
class Honoured:
    """What was done.

    Attributes:
        requests: Ids of the requests that were found.
        erased: Event ids that are gone, verified.
        absent: Event ids that requests name and the server does not have.
        left: Event ids that are still there.
        done: Ids of requests that were carried out whole and erased as well.
    """

    requests: list[str] = field(default_factory=list)
    erased: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)


def honour(
    server: Server,
    *,
    dry_run: bool = False,
    whole_issues: bool = False,
    settle: Callable[[], None] = lambda: None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Honoured:
    """Find requests, erase what they name, verify, then erase the requests.

    Args:
        server: Where.
        dry_run: Only tell what would be erased (as ``left``).
        whole_issues: Where a server cannot erase a single event, erase its issue with
            other people's events in it.
        settle: Called between looks while something is still there, ``LOOKS`` times
            at most: servers erase a moment later.
        progress: Called with how many issues were looked through, and of how many.

    Raises:
        DeliveryError: The server could not be used; what was done so far is done.
    """
    work = _Work(server, whole_issues=whole_issues)
    requests, events = work.look(progress)
    result = Honoured(requests=[one.request.id for one in requests])
    named = _named_ids(requests)
    people = {i for one in requests for i in one.request.anonymous_ids}
    wanted = [e for e in events if e.event_id in named or work.carries(e, people)]
    result.absent = sorted(named - {event.event_id for event in events})
    if dry_run:
        result.left = sorted(event.event_id for event in wanted)
        return result
    known = [*events, *(one.event for one in requests)]
    unable = work.erase(wanted, known)
    still = work.wait_until_gone(set(wanted) - unable, settle) | unable
    result.left = sorted(event.event_id for event in still)
    result.erased = sorted({event.event_id for event in wanted} - set(result.left))
    kept = set(result.left)
    done = [r for r in requests if not kept & set(r.request.event_ids)]
    if not (still and people):
        work.erase([one.event for one in done], known)
        result.done = sorted(one.request.id for one in done)
    return result


def _named_ids(requests: Iterable[FoundRequest]) -> set[str]:
    return {i for one in requests for i in one.request.event_ids}


class _Work:
    """One pass over a server."""

    def __init__(self, server: Server, *, whole_issues: bool) -> None:
        self._server = server
        self._whole_issues = whole_issues

    def look(
        self, progress: Callable[[int, int], None]
    ) -> tuple[list[FoundRequest], list[StoredEvent]]:
        """Every request, and every other event."""
        issues = list(self._server.issues())
        requests: list[FoundRequest] = []
        events: list[StoredEvent] = []
        for number, issue in enumerate(issues):
            progress(number, len(issues))
            found = list(self._server.events(issue.id))
            if TITLE not in issue.title:
                events += found
                continue
            for event in found:
                request = self._request_of(event)
                if request is None:
                    events.append(event)
                else:
                    requests.append(request)
        progress(len(issues), len(issues))
        return requests, events

    def _request_of(self, event: StoredEvent) -> FoundRequest | None:
        """None for an event that only looks like a request: nobody obeys those."""
        try:
            extra = self._server.content(event).get("extra")
            return FoundRequest(request_in(event.event_id, extra), event)
        except ValueError:
            return None

    def carries(self, event: StoredEvent, people: set[str]) -> bool:
        """Whether an event carries one of these anonymous ids, wherever in it."""
        if not people:
            return False
        text = json.dumps(self._server.content(event))[:_MOST_BYTES]
        return any(one in text for one in people)

    def wait_until_gone(
        self, events: set[StoredEvent], settle: Callable[[], None]
    ) -> set[StoredEvent]:
        """Look whether they are gone; answers those that are still there."""
        for _ in range(LOOKS):
            events = {event for event in events if self._server.content(event)}
            if not events:
                break
            settle()
        return events

    def erase(
        self, wanted: list[StoredEvent], known: list[StoredEvent]
    ) -> set[StoredEvent]:
        """Erase events: a whole issue where all it holds is wanted.

        Answers those that the server has no way to erase.
        """
        unable: set[StoredEvent] = set()
        by_issue: dict[str, list[StoredEvent]] = {}
        for event in wanted:
            by_issue.setdefault(event.issue, []).append(event)
        for issue, events in by_issue.items():
            others = [e for e in known if e.issue == issue and e not in events]
            if others and self._server.erase_events(events):
                continue
            if others and not self._whole_issues:
                unable.update(events)
            else:
                self._server.erase_issue(issue)
        return unable
