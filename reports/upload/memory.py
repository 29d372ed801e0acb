"""What the uploader remembers of an endpoint from one pass to the next.

One small file for each endpoint, written under the uploader's lock. If it cannot be
read it is forgotten: the worst that follows is one early attempt.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import msgspec

from reports.errors import StorageError
from reports.spool import durable
from reports.spool.records import decoded
from reports.upload.backoff import LONGEST_PAUSE, delay_after

if TYPE_CHECKING:
    from collections.abc import Collection

    from reports.home import Home
    from reports.upload.dsn import Endpoint

_MAX_BYTES = 16 * 1024 * 1024
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Memory(msgspec.Struct, frozen=True):
    """What is remembered.

    Attributes:
        failures: Passes in a row that ended in a failure.
        not_before: When to try again.
        attempts: Report id to how often it failed: those come last, so that one
            that a server chokes on does not keep the others waiting.
        day: The day ``day_bytes`` are of, as an ISO date in UTC.
        day_bytes: Sent on that day, on the wire.
        refuses_zstd: When the server was seen to take gzip but not zstd.
    """

    failures: int = 0
    not_before: _Moment | None = None
    attempts: dict[str, int] = {}
    day: str = ""
    day_bytes: int = 0
    refuses_zstd: _Moment | None = None

    def is_waiting(self, now: datetime) -> bool:
        """Whether it is too early.

        A moment further away than any pause can be was written by another clock.
        """
        until = self.not_before
        return until is not None and timedelta() < until - now <= LONGEST_PAUSE

    def after_failure(
        self, now: datetime, fraction: float, asked: timedelta | None, report_id: str
    ) -> Memory:
        """Remember a failure; ``asked`` is the pause that the server demanded."""
        failures = self.failures + 1
        pause = delay_after(failures, fraction)
        if asked is not None:
            # "Too many" is said to many at once: coming back within the hour, they
            # would be too many again. So it counts as a step more.
            pause = max(asked, delay_after(failures + 1, fraction))
            pause = min(pause, LONGEST_PAUSE)
        attempts = self.attempts | {report_id: self.attempts.get(report_id, 0) + 1}
        return msgspec.structs.replace(
            self, failures=failures, not_before=now + pause, attempts=attempts
        )

    def after_success(self) -> Memory:
        """Remember that the endpoint works."""
        return msgspec.structs.replace(self, failures=0, not_before=None)

    def after_pause_asked(self, now: datetime, asked: timedelta) -> Memory:
        """Remember that the server took the report and wants no more for a while."""
        pause = min(asked, LONGEST_PAUSE)
        return msgspec.structs.replace(self, not_before=now + pause)

    def after_zstd_refused(self, now: datetime) -> Memory:
        """Remember to send gzip."""
        return msgspec.structs.replace(self, refuses_zstd=now)

    def after_bytes(self, now: datetime, size: int) -> Memory:
        """Remember bytes that went over the wire, whatever came of them."""
        today = now.date().isoformat()
        used = self.day_bytes if self.day == today else 0
        return msgspec.structs.replace(self, day=today, day_bytes=used + size)

    def used_today(self, now: datetime) -> int:
        """Bytes sent today so far."""
        return self.day_bytes if self.day == now.date().isoformat() else 0

    def only(self, ids: Collection[str]) -> Memory:
        """Forget the attempts of reports that are gone."""
        kept = {name: count for name, count in self.attempts.items() if name in ids}
        return msgspec.structs.replace(self, attempts=kept)


def file_name(endpoint: Endpoint) -> str:
    """Name of an endpoint's memory below ``upload/``; tells nothing to a reader."""
    address = f"{endpoint.scheme}://{endpoint.place}{endpoint.path}"
    return f"endpoint-{hashlib.sha256(address.encode()).hexdigest()[:16]}.json"


def recall(home: Home, endpoint: Endpoint) -> Memory:
    """Read what is remembered; nothing, when it cannot be read."""
    try:
        with durable.opened_folder(home.upload) as folder:
            data = durable.read(folder, file_name(endpoint), _MAX_BYTES)
        return decoded(data, Memory)
    except (OSError, StorageError):
        return Memory()


def remember(home: Home, endpoint: Endpoint, memory: Memory) -> None:
    """Write it down; the caller holds the uploader's lock.

    Raises:
        OSError: The disk is full or the folder cannot be used.
    """
    with durable.opened_folder(home.make_folder(home.upload)) as folder:
        durable.replace(folder, file_name(endpoint), msgspec.json.encode(memory))
