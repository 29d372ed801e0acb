"""What the tool needs of a server, whatever its API looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from reports.deletion_request import DeletionRequest


class Issue(NamedTuple):
    """Events that a server keeps together; ``title`` in the server's own words."""

    id: str
    title: str


class StoredEvent(NamedTuple):
    """One event on a server.

    Attributes:
        id: The server's own name for it.
        event_id: 32 hexadecimal digits.
        issue: Id of the issue it is in.
    """

    id: str
    event_id: str
    issue: str


class FoundRequest(NamedTuple):
    """A deletion request as it lies on a server, and the event that holds it."""

    request: DeletionRequest
    event: StoredEvent


class Server(Protocol):
    """A server's API. Every call may raise ``DeliveryError``."""

    def issues(self) -> Iterator[Issue]:
        """Every issue of the project."""

    def events(self, issue: str) -> Iterator[StoredEvent]:
        """Every event of an issue."""

    def content(self, event: StoredEvent) -> dict[str, object]:
        """An event's data; its ``extra`` holds a request. Empty where it is gone."""

    def erase_issue(self, issue: str) -> None:
        """Erase an issue with all its events."""

    def erase_events(self, events: Collection[StoredEvent]) -> bool:
        """Erase single events; False where the API cannot."""
