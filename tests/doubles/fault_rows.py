"""The fault matrix: what may happen to an upload, and what must become of the report.

``docs/faults.md`` holds the same table (a test compares); ``make faults`` plays it.
"""

from __future__ import annotations

import datetime as dt
import enum
import ssl
from dataclasses import dataclass
from email.utils import format_datetime
from typing import TYPE_CHECKING

from tests.doubles import fault_plays as plays
from tests.doubles.fault_plays import YEAR, answered, impatient, led_to, status
from tests.doubles.local_receiver import Reply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.upload.results import DrainResult
    from tests.doubles.fault_bench import Bench, Observed
    from tests.doubles.fault_plays import Play


A_DAY = 86_400.0


class Must(enum.Enum):
    """What must become of the report."""

    KEPT = "kept, and sent once it is over"
    ASIDE = "set aside with its reason; the next one goes"
    SMALLER = "sent at once without its minidump"
    SENT = "sent at once"
    PAUSE = "sent; the next one when the server said"


@dataclass(frozen=True)
class Row:
    """One fault.

    Attributes:
        name: As the table tells it.
        must: What must become of the first report.
        play: Makes it happen, once.
        least: Seconds that the uploader must stay away by itself, at least.
        again: The server may have stored it before its answer was lost: it may then
            get the same event id once more, which servers store once.
        said: What the person reads must hold this.
    """

    name: str
    must: Must
    play: Play
    least: float = 0.0
    again: bool = False
    said: str = ""

    def faults(self, seen: Observed) -> Iterator[str]:
        """What is wrong with what was observed; nothing, as a rule."""
        yield from _always(self, seen)
        if self.said not in seen.said:
            yield f"the person reads {seen.said!r}"
        if seen.waits < self.least:
            yield f"it comes back after {seen.waits} s"
        if seen.took > A_DAY:
            yield f"it took {seen.took} s to go"
        after, end = _STATES[self.must]
        if (seen.after, seen.first) != (after, end):
            yield f"it was {seen.after}, and {seen.first} in the end"
        if seen.second != "sent":
            yield f"the next one is {seen.second}"
        smaller = self.must is Must.SMALLER
        if seen.first == "sent" and seen.without_minidump != smaller:
            yield "its minidump"


_STATES = {
    Must.KEPT: ("queued", "sent"),
    Must.ASIDE: ("quarantine", "quarantine"),
    Must.SMALLER: ("sent", "sent"),
    Must.SENT: ("sent", "sent"),
    Must.PAUSE: ("sent", "sent"),
}


def _always(row: Row, seen: Observed) -> Iterator[str]:
    deliveries = 0 if row.must is Must.ASIDE else 1
    if not deliveries <= seen.deliveries <= deliveries + row.again:
        yield f"{seen.deliveries} deliveries"
    for name in ("lost", "twice", "without_consent", "strangers"):
        if number := getattr(seen, name):
            yield f"{name}: {number}"


SOON, LATER = ("Retry-After", "120"), ("X-Sentry-Rate-Limits", "600:error:key")
LIMITED = ("X-Sentry-Rate-Limits", "60:default;error:key, 86400:transaction:key")
PHASES = {
    "accept": "before anything is read",
    "head": "after the head",
    "body": "after the body, nothing stored",
    "stored": "after storing, no answer",
    "half": "in the middle of the answer",
}
STORED = ("stored", "half")
NO_ID, PORTAL = b'{"id":"0"}', b"<html>Welcome to our hotel</html>"


def _dated(number: int, header: str, seconds: float) -> Play:
    """A status with a date in a header, seconds from when it is played."""

    def play(bench: Bench) -> DrainResult | None:
        moment = bench.time.now + dt.timedelta(seconds=seconds)
        return status(number, (header, format_datetime(moment, usegmt=True)))(bench)

    return play


def _kept(name: str, play: Play, least: float = 3.0, **changes) -> Row:
    return Row(name, Must.KEPT, play, least, **changes)


def _below_http() -> Iterator[Row]:
    yield _kept("offline: no network at all", plays.offline, said="unreachable")
    yield _kept("the name is not found", plays.no_such_name, said="name resolution")
    yield _kept("connection refused", plays.refused, said="refused")
    yield _kept("connection never accepted", plays.never_accepted, said="too slow")
    yield _kept("proxy refuses the connection", plays.no_proxy, said="refused")
    yield _kept("proxy answers 407", plays.proxy_wants_a_password, said="the proxy")
    for kind in ("reset", "close", "stall"):
        for phase, when in PHASES.items():
            play = answered(Reply(fault=kind, phase=phase))
            play = impatient(play) if kind == "stall" else play
            said = "too slow" if kind == "stall" else ""
            yield _kept(f"{kind} {when}", play, again=phase in STORED, said=said)


def _tls() -> Iterator[Row]:
    yield _kept("TLS handshake stalls", plays.silent_handshake, said="too slow")
    for which in ("expired", "not yet", "wrong host", "self-signed"):
        play = plays.presented(which)
        yield _kept(f"certificate: {which}", play, said="does not verify")
    play = plays.presented("unknown authority")
    yield _kept("certificate: unknown authority", play, said="does not verify")
    old = ssl.TLSVersion.TLSv1_1
    play = plays.presented(
        "good", minimum_version=ssl.TLSVersion.TLSv1, maximum_version=old
    )
    yield _kept("TLS 1.1 at most", play)
    yield _kept(
        "plain HTTP where TLS was asked for", plays.plain_where_tls_was_asked_for
    )


def _answers() -> Iterator[Row]:
    play = answered(Reply(raw=b"\x00garbage\r\n\r\n"))
    yield _kept("garbage", play, said="not HTTP")
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"
    yield _kept("half an answer", answered(Reply(raw=cut)), said="broke off")
    drip = impatient(answered(Reply(drip=True, body=b" " * 10_000)))
    yield _kept("answer drips, a byte at a time", drip, again=True, said="too slow")
    yield _kept(
        "200 with an error body", status(200, body=b'{"error":"down"}'), again=True
    )
    yield _kept("200 with another report's id", status(200, body=NO_ID), again=True)
    yield _kept(
        "200 with a captive portal's page", status(200, body=PORTAL), again=True
    )
    endless = status(200, body=b" " * 10_000_000)
    yield _kept("200 with 10 MB of body", endless, again=True)
    yield _kept("204", status(204, body=b""))


def _redirects() -> Iterator[Row]:
    for number in (301, 302, 303, 307, 308):
        play = led_to(number, "http://{stranger}/api/1/envelope/")
        yield _kept(f"{number} to another host", play)
    yield _kept("302 to itself, for ever", led_to(302, "/api/1/envelope/"))
    yield _kept("307 to another scheme", led_to(307, "https://{us}/api/1/envelope/"))


def _statuses() -> Iterator[Row]:
    for number in (401, 403, 404, 407, 408, 425, 500, 502, 503, 504):
        yield _kept(f"{number}", status(number), said=f"answered {number}")
    for number in (400, 410, 415, 422):
        said = f"answered {number}"
        yield Row(f"{number}", Must.ASIDE, status(number), said=said)
    for number in (400, 415, 500):
        play = answered(Reply(number), zstd=True)
        yield Row(f"{number} to zstd, gzip taken", Must.SENT, play)
    yield Row("413, the event alone taken", Must.SMALLER, status(413))
    twice = answered(Reply(413), Reply(413))
    yield Row("413 to the event alone as well", Must.ASIDE, twice, said="413")


def _limits() -> Iterator[Row]:
    yield _kept("429", status(429), 60)
    yield _kept("429, Retry-After in seconds", status(429, SOON), 120)
    yield _kept("429, Retry-After as a date", _dated(429, "Retry-After", 3600), 3590)
    yield _kept("429, Retry-After illegible", status(429, ("Retry-After", "soon")), 60)
    yield _kept("429, X-Sentry-Rate-Limits", status(429, LATER), 600)
    yield _kept("503, Retry-After in seconds", status(503, SOON), 120)
    yield _kept("503, Retry-After as a date", _dated(503, "Retry-After", 3600), 3590)
    yield _kept("503, X-Sentry-Rate-Limits", status(503, LATER), 600)
    yield Row("200, X-Sentry-Rate-Limits", Must.PAUSE, status(200, LIMITED), 60)
    other = ("X-Sentry-Rate-Limits", "86400:transaction;span:organization")
    yield Row("200, a limit of another category", Must.SENT, status(200, other))


def _here() -> Iterator[Row]:
    yield Row("disk full", Must.KEPT, plays.full_disk, said="cannot take notes")
    for phase, when in PHASES.items():
        name = f"uploader killed {when}"
        yield Row(name, Must.KEPT, plays.killed(phase), again=True)
    for name, seconds in {
        "back a year": -YEAR,
        "on a year": YEAR,
        "back an hour": -3600,
    }.items():
        yield _kept(
            f"clock jumps {name} while it waits", plays.clock_jumps(seconds), -YEAR
        )
        play = plays.clock_jumps_on_the_way(seconds)
        yield Row(f"clock jumps {name} on the way", Must.SENT, play)
    yield Row("server's clock a day ahead", Must.SENT, _dated(200, "Date", 86_400))


ROWS = {
    row.name: row
    for rows in (_below_http, _tls, _answers, _redirects, _statuses, _limits, _here)
    for row in rows()
}


def as_markdown() -> str:
    """The table as ``docs/faults.md`` holds it."""
    lines = [
        "| what happens | what must become of the report | away at least |",
        "|---|---|---|",
    ]
    for row in ROWS.values():
        away = f"{row.least:.0f} s" if row.least > 0 else ""
        lines.append(f"| {row.name} | {row.must.value} | {away} |")
    return "\n".join(lines) + "\n"
