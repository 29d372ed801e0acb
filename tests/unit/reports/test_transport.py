"""The last check: only agreed items pass, whatever hands them over."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports.envelope import parse_envelope
from reports.home import open_home
from reports.spool.directory import Spool
from reports.upload.gate import Refusal, admit
from reports.upload.transport import Offered, outgoing
from tests.doubles.sample_payload import digests, sample_payload

ID = "0123456789abcdef0123456789abcdef"
NOW = "2026-03-05T00:00:00Z"
DUMP = b"MDMP\n"


@pytest.fixture(scope="module")
def sendable(tmp_path_factory):
    spool = Spool(
        open_home(tmp_path_factory.mktemp("transport") / "home"),
        now=lambda: datetime(2026, 3, 5, tzinfo=UTC),
    )
    payload = sample_payload(ID, minidump=DUMP)
    spool.add(payload)
    spool.approve(ID, digests(payload), how="prompt")
    return admit(
        spool.read(ID), lambda _question: SimpleNamespace(allowed=True, reason="")
    )


@pytest.fixture(scope="module")
def offered(sendable):
    event, dump = sendable.items
    return [
        Offered("event", "", "", event.data),
        Offered("attachment", "event.minidump", "minidump.dmp", dump.data),
    ]


def test_the_agreed_items_go_out_under_a_header_of_ours(sendable, offered):
    data = outgoing(ID, offered, sendable, NOW)
    envelope = parse_envelope(data)
    assert envelope.items == sendable.items
    assert envelope.sent_at == NOW


def test_nothing_goes_when_nothing_is_expected(sendable, offered):
    assert isinstance(outgoing(ID, offered, None, NOW), Refusal)
    assert isinstance(outgoing("f" * 32, offered, sendable, NOW), Refusal)
    assert isinstance(outgoing(None, offered, sendable, NOW), Refusal)


@pytest.mark.parametrize(
    "kind",
    [
        *("session", "sessions", "client_report", "log", "trace_metric", "span"),
        *("transaction", "profile", "profile_chunk", "check_in", "statsd", ""),
        *("user_report", "feedback", "replay_event", "raw_security", "EVENT"),
    ],
)
def test_every_other_type_is_refused_with_its_name(sendable, offered, kind):
    intruder = Offered(kind, "", "", b"{}")
    for items in ([*offered, intruder], [intruder, *offered], [intruder]):
        refusal = outgoing(ID, items, sendable, NOW)
        assert isinstance(refusal, Refusal)
        assert repr(kind) in refusal.why


def test_a_plain_attachment_is_refused(sendable, offered):
    event, dump = offered
    plain = Offered("attachment", "", dump.name, dump.data)
    assert isinstance(outgoing(ID, [event, plain], sendable, NOW), Refusal)


def test_missing_doubled_swapped_or_renamed_items_are_refused(sendable, offered):
    event, dump = offered
    renamed = Offered(dump.type, dump.attachment_type, "core.dmp", dump.data)
    for items in (
        [],
        [event],
        [dump],
        [dump, event],
        [event, event],
        [event, dump, dump],
        [event, renamed],
    ):
        assert isinstance(outgoing(ID, items, sendable, NOW), Refusal)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_one_changed_byte_is_refused(sendable, offered, data):
    which = data.draw(st.integers(0, 1))
    old = offered[which]
    place = data.draw(st.integers(0, len(old.data) - 1))
    flip = data.draw(st.integers(1, 255))
    changed = bytearray(old.data)
    changed[place] ^= flip
    items = list(offered)
    items[which] = Offered(old.type, old.attachment_type, old.name, bytes(changed))
    assert isinstance(outgoing(ID, items, sendable, NOW), Refusal)
