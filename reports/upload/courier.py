"""Carry one report to the server: encode, send through the SDK, judge the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.errors import DeliveryError
from reports.upload.encoding import Encoding, encode
from reports.upload.gate import Refusal, Sendable, ask
from reports.upload.sentry import SentryDoor
from reports.upload.verdict import Verdict, judge
from reports.upload.watchdog import StandingYes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from reports.upload.clock import Clock
    from reports.upload.gate import Decision, Question
    from reports.upload.wire import Answer, Wire

_NOT_ZSTD = frozenset({400, 415, 500})
"""What servers answer that take the compressed bytes for the envelope itself."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one report.

    Attributes:
        verdict: What to do with it; None when nothing was handed to the wire.
        why: In words, for everything but a delivery.
        answer: The server's last answer, if one came.
        sent: The variant that was sent last.
        sent_at: The time in its envelope header.
        encoding: How it was compressed.
        refuses_zstd: Whether the server took gzip right after it refused zstd.
    """

    verdict: Verdict | None
    why: str
    answer: Answer | None
    sent: Sendable
    sent_at: str = ""
    encoding: Encoding = Encoding.GZIP
    refuses_zstd: bool = False


def _nothing(_report_id: str) -> Iterable[Path]:
    return ()


class Courier:
    """Sends reports one by one over a wire."""

    def __init__(
        self,
        wire: Wire,
        may_send: Callable[[Question], Decision],
        clock: Clock,
        stands_on: Callable[[str], Iterable[Path]] = _nothing,
    ) -> None:
        """Open nothing yet.

        Args:
            wire: The way to the endpoint.
            may_send: The consent of the moment.
            clock: Where time comes from.
            stands_on: Report id to the files on which that consent stands: a change
                in one of them is seen within 20 ms, in the middle of a body.
        """
        self._wire = wire
        self._may_send = may_send
        self._clock = clock
        self._stands_on = stands_on
        self._door = SentryDoor(self._post, may_send, self._stamp)
        self._question: Question | None = None
        self._encoding = Encoding.GZIP
        self._sent_at = ""
        self._result: Answer | DeliveryError | None = None

    def close(self) -> None:
        """Shut the SDK's client down."""
        self._door.close()

    def carry(self, sendable: Sendable, *, zstd: bool) -> Outcome:
        """Send a report; with zstd first where that was not refused before.

        A server that finds it too large gets it without its minidump.
        """
        outcome = self._carry_whole(sendable, zstd=zstd)
        if outcome.verdict is not Verdict.TOO_LARGE:
            return outcome
        smaller = sendable.without_minidump()
        if smaller is None:
            return outcome
        return self._carry_whole(smaller, zstd=zstd and not outcome.refuses_zstd)

    def _carry_whole(self, sendable: Sendable, *, zstd: bool) -> Outcome:
        if not zstd:
            return self._attempt(sendable, Encoding.GZIP)
        first = self._attempt(sendable, Encoding.ZSTD)
        if first.answer is None or first.answer.status not in _NOT_ZSTD:
            return first
        second = self._attempt(sendable, Encoding.GZIP)
        understood = second.answer is not None and second.answer.status in (200, 413)
        return Outcome(
            second.verdict,
            second.why,
            second.answer,
            second.sent,
            second.sent_at,
            second.encoding,
            refuses_zstd=understood,
        )

    def _attempt(self, sendable: Sendable, encoding: Encoding) -> Outcome:
        self._encoding = encoding
        self._question = sendable.question
        self._result = None
        refusal = self._door.send(sendable)
        result = self._taken()
        if isinstance(refusal, Refusal):
            return Outcome(None, refusal.why, None, sendable)
        if result is None:
            return Outcome(Verdict.LATER, "sending failed", None, sendable)
        if isinstance(result, DeliveryError):
            return Outcome(Verdict.LATER, str(result), None, sendable)
        verdict = judge(result.status, result.body, sendable.id)
        why = _in_words(verdict, result.status)
        return Outcome(verdict, why, result, sendable, self._sent_at, encoding)

    def _taken(self) -> Answer | DeliveryError | None:
        """What ``_post`` left here while the SDK was sending."""
        return self._result

    def _stamp(self) -> str:
        now = self._clock.now().isoformat(timespec="milliseconds")
        self._sent_at = now.replace("+00:00", "Z")
        return self._sent_at

    def _may_go_on(self) -> bool:
        question = self._question
        return question is not None and ask(self._may_send, question).allowed

    def _post(self, envelope: bytes) -> None:
        body = encode(envelope, self._encoding)
        report_id = "" if self._question is None else self._question.id
        holds = StandingYes(self._may_go_on, self._stands_on(report_id))
        try:
            self._result = self._wire.post(body, self._encoding, self._may_go_on, holds)
        except DeliveryError as error:
            self._result = error


def _in_words(verdict: Verdict, status: int) -> str:
    if verdict is Verdict.DELIVERED:
        return ""
    if status == 200:
        return "the server answered 200 but did not confirm the report"
    return f"the server answered {status}"
