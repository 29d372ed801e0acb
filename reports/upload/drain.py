"""One pass over the queue: what was agreed to is sent, what cannot be now is kept."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reports.consent.switches import NO_REGION_RULE, RegionRule
from reports.errors import ReportNotFoundError, ReportStateError, StorageError
from reports.lifecycle import Event, State
from reports.spool.damage import DamagedEntryError
from reports.spool.listing import Found
from reports.spool.lock import held
from reports.spool.records import Receipt, digest_of
from reports.spool.retention import Limits
from reports.spool.sweep import sweep
from reports.spool.trim import trim
from reports.upload.budget import DAILY_BYTES, has_room
from reports.upload.circumstances import GOOD, Circumstances
from reports.upload.clock import Clock
from reports.upload.courier import Courier, Outcome
from reports.upload.encoding import Encoding, encode
from reports.upload.gate import No, Refusal, Sendable, admit, ask
from reports.upload.memory import Memory, recall, remember
from reports.upload.rate_limits import pause_asked, server_date
from reports.upload.results import DrainResult, Held
from reports.upload.turns import URGENT, turn_of
from reports.upload.verdict import Verdict
from reports.upload.wire import Network, Wire, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date, datetime
    from pathlib import Path

    from reports.spool.directory import Spool
    from reports.spool.entry import StoredReport
    from reports.spool.summary import Summary
    from reports.upload.dsn import Endpoint
    from reports.upload.gate import Decision, Question

_FIRST = ("crash",)
"""Categories that go before the rest."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How much, how eagerly.

    Attributes:
        daily_bytes: Budget on the wire for what leaves by standing consent; None: none.
        at_once: Try even if it is too early after a failure (a person asked).
        most: Reports to send in one pass.
        fraction: Random numbers in [0, 1), for jitter.
        try_zstd: Whether zstd may be tried where it was not refused.
        region: The rules of the region we are in.
        limits: What is kept after the pass.
        progress: Called with how many reports were dealt with, and of how many.
        circumstances: What tells against sending now what nobody looked at.
        only: Ids of reports to send and no others, whatever was sent today: a person
            named them. Empty: all.
    """

    daily_bytes: int | None = DAILY_BYTES
    at_once: bool = False
    most: int = 1000
    fraction: Callable[[], float] = random.random
    try_zstd: bool = True
    region: RegionRule = NO_REGION_RULE
    limits: Limits = field(default_factory=Limits)
    progress: Callable[[int, int], None] = lambda _done, _all: None
    circumstances: Circumstances = GOOD
    only: frozenset[str] = frozenset()


def drain(
    spool: Spool,
    endpoint: Endpoint,
    may_send: Callable[[Question], Decision],
    *,
    network: Network | None = None,
    wire: Wire | None = None,
    clock: Clock | None = None,
    manners: Manners | None = None,
    patience: float = 0.0,
) -> DrainResult:
    """Send what is queued, best first, until the server says no.

    No connection is opened unless a report was agreed to and may be sent now.

    Args:
        spool: Of a home that ``open_home`` checked.
        endpoint: From ``parse_dsn``.
        may_send: A report to the consent of this moment. Asked before each report, by
            ``before_send``, and before each 2 KiB on the wire.
        network: How to reach the endpoint.
        wire: A way there to use instead, which stays open.
        clock: Where time comes from.
        manners: How much and how eagerly.
        patience: Seconds to wait for another uploader.

    Raises:
        StorageError: The spool cannot be used; nothing is sent then.
        DeliveryError: The authority file or the proxy cannot be used at all.
    """
    home = spool.home
    with held(home.make_folder(home.upload) / "lock", patience=patience) as mine:
        if not mine:
            return DrainResult(busy=True)
        clock = clock or Clock()
        manners = manners or Manners()
        with opened(wire, endpoint, network, clock) as way:
            before = way.wire_bytes
            turn = _Turn(spool, endpoint, may_send, way, clock, manners)
            turn.run()
        # Last: a clock that jumped makes everything old, and what was agreed to shall
        # have had its chance.
        trim(spool, manners.limits)
        turn.result.wire_bytes = way.wire_bytes - before
        return turn.result


class _Turn:
    """The state of one pass."""

    def __init__(
        self,
        spool: Spool,
        endpoint: Endpoint,
        may_send: Callable[[Question], Decision],
        wire: Wire,
        clock: Clock,
        manners: Manners,
    ) -> None:
        self.result = DrainResult()
        self._spool = spool
        self._endpoint = endpoint
        self._consent = may_send
        self._clock = clock
        self._manners = manners
        self._memory = Memory()
        self._saved: Memory | None = None
        self._wire = wire
        self._courier = Courier(wire, self._may_send, clock, self._stands_on)

    def run(self) -> None:
        """Go through the queue."""
        swept = sweep(self._spool)
        self.result.set_aside += [Held(name, "damaged") for name in swept.quarantined]
        rows = self._spool.list_reports(State.QUEUED)
        recalled = recall(self._spool.home, self._endpoint)
        self._memory = recalled.only({row.id for row in rows})
        now = self._clock.now()
        if self._memory.is_waiting(now) and not self._manners.at_once:
            self.result.waiting_until = self._memory.not_before
            return
        try:
            ready = self._whose_turn_it_is(rows, now)
            going = sorted(ready, key=self._rank)[: self._manners.most]
            for number, row in enumerate(going):
                self._manners.progress(number, len(going))
                if not self._handle(row.id):
                    break
        finally:
            self._courier.close()

    def _may_send(self, question: Question) -> Decision:
        """The caller's answer, for a report that still waits: not for a discarded one.

        Asked from the watchdog's thread too.
        """
        answer = self._consent(question)
        # Looked at last: it may have been discarded while the record was read.
        return answer if self._queued(question.id).is_dir() else No("it was discarded")

    def _stands_on(self, report_id: str) -> tuple[Path, ...]:
        home = self._spool.home
        return home.consent_record, home.consent_log, self._queued(report_id)

    def _queued(self, report_id: str) -> Path:
        return self._spool.folder(Found(report_id, State.QUEUED))

    def _rank(self, row: Summary) -> tuple[int, bool, datetime, str]:
        """Those that failed before come last, crashes first, then the oldest."""
        failed = self._memory.attempts.get(row.id, 0)
        return failed, row.category not in _FIRST, row.created, row.id

    def _whose_turn_it_is(
        self, rows: Iterable[Summary], now: datetime
    ) -> list[Summary]:
        """What may go now; a clock that went back must not hold anything longer."""
        batches: dict[date, list[Summary]] = {}
        ready = []
        for row in rows:
            if self._manners.only and row.id not in self._manners.only:
                continue
            if row.category in URGENT or self._manners.at_once:
                ready.append(row)
            else:
                batches.setdefault(row.created.date(), []).append(row)
        for batch in batches.values():
            created = min(row.created for row in batch)
            turn = turn_of(created, (row.id for row in batch))
            if created <= now < turn:
                why = f"its turn comes at {turn:%Y-%m-%d %H:%M} UTC"
                self.result.not_yet += [Held(row.id, why) for row in batch]
            else:
                ready += batch
        return ready

    def _handle(self, report_id: str) -> bool:
        """Deal with one report; False ends the pass."""
        stored = self._stored(report_id)
        if stored is None:
            return True
        here = self._manners.region._replace(endpoint=self._endpoint.place)
        sendable = admit(stored, self._may_send, here)
        if isinstance(sendable, Refusal):
            self.result.refused.append(Held(report_id, sendable.why))
            return True
        if why := self._why_held(stored):
            self.result.not_yet.append(Held(report_id, why))
            return True
        if not self._has_room(stored):
            self.result.kept.append(Held(report_id, "today's budget is spent"))
            return True
        # Written before: who cannot write down what was sent must not send.
        self._save(self._memory)
        zstd = self._manners.try_zstd and self._memory.refuses_zstd is None
        before = self._wire.wire_bytes
        outcome = self._courier.carry(sendable, zstd=zstd)
        # All that was written counts, refused attempts and broken ones too.
        written = self._wire.wire_bytes - before
        self._memory = self._memory.after_bytes(self._clock.now(), written)
        return self._conclude(sendable, outcome)

    def _stored(self, report_id: str) -> StoredReport | None:
        try:
            stored = self._spool.read(report_id)
        except DamagedEntryError as error:
            self._set_aside(report_id, Event.SUSPECT, str(error))
            return None
        except ReportNotFoundError:
            return None
        except StorageError as error:  # a newer version's, or a bad sector: it waits
            self.result.kept.append(Held(report_id, str(error)))
            return None
        return stored if stored.summary.state is State.QUEUED else None

    def _why_held(self, stored: StoredReport) -> str:
        how = stored.approval.how if stored.approval else ""
        now = self._clock.now()
        created = stored.summary.created
        return self._manners.circumstances.why_held(how, created, now)

    def _has_room(self, stored: StoredReport) -> bool:
        if self._manners.only:
            return True
        approval = stored.approval
        how = approval.how if approval else ""
        size = len(encode(stored.envelope, Encoding.GZIP))
        used = self._memory.used_today(self._clock.now())
        category = stored.summary.category
        return has_room(how, category, size, used, self._manners.daily_bytes)

    def _conclude(self, sendable: Sendable, outcome: Outcome) -> bool:
        if outcome.verdict is None:
            self.result.refused.append(Held(sendable.id, outcome.why))
            return True
        if outcome.answer is None and self._is_withdrawn(sendable, outcome):
            return True
        now = self._clock.now()
        memory = self._memory
        asked = None
        if outcome.answer is not None:
            asked = pause_asked(outcome.answer.status, outcome.answer.headers, now)
        if outcome.refuses_zstd:
            memory = memory.after_zstd_refused(now)
        if outcome.verdict is Verdict.LATER:
            fraction = self._manners.fraction()
            self._save(memory.after_failure(now, fraction, asked, sendable.id))
            self.result.kept.append(Held(sendable.id, outcome.why))
            return False
        memory = memory.after_success()
        if asked is not None:
            memory = memory.after_pause_asked(now, asked)
        self._save(memory)
        self._file(sendable, outcome, now)
        return asked is None

    def _is_withdrawn(self, sendable: Sendable, outcome: Outcome) -> bool:
        """Whether it broke off because of a no, which is no failure of the server."""
        if ask(self._may_send, sendable.question).allowed:
            return False
        self._save(self._memory)
        self.result.refused.append(Held(sendable.id, outcome.why))
        return True

    def _file(self, sendable: Sendable, outcome: Outcome, now: datetime) -> None:
        if outcome.verdict is not Verdict.DELIVERED:
            self._set_aside(sendable.id, Event.REJECT, outcome.why)
            return
        try:
            self._spool.deliver(_receipt(self._endpoint, outcome, now))
        except (ReportNotFoundError, ReportStateError):
            # Discarded while it was on its way: who wants it deleted there needs this.
            why = "it was discarded while it was being sent"
            self._spool.remember(sendable.id, State.QUEUED, Event.DELIVER, why)
        self.result.sent.append(sendable.id)

    def _set_aside(self, report_id: str, event: Event, why: str) -> None:
        try:
            self._spool.set_aside(report_id, event, why)
        except (ReportNotFoundError, ReportStateError):
            return  # Discarded meanwhile.
        except StorageError as error:
            self.result.kept.append(Held(report_id, str(error)))
            return
        self.result.set_aside.append(Held(report_id, why))

    def _save(self, memory: Memory) -> None:
        self._memory = memory
        if memory == self._saved:
            return
        try:
            remember(self._spool.home, self._endpoint, memory)
        except OSError as error:
            raise StorageError(
                f"the uploader cannot take notes: {error.strerror}",
                hint="Nothing is sent until there is room on the disk.",
            ) from error
        self._saved = memory


def _receipt(endpoint: Endpoint, outcome: Outcome, now: datetime) -> Receipt:
    answer = outcome.answer
    if answer is None:
        raise ValueError("a delivery has an answer")
    date = server_date(answer.headers)
    return Receipt(
        id=outcome.sent.id,
        when=now,
        host=endpoint.place,
        status=answer.status,
        event_id=outcome.sent.id,
        encoding=outcome.encoding.value,
        wire_bytes=answer.wire_bytes,
        sent_at=outcome.sent_at,
        items=tuple(digest_of(item) for item in outcome.sent.items),
        clock_skew=(date - now).total_seconds() if date else None,
    )
