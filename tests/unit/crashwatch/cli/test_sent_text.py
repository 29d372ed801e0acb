"""What becomes of a report on its way, told before and after."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from reports.home import open_home
from reports.spool.directory import Spool
from reports.upload.wire import Limits, Network
from tests.doubles.command_line import answer_here
from tests.doubles.local_receiver import Receiver, Reply
from tests.doubles.sample_payload import sample_payload
from tests.doubles.upload_bench import Time, drainer, queue

PATIENT = Network(limits=Limits(20.0, 20.0, 60.0, 1e9))


@pytest.fixture
def here(capfd):
    return lambda *words: answer_here(capfd, *words)


def test_before_it_is_told_what_goes_where_it_is_too_large(crashwatch_home, here):
    spool = Spool(open_home(crashwatch_home))
    with_dump = sample_payload(
        created=datetime.now(UTC).isoformat(), minidump=b"MDMP" * 50
    )
    without = sample_payload(created=datetime.now(UTC).isoformat())
    spool.add(with_dump)
    spool.add(without)
    told = json.loads(here("reports", "show", "--json", with_dump.id).out)
    (name,) = told["left_out_if_too_large"]
    assert name == told["items"][1]["name"]
    assert told["sent"] is None
    assert told["time"]["doubts"] == []
    told = json.loads(here("reports", "show", "--json", without.id).out)
    assert told["left_out_if_too_large"] == []


def test_afterwards_the_receipt_and_the_clock_are_told(crashwatch_home, here):
    time = Time(datetime.now(UTC))
    spool = Spool(open_home(crashwatch_home), now=lambda: time.now)
    created = time.now - timedelta(hours=1)
    with Receiver() as receiver:
        tomorrow = format_datetime(time.now + timedelta(days=3), usegmt=True)
        receiver.replies = [
            Reply(413),
            Reply(headers=(("Date", tomorrow),)),
        ]
        payload = queue(
            spool,
            sample_payload(created=created.isoformat(), minidump=b"MDMP" * 50),
        )
        assert drainer(spool, receiver, time)(network=PATIENT).sent == [payload.id]
    envelope = spool.read(payload.id).envelope
    assert envelope == payload.envelope, "the agreed item is not touched"
    told = json.loads(here("reports", "show", "--json", payload.id).out)
    assert told["sent"]["status"] == 200
    assert told["sent"]["items"] == [told["items"][0]["sha256"]], "without its dump"
    assert told["sent"]["wire_bytes"] > 300
    assert told["created"] == created.isoformat()
    likeliest = datetime.fromisoformat(told["time"]["likeliest"])
    assert abs(likeliest - created - timedelta(days=3)) < timedelta(seconds=2)
    (doubt,) = told["time"]["doubts"]
    assert doubt == "the server's clock was 3 days ahead of ours"
