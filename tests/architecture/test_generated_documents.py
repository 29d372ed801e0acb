"""What is made from the code is current, and the schemas fit what is really written."""

import json
from datetime import UTC, datetime

import jsonschema
import msgspec
import pytest

from crashwatch.cli.report_json import report_json, summary_json
from reports.audit import audit
from reports.crash_report import CrashReport
from reports.deletion_request import make_requests, request_event
from reports.home import open_home
from reports.lifecycle import State
from reports.spool.directory import Spool
from reports.spool.records import Withheld
from reports.upload.memory import Memory
from reports.upload.requests import Taken, Waiting
from reports.usage.summary import Counted, DayCounts, OfCategory, encode_day
from reports.usage_report import MetricTold, UsageReport
from scrubbers import as_identity
from tests.architecture.generated_documents import DOCS, PUBLISHED, documents
from tests.doubles.published_schema import fits
from tests.doubles.sample_payload import digests, sample_payload
from tests.doubles.sample_receipt import sample_receipt
from tests.doubles.stored_bytes import content_of

NOW = datetime(2026, 3, 5, tzinfo=UTC)
ID = "0123456789abcdef0123456789abcdef"

MADE = documents()


@pytest.fixture
def spool(tmp_path):
    return Spool(open_home(tmp_path / "home"), now=lambda: NOW, patience=0.2)


@pytest.mark.parametrize("path", MADE, ids=lambda path: path.name)
def test_it_is_current(path):
    assert path.read_text(encoding="utf-8") == MADE[path], "run `make docs`"


def test_no_schema_is_left_of_a_type_that_is_gone():
    there = {path.stem for path in (DOCS / "schemas").glob("*.json")}
    assert there == set(PUBLISHED)


@pytest.mark.parametrize("name", PUBLISHED)
def test_it_is_a_schema_and_told(name):
    schema = json.loads((DOCS / "schemas" / f"{name}.json").read_bytes())
    jsonschema.Draft202012Validator.check_schema(schema)
    assert f"({name}.json)" in (DOCS / "schemas" / "README.md").read_text("utf-8")


def test_the_spool_writes_what_the_schemas_allow(spool):
    payload = sample_payload()
    spool.add(payload)
    spool.approve(payload.id, digests(payload), how="cli")
    folder = spool.home.in_state(State.QUEUED) / payload.id
    fits("crash-report", content_of(folder, "report.json"))
    fits("origin", (folder / "origin.json").read_bytes())
    fits("approval", (folder / "approval.json").read_bytes())

    stored = spool.read(payload.id)
    fits("report-summary", json.dumps(summary_json(stored.summary)))
    fits("crash-report", json.dumps(report_json(stored)))
    identity = as_identity({"user": "mira", "host": "rabbit"})
    found = audit(stored.report_json, stored.items, identity=identity)
    fits("audit", msgspec.json.encode(found))

    spool.deliver(sample_receipt(payload))
    sent = spool.home.in_state(State.SENT) / payload.id
    fits("receipt", (sent / "receipt.json").read_bytes())

    spool.withhold(
        Withheld(id=ID, category="crash", created=NOW, rules=("login:event",))
    )
    withheld = spool.home.in_state(State.WITHHELD) / ID
    fits("withheld", (withheld / "withheld.json").read_bytes())
    spool.discard(payload.id)
    for line in spool.ledger_path.read_bytes().splitlines():
        fits("ledger-line", line)


def test_what_is_counted_and_uploaded_fits():
    day = DayCounts(
        day=NOW.date(),
        categories=(
            OfCategory("usage", 3, (Counted("tabs/opened", "counter", ((0, 7),)),)),
        ),
    )
    fits("day-counts", encode_day(day))
    told = (MetricTold("tabs/opened", "counter", "tabs", ((0, 7),)),)
    fits(
        "usage-report",
        msgspec.json.encode(
            UsageReport(
                schema=1,
                id=ID,
                created=NOW,
                category="usage",
                day=NOW.date(),
                metrics=told,
            )
        ),
    )
    (request,) = make_requests([ID], [], NOW.date())
    event = request_event(request).decode()
    waiting = Waiting(request.id, NOW, "bugs.example.org:443", event)
    fits("deletion-request", msgspec.json.encode(waiting))
    taken = Taken(request.id, NOW, "bugs.example.org:443", 200, 1, 0)
    fits("deletion-receipt", msgspec.json.encode(taken))
    fits("upload-memory", msgspec.json.encode(Memory()))


def test_a_schema_refuses_what_the_type_refuses():
    report = json.loads(sample_payload().report_json)
    report["program"] = "two words/and a path"
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(report, CrashReport)
    with pytest.raises(jsonschema.ValidationError):
        fits("crash-report", json.dumps(report))
