"""Bugsink's API, as version 2.6.1 has it.

Its REST API reads events and erases issues whole (``DELETE issues/ID/``); it cannot
erase one event. The pages of its administration can, with ``USE_ADMIN`` in its settings
and a superuser's login: a request whose report shares an issue with other people's
needs them. Envelopes that ``KEEP_ENVELOPES`` stores as they came are not erased by
either: an operator who keeps them must clear them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from reports.errors import DeliveryError
from reports.honour.server import Issue, StoredEvent

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from reports.honour.http_api import HttpApi, Response

_API = "api/canonical/0"
_HIDDEN = re.compile(rb'name="csrfmiddlewaretoken" value="([A-Za-z0-9]+)"')
_REDIRECT = 302


class Bugsink:
    """One project of a Bugsink."""

    def __init__(
        self, api: HttpApi, project: str, *, login: str = "", password: str = ""
    ) -> None:
        """Open nothing yet.

        Args:
            api: With a token that may read events and delete issues.
            project: The project's number.
            login: Of somebody who may use the administration; empty: single events
                cannot be erased.
            password: Theirs.
        """
        self._api = api
        self._project = project
        self._login = login
        self._password = password
        self._cookies: dict[str, str] = {}

    def issues(self) -> Iterator[Issue]:
        """Every issue of the project."""
        for row in self._rows(f"{_API}/issues/?project={quote(self._project)}"):
            title = f"{row.get('calculated_type')}: {row.get('calculated_value')}"
            yield Issue(str(row["id"]), title)

    def events(self, issue: str) -> Iterator[StoredEvent]:
        """Every event of an issue."""
        for row in self._rows(f"{_API}/events/?issue={quote(issue)}"):
            event_id = str(row["event_id"]).replace("-", "")
            yield StoredEvent(str(row["id"]), event_id, issue)

    def content(self, event: StoredEvent) -> dict[str, object]:
        """An event's data, empty where it is gone."""
        answer = self._api.get(f"{_API}/events/{quote(event.id)}/", missing=True)
        if answer.status == 404:
            return {}
        row = answer.json
        data = row.get("data") if isinstance(row, dict) else None
        return data if isinstance(data, dict) else {}

    def erase_issue(self, issue: str) -> None:
        """Erase an issue; the server does it a moment later."""
        self._api.delete(f"{_API}/issues/{quote(issue)}/")

    def erase_events(self, events: Collection[StoredEvent]) -> bool:
        """Erase single events through the administration."""
        if not self._login:
            return False
        for event in events:
            path = f"admin/events/event/{quote(event.id)}/delete/"
            self._submit(path, {"post": "yes"})
        return True

    def _rows(self, path: str) -> Iterator[dict[str, object]]:
        while path:
            page = self._api.get(path).json
            if not isinstance(page, dict):
                raise DeliveryError("the server's list is not one of Bugsink's")
            yield from page["results"]
            path = page.get("next") or ""

    def _submit(self, path: str, form: dict[str, str]) -> None:
        """Fill in a form: the token against forgery is in its page and a cookie."""
        if not self._cookies:
            self._log_in()
        answer = self._post(path, form)
        if answer.status != _REDIRECT:
            raise DeliveryError(
                f"the administration answered {answer.status} to {path}",
                hint="The login must be a superuser's.",
            )

    def _log_in(self) -> None:
        form = {"username": self._login, "password": self._password}
        answer = self._post("accounts/login/", form)
        if answer.status != _REDIRECT or "sessionid" not in self._cookies:
            raise DeliveryError(
                "the login was not accepted",
                hint="Look at --login and CRASHWATCH_SERVER_PASSWORD.",
            )

    def _post(self, path: str, form: dict[str, str]) -> Response:
        page = self._visit("GET", path, None)
        found = _HIDDEN.search(page.body)
        if found is None:
            raise DeliveryError(
                f"the page {path} has no form ({page.status})",
                hint="Single events need USE_ADMIN in Bugsink's settings.",
            )
        token = {"csrfmiddlewaretoken": found[1].decode()}
        return self._visit("POST", path, {**token, **form})

    def _visit(self, method: str, path: str, form: dict[str, str] | None) -> Response:
        headers = {"Referer": f"{self._api.url}/{path}"}
        if self._cookies:
            pairs = (f"{name}={value}" for name, value in self._cookies.items())
            headers["Cookie"] = "; ".join(pairs)
        answer = self._api.page(method, path, form=form, headers=headers)
        self._cookies.update(answer.cookies)
        return answer
