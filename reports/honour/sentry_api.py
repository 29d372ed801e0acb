"""Sentry's API, as https://docs.sentry.io/api/ documents it (version 0).

It lists issues and events and erases issues whole; a single event it cannot erase.
Written from the documents and tried against a double, not against Sentry itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from reports.errors import DeliveryError
from reports.honour.server import Issue, StoredEvent

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from reports.honour.http_api import HttpApi

_NEXT = re.compile(r'<([^>]+)>;[^,]*rel="next"[^,]*results="true"')


class Sentry:
    """One project of a Sentry organization."""

    def __init__(self, api: HttpApi, organization: str, project: str) -> None:
        """Open nothing yet; both are the short names (slugs)."""
        self._api = api
        self._organization = f"api/0/organizations/{quote(organization)}"
        self._project = f"api/0/projects/{quote(organization)}/{quote(project)}"

    def issues(self) -> Iterator[Issue]:
        """Every issue of the project, resolved ones too."""
        for row in self._rows(f"{self._project}/issues/?query=&statsPeriod="):
            yield Issue(str(row["id"]), str(row.get("title")))

    def events(self, issue: str) -> Iterator[StoredEvent]:
        """Every event of an issue."""
        for row in self._rows(f"{self._organization}/issues/{quote(issue)}/events/"):
            event_id = str(row["eventID"])
            yield StoredEvent(event_id, event_id, issue)

    def content(self, event: StoredEvent) -> dict[str, object]:
        """An event's data, empty where it is gone; ``extra`` is its ``context``."""
        path = f"{self._project}/events/{quote(event.id)}/"
        answer = self._api.get(path, missing=True)
        if answer.status == 404:
            return {}
        row = answer.json
        if not isinstance(row, dict):
            return {}
        return {**row, "extra": row.get("context")}

    def erase_issue(self, issue: str) -> None:
        """Erase an issue; the server does it a moment later."""
        self._api.delete(f"{self._organization}/issues/{quote(issue)}/")

    def erase_events(self, events: Collection[StoredEvent]) -> bool:
        """There is no way to."""
        return not events

    def _rows(self, path: str) -> Iterator[dict[str, object]]:
        while path:
            answer = self._api.get(path)
            page = answer.json
            if not isinstance(page, list):
                raise DeliveryError("the server's list is not one of Sentry's")
            yield from page
            found = _NEXT.search(answer.headers.get("link", ""))
            path = found[1] if found else ""
