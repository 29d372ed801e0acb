"""Delivery to a real Bugsink over TLS: found through its API, or not one byte sent."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import UUID

import pytest
import trustme

from reports.compose import compose, with_comment
from reports.crash_report import (
    CaptureFacts,
    Outcome,
    ProcessFacts,
    Reason,
    SystemFacts,
)
from reports.evidence import CodeRoots, Evidence, RawFrame, RawThread
from reports.home import open_home
from reports.lifecycle import State
from reports.sanitize import sanitize
from reports.spool.amended import approve_amended
from reports.spool.directory import Spool
from reports.upload.drain import Manners, drain
from reports.upload.dsn import parse_dsn
from reports.upload.memory import recall
from reports.upload.wire import Network
from scrubbers import Identity
from tests.doubles.bugsink_server import bugsink
from tests.doubles.counting_proxy import CountingProxy
from tests.doubles.sample_payload import digests, sample_payload
from tests.doubles.sample_snapshot import sample
from tests.doubles.stored_bytes import put

pytestmark = [pytest.mark.process, pytest.mark.bugsink, pytest.mark.timeout(600)]

NOW = datetime.now(UTC)
LOGIN = "quillwort"


def yes(_question):
    return SimpleNamespace(allowed=True, reason="agreed")


def no(_question):
    return SimpleNamespace(allowed=False, reason="the person refused")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with bugsink(tmp_path_factory.mktemp("bugsink") / "state") as server:
        yield server


@pytest.fixture
def spool(tmp_path):
    return Spool(open_home(tmp_path / "home"))


@pytest.fixture
def proxy(server):
    with CountingProxy(server.port) as proxy:
        yield proxy


@pytest.fixture
def send(spool, server, proxy):
    """Drain through the counting proxy."""

    def send(may_send=yes, *, ca_file=server.ca_path, **manners):
        return drain(
            spool,
            parse_dsn(server.dsn_at(proxy.port)),
            may_send,
            network=Network(ca_file=ca_file),
            manners=Manners(**manners),
        )

    return send


def queue(spool, payload):
    spool.add(payload)
    spool.approve(payload.id, digests(payload), how="prompt")
    return payload


def composed_payload():
    """A crash as a supervisor would find it, in the home of somebody made up."""
    home = f"/home/{LOGIN}"

    def frames(*names):
        return tuple(
            RawFrame(name, f"{home}/pachyterm/{name}.py", 10 + n)
            for n, name in enumerate(names)
        )

    evidence = Evidence(
        program=f"{home}/bin/pachyterm",
        created=NOW.timestamp(),
        reason=Reason(Outcome.SIGNAL, "SIGSEGV", "SEGV_MAPERR"),
        roots=CodeRoots(app=(f"{home}/pachyterm",)),
        process=ProcessFacts(status="running", uptime=12.5),
        system=SystemFacts("Linux", "6.1.0-18", "x86_64", "CPython", "3.11.7"),
        capture=CaptureFacts("hold", ("faulthandler",)),
        release="1.2.3",
        threads=(
            RawThread("MainThread", True, frames("draw", "main"), 4242),
            RawThread("Thread-1 (read)", False, frames("read", "run"), 4243),
        ),
        picture=sanitize(sample(), identity=Identity(user=LOGIN, home=home)),
    )
    return compose(evidence, identity=Identity(user=LOGIN, home=home))


def found(server, payload):
    """The stored events with this payload's id."""
    wanted = str(UUID(payload.id))
    return [event for event in server.events() if event["event_id"] == wanted]


def issue_of(server, event):
    (issue,) = [row for row in server.issues() if row["id"] == event["issue"]]
    return issue


def thread_functions(event):
    return {
        thread["name"]: [frame["function"] for frame in thread["stacktrace"]["frames"]]
        for thread in event["data"]["threads"]["values"]
    }


def test_an_agreed_crash_is_found_with_title_threads_and_tags(server, spool, send):
    payload = queue(spool, sample_payload())
    assert send().sent == [payload.id]
    (event,) = found(server, payload)
    issue = issue_of(server, event)
    assert (issue["calculated_type"], issue["calculated_value"]) == (
        "SIGSEGV",
        "null read",
    )
    assert thread_functions(event) == {
        "MainThread": ["main", "draw"],
        "reader": ["run", "read"],
    }
    assert event["data"]["tags"] == {"outcome": "signal", "signal": "SIGSEGV"}
    assert spool.find(payload.id).state is State.SENT


def test_a_composed_crash_with_its_minidump_is_found_and_names_nobody(
    server, spool, send
):
    payload = queue(spool, composed_payload())
    assert [item.type for item in payload.items] == ["event", "attachment"]
    assert send().sent == [payload.id]
    (event,) = found(server, payload)
    assert "SIGSEGV" in issue_of(server, event)["calculated_type"]
    data = event["data"]
    assert data["tags"]["signal"] == "SIGSEGV"
    # Threads come from the minidump as well; ours are among them.
    names = [thread.get("name") for thread in data["threads"]["values"]]
    assert len(names) >= 2
    assert LOGIN.encode() not in server.everything_stored()
    assert payload.id.encode() in server.everything_stored()


def test_what_the_person_wrote_stands_on_the_events_page(server, spool, send):
    waiting = composed_payload()
    spool.add(waiting)
    payload = with_comment(
        waiting.report_json,
        waiting.items,
        f"I split the pane, {LOGIN} <b>",
        identity=Identity(user=LOGIN),
    )
    approve_amended(spool, payload, digests(payload), how="prompt")
    assert send().sent == [payload.id]
    (event,) = found(server, payload)
    shown = "I split the pane, <user> <b>"
    assert event["data"]["contexts"]["feedback"]["message"] == shown
    page = server.page(f"/issues/issue/{event['issue']}/event/{event['id']}/details/")
    assert "I split the pane, &lt;user&gt; &lt;b&gt;" in page
    assert LOGIN.encode() not in server.everything_stored()


class TestNotOneByte:
    def test_without_approval(self, server, spool, proxy, send):
        payload = sample_payload()
        spool.add(payload)
        assert send().sent == []
        assert (proxy.connections, proxy.bytes_sent) == (0, 0)
        assert found(server, payload) == []

    def test_without_consent_and_then_with_it(self, server, spool, proxy, send):
        payload = queue(spool, sample_payload())
        assert [held.id for held in send(no).refused] == [payload.id]
        assert (proxy.connections, proxy.bytes_sent) == (0, 0)
        assert found(server, payload) == []
        send()
        assert proxy.bytes_sent > 500
        assert len(found(server, payload)) == 1


def test_an_authority_that_is_not_ours_gets_no_report(
    server, spool, proxy, send, tmp_path
):
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    payload = queue(spool, sample_payload())
    result = send(ca_file=other)
    assert "certificate does not verify" in result.kept[0].why
    assert result.wire_bytes == 0
    assert found(server, payload) == []
    assert spool.find(payload.id).state is State.QUEUED
    assert send(at_once=True).sent == [payload.id]


def test_the_systems_authorities_do_not_know_it_either(spool, send):
    queue(spool, sample_payload())
    assert "certificate does not verify" in send(ca_file=None).kept[0].why


def test_ssl_cert_file_is_honoured(spool, server, send, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(server.ca_path))
    payload = queue(spool, sample_payload())
    assert send(ca_file=None).sent == [payload.id]


def test_corrupt_entries_never_block_the_rest(server, spool, send):
    payloads = [queue(spool, sample_payload()) for _ in range(5)]
    queued = spool.home.in_state(State.QUEUED)
    put(queued / payloads[1].id, "envelope", b"{}")
    (queued / payloads[2].id / "approval.json").unlink()
    shutil.rmtree(queued / payloads[3].id)
    (queued / payloads[3].id).write_text("a file")
    result = send()
    assert set(result.sent) == {payloads[0].id, payloads[4].id}
    assert {held.id for held in result.set_aside} == {p.id for p in payloads[1:4]}
    assert [len(found(server, p)) for p in payloads] == [1, 0, 0, 0, 1]


def test_a_report_whose_receipt_was_lost_is_stored_once(server, spool, send):
    payload = queue(spool, sample_payload())
    send()
    sent = spool.home.in_state(State.SENT) / payload.id
    (sent / "receipt.json").unlink()
    sent.rename(spool.home.in_state(State.QUEUED) / payload.id)
    assert send().sent == [payload.id]
    assert len(found(server, payload)) == 1


def test_zstd_is_tried_once_and_gzip_remembered(server, spool, proxy, send):
    first, second = queue(spool, sample_payload()), queue(spool, sample_payload())
    send()
    endpoint = parse_dsn(server.dsn_at(proxy.port))
    assert recall(spool.home, endpoint).refuses_zstd is not None
    for payload in (first, second):
        assert spool.read(payload.id).receipt.encoding == "gzip"
        assert len(found(server, payload)) == 1


def test_too_many_are_kept_and_wait(tmp_path, spool):
    with bugsink(tmp_path / "state", most_events=3) as server:
        payloads = [queue(spool, sample_payload()) for _ in range(6)]
        result = drain(
            spool,
            parse_dsn(server.dsn),
            yes,
            network=Network(ca_file=server.ca_path),
        )
        stored = len(server.events())
        assert 0 < stored < 6
        assert len(result.sent) == stored
        again = drain(
            spool,
            parse_dsn(server.dsn),
            yes,
            network=Network(ca_file=server.ca_path),
        )
        assert again.waiting_until is not None
        left = {row.id for row in spool.list_reports(State.QUEUED)}
        assert left == {p.id for p in payloads} - set(result.sent)
