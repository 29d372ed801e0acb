"""Nothing in two reports says that they come from one person or machine.

But for the anonymous id in counts, which is another one each quarter.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime

from reports.compose import compose
from reports.minidump.reader import Minidump
from reports.sanitize import sanitize
from reports.usage_event import usage_event_of
from reports.usage_report import MetricTold, UsageReport
from scrubbers import Identity
from tests.doubles.sample_evidence import sample_evidence
from tests.doubles.sample_snapshot import sample

RANDOM = re.compile(rb"[0-9a-fA-F]{16,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PERSON = Identity(user="quarlesz", home="/home/quarlesz", host="holehost77")


def crash():
    return compose(
        sample_evidence(picture=sanitize(sample(), identity=PERSON)), identity=PERSON
    )


def test_two_reports_of_one_crash_share_no_number_that_others_have_not():
    one, other = crash(), crash()
    texts = [payload.report_json + payload.items[0].data for payload in (one, other)]
    found = [set(RANDOM.findall(text)) for text in texts]
    assert {one.id.encode()} <= found[0]
    assert found[0] & found[1] == set()


def test_of_the_dump_only_what_speaks_of_libraries_is_the_same():
    """Build ids are those of everybody who has this library."""
    dumps = [crash().items[1].data for _ in range(2)]
    about = [
        {
            entry.name: dump[entry.location.rva : entry.location.rva + 4096][
                : entry.location.size
            ]
            for entry in Minidump(dump).directory
        }["CRASHPAD_INFO"]
        for dump in dumps
    ]
    # Version, then two ids of 16 bytes: the report's, and the client's, which is none.
    assert about[0][4:20] != about[1][4:20]
    assert about[0][20:36] == bytes(16)


def test_a_days_counts_tell_the_day_and_nothing_of_who():
    report = UsageReport(
        schema=1,
        id="a" * 32,
        created=datetime(2026, 3, 5, 17, 31, 9, tzinfo=UTC),
        category="usage",
        day=date(2026, 3, 4),
        anonymous_id="b" * 64,
        metrics=(MetricTold(name="tabs/opened", kind="counter", counts=((0, 3),)),),
    )
    event = usage_event_of(report)
    text = json.dumps(event)
    assert re.findall(r"\d{4}-\d\d-\d\d(?:T[\d:]+)?", text) == [
        "2026-03-05T00:00:00",
        "2026-03-04",
    ]
    assert event["user"] == {"id": "b" * 64}
    assert not {"server_name", "request", "breadcrumbs"} & event.keys()
    assert RANDOM.findall(text.encode()) == [b"a" * 32, b"b" * 64]
