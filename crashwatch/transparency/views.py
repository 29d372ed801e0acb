"""Values of the desk to the values of a template: one function for each page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from crashwatch.prompts.payload_text import payload_lines
from crashwatch.supervisor.exit_reason import sentence
from crashwatch.transparency import charts
from crashwatch.transparency.dump import dump_shown
from crashwatch.transparency.fields import field_rows
from crashwatch.transparency.slices import Slice, cut
from reports.consent.record import Category
from reports.crash_report import CrashReport
from reports.errors import ReportNotFoundError, StorageError
from reports.joined_stack import joined
from reports.lifecycle import STORED, State
from reports.spool.fates import Fate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from crashwatch.transparency.charts import Chart
    from crashwatch.transparency.desk import Desk, Metric, Standing
    from reports.backtrace import Frame
    from reports.crash_report import RaisedException
    from reports.spool.entry import StoredReport
    from reports.spool.summary import Summary

Values = dict[str, object]

ROWS: Final = 50
_NEWEST: Final = 6
_FIELDS: Final = 400
_LINES: Final = 1500
_SENT_DAYS: Final = 30

WORDS: Final = {
    State.PENDING: "waiting for your answer",
    State.QUEUED: "agreed to, waiting to be sent",
    State.SENT: "sent",
    State.WITHHELD: "withheld: nothing of it was kept",
    State.QUARANTINE: "set aside, never sent",
}


FATES: Final = {
    Fate.WAITING: "for your answer, or to be sent",
    Fate.SENT: "a server has it",
    Fate.WITHHELD: "a wall found what must not leave; nothing of it was kept",
    Fate.REFUSED: "deleted by you, or when you took consent back",
    Fate.DROPPED: "there was no room, or it was too old",
    Fate.SET_ASIDE: "refused by the server, damaged, or never ours; it is not sent",
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A metric and its charts."""

    metric: Metric
    days: Chart
    sizes: Chart | None


def overview(desk: Desk) -> Values:
    """What is on, what is here, what was counted, what became of it."""
    rows = desk.summaries()
    counts = _counts(rows)
    standing = desk.standing()
    drawn = _drawn(desk)
    return {
        "standing": standing,
        "headline": headline(counts, standing),
        "counts": counts,
        "words": WORDS,
        "newest": rows[:_NEWEST],
        "drawn": drawn[:_NEWEST],
        "more_metrics": len(drawn) - _NEWEST,
        "account": desk.account(),
        "fates": FATES,
    }


def headline(counts: dict[State, int], standing: Standing) -> str:
    """The state of things in one or two sentences."""
    waiting, sent, queued = (
        counts[state] for state in (State.PENDING, State.SENT, State.QUEUED)
    )
    verb = "waits" if waiting == 1 else "wait"
    first = f"{_reports(waiting)} {verb} for your answer." if waiting else ""
    if queued:
        verb = "is" if queued == 1 else "are"
        first += f" {_reports(queued)} {verb} agreed to and not sent yet."
    if not first:
        on = [row.name for row in standing.categories if row.state == "on"]
        first = f"On: {', '.join(on)}." if on else "Nothing waits for you."
    last = f"{_reports(sent)} kept as sent." if sent else "Nothing has been sent."
    return f"{first.strip()} {last}"


def _reports(count: int) -> str:
    return f"{count:,} report" + ("" if count == 1 else "s")


def reports(desk: Desk, state: str, page: int) -> Values:
    """A page of the list, newest first."""
    everything = desk.summaries()
    wanted = next((one for one in STORED if one.value == state), None)
    rows = [row for row in everything if wanted in {None, row.state}]
    return {
        "counts": _counts(everything),
        "words": WORDS,
        "wanted": wanted,
        "all": len(everything),
        "slice": cut(rows, page, ROWS),
    }


def _counts(rows: tuple[Summary, ...]) -> dict[State, int]:
    found = Counter(row.state for row in rows)
    return {state: found[state] for state in STORED}


def report(desk: Desk, report_id: str) -> Values:
    """What happened, the stacks, what was removed, what would be sent."""
    stored = _readable(desk, report_id)
    values: Values = {"words": WORDS, "row": stored.summary, "stored": stored}
    if stored.summary.state is State.WITHHELD:
        return values | {"withheld": desk.withheld(report_id), "crash": None}
    crash = _crash(stored)
    values |= {"withheld": None, "crash": crash, "endpoint": desk.standing().endpoint}
    if crash is None:
        return values | {"title": _plain_title(stored)}
    raised = "" if crash.exception is None else crash.exception.type
    return values | {
        "title": sentence(crash.reason, crash.program, raised),
        "threads": [
            (number, thread, joined(thread))
            for number, thread in sorted(
                enumerate(crash.threads), key=lambda pair: not pair[1].crashed
            )
        ],
        "exceptions": list(_chain(crash.exception, "")) if crash.exception else [],
        "removed": sum(each.count for each in crash.removed),
    }


def commented(desk: Desk, report_id: str, text: str) -> Values:
    """A report with a comment, as it would be sent."""
    stored = _readable(desk, report_id)
    made = desk.comment(report_id, text)
    return {
        "row": stored.summary,
        "comment": made.text,
        "items": made.items,
        "endpoint": desk.standing().endpoint,
        "lines": list(_short(payload_lines(made.items[:1]))),
    }


def _readable(desk: Desk, report_id: str) -> StoredReport:
    """Ids in our links are whole; what else stands in an address names nothing."""
    if len(report_id) != 32:
        raise ReportNotFoundError("no report has this address")
    return desk.read(report_id)


def _crash(stored: StoredReport) -> CrashReport | None:
    """None for a day's counts, and for what only its fields can tell of."""
    try:
        return msgspec.json.decode(stored.report_json, type=CrashReport)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _plain_title(stored: StoredReport) -> str:
    """Of a report of which no sentence can be made."""
    if stored.summary.category == Category.CRASH.value:
        return "A crash report whose form is not ours"
    return f"Counts of {stored.summary.category}"


def _chain(
    raised: RaisedException, relation: str
) -> Iterator[tuple[str, RaisedException, tuple[Frame, ...]]]:
    yield relation, raised, raised.frames
    if raised.cause is not None:
        yield from _chain(raised.cause, "caused by")
    for number, member in enumerate(raised.group, 1):
        yield from _chain(member, f"member {number} of the group")


def fields(desk: Desk, report_id: str, page: int) -> Values:
    """Every field, a few hundred at a time."""
    stored = _readable(desk, report_id)
    try:
        rows = field_rows(stored.report_json)
    except (msgspec.MsgspecError, RecursionError):
        rows = ()
    return {"row": stored.summary, "slice": cut(rows, page, _FIELDS)}


def payload(desk: Desk, report_id: str, page: int) -> Values:
    """The exact payload, so many lines at a time."""
    stored = _readable(desk, report_id)
    lines = list(_short(payload_lines(stored.items)))
    return {
        "row": stored.summary,
        "stored": stored,
        "slice": cut(lines, page, _LINES),
    }


def _short(lines: Iterator[str]) -> Iterator[str]:
    """A line of a megabyte as many of a thousand characters, so that pages stay small.

    Where a line is only continued, the sign for that stands before the rest.
    """
    for line in lines:
        yield line[:1000]
        for start in range(1000, len(line), 1000):
            yield "↪ " + line[start : start + 1000]


def minidump(desk: Desk, report_id: str) -> Values:
    """Registers, threads and modules of the attached dump."""
    stored = _readable(desk, report_id)
    data = next((i.data for i in stored.items if i.type == "attachment"), b"")
    shown = dump_shown(data) if data else "This report has no minidump."
    fault = isinstance(shown, str)
    return {
        "row": stored.summary,
        "dump": None if fault else shown,
        "why": shown if fault else "",
    }


def counters(desk: Desk) -> Values:
    """Every metric as a chart."""
    found = desk.counters()
    return {
        "counters": found,
        "drawn": [_draw(metric, found.last) for metric in found.metrics],
        "days": charts.DAYS,
        "standing": desk.standing(),
    }


def _drawn(desk: Desk) -> list[Drawn]:
    found = desk.counters()
    return [_draw(metric, found.last) for metric in found.metrics]


def _draw(metric: Metric, last: date) -> Drawn:
    if metric.kind in {"feature", "plugin"}:
        return Drawn(metric, charts.in_use(metric.days, last), None)
    if metric.kind == "histogram":
        days = charts.by_day(metric.days, last, "measured")
        return Drawn(metric, days, charts.by_size(metric.buckets, metric.unit))
    return Drawn(metric, charts.by_day(metric.days, last, metric.unit), None)


def sent(desk: Desk, page: int) -> Values:
    """What was sent when and how large, and the loss account."""
    rows = [row for row in desk.summaries() if row.state is State.SENT]
    rows.sort(key=lambda row: row.since or row.created, reverse=True)
    part = cut(rows, page, ROWS)
    days = Counter((row.since or row.created).date() for row in rows)
    today = desk.moment().date()
    ledger, account = desk.ledger(), desk.account()
    return {
        "slice": Slice(
            tuple(_receipt(desk, row) for row in part.rows), part.page, part.pages
        ),
        "kept": len(rows),
        "chart_of_days": charts.by_day(days, today, "reports", _SENT_DAYS),
        "account": account,
        "sent": account.counts[Fate.SENT],
        "fates": FATES,
        "ledger": ledger[:ROWS],
        "older": max(0, len(ledger) - ROWS),
        "requests": desk.requests(),
        "standing": desk.standing(),
    }


def _receipt(desk: Desk, row: Summary) -> tuple[Summary, object]:
    """A row with its receipt; None where it cannot be read: its own page says why."""
    try:
        return row, desk.read(row.id).receipt
    except (ReportNotFoundError, StorageError):
        return row, None


def disclosure(desk: Desk) -> Values:
    """The words, a line at a time."""
    return {"lines": desk.disclosure().splitlines(), "standing": desk.standing()}


def data(desk: Desk) -> Values:
    """Export and erase."""
    return {"standing": desk.standing(), "counts": _counts(desk.summaries())}
