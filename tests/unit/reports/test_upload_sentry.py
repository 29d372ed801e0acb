"""Through the real SDK: every agreed byte comes out, and nothing besides."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
import sentry_sdk
from hypothesis import given
from hypothesis import strategies as st
from sentry_sdk.envelope import Envelope
from sentry_sdk.envelope import Item as SdkItem

from reports.envelope import build_envelope, event_bytes
from reports.payload import Item
from reports.upload.gate import _GATE, Question, Refusal, Sendable
from reports.upload.sentry import SentryDoor
from tests.doubles.sample_payload import sample_event

ID = "0123456789abcdef0123456789abcdef"
SENT_AT = "2026-03-05T00:00:00.000Z"
QUESTION = Question(ID, "crash", datetime(2026, 3, 5, tzinfo=UTC), "prompt", 0)


def yes(_question):
    return SimpleNamespace(allowed=True, reason="")


def no(_question):
    return SimpleNamespace(allowed=False, reason="refused")


def sendable_of(event, minidump=None):
    items = [Item("event", "", event_bytes(event))]
    if minidump is not None:
        items.append(Item("attachment", "minidump.dmp", minidump))
    return Sendable(_GATE, QUESTION, tuple(items))


class Door:
    """A door whose post is a list."""

    def __init__(self, may_send=yes):
        self.posted = []
        self.door = SentryDoor(self.posted.append, may_send, lambda: SENT_AT)

    def send(self, sendable):
        self.posted.clear()
        return self.door.send(sendable)


SHARED = Door()
"""For the properties: making a client takes longer than sending."""

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=12)
        | st.dictionaries(st.text(max_size=9), inner, max_size=12)
    ),
    max_leaves=30,
)
# Names that mean something to the SDK, and any other; what the SDK trims, scrubs,
# fills in or deletes must come out as it was agreed to.
names = st.text(max_size=9) | st.sampled_from(
    [
        *("extra", "user", "request", "tags", "breadcrumbs", "spans", "_meta"),
        *("release", "environment", "server_name", "sdk", "platform", "timestamp"),
        *("modules", "logentry", "message", "fingerprint", "level", "password"),
        *("threads", "exception", "stacktrace", "contexts", "dist", "transaction"),
    ]
)


@given(
    st.dictionaries(names, json_values, max_size=8), st.none() | st.binary(max_size=99)
)
def test_every_byte_comes_through_or_nothing_does(event, minidump):
    sendable = sendable_of(event | {"event_id": ID}, minidump)
    door = SHARED
    refusal = door.send(sendable)
    if refusal is None:
        expected = build_envelope(ID, sendable.items, sent_at=SENT_AT)
        assert door.posted == [expected]
    else:
        assert door.posted == []


@given(st.text(), st.binary(max_size=99), st.integers(1, 300))
def test_a_report_like_ours_always_comes_through(text, minidump, frames):
    event = sample_event(ID, padding=text)
    stack = event["threads"]["values"][0]["stacktrace"]
    stack["frames"] = stack["frames"] * frames
    sendable = sendable_of(event, minidump)
    door = SHARED
    assert door.send(sendable) is None
    assert door.posted == [build_envelope(ID, sendable.items, sent_at=SENT_AT)]


def test_without_consent_nothing_is_posted():
    door = Door(no)
    assert isinstance(door.send(sendable_of(sample_event(ID))), Refusal)
    assert door.posted == []


def test_nothing_else_the_sdk_can_do_reaches_the_post():
    """The ways around ``before_send``, each tried on the door's own client."""
    door = Door()
    client = door.door._client
    scope = sentry_sdk.Scope()
    scope.set_client(client)
    scope.set_user({"id": "u", "email": "u@example.org"})
    scope.add_attachment(bytes=b"secret", filename="secret.txt")
    scope.start_session()
    scope.end_session()
    client.capture_event({"message": "hello"}, scope=scope)
    client.capture_event({"event_id": ID, "message": "hello"}, scope=scope)
    client.capture_event({"type": "transaction", "transaction": "t"}, scope=scope)
    client.capture_event({"type": "check_in", "check_in_id": ID}, scope=scope)
    bare = Envelope(headers={"event_id": ID})
    bare.add_item(SdkItem(b"{}", type="client_report"))
    client.transport.capture_envelope(bare)
    client.transport.record_lost_event("queue_overflow", data_category="error")
    client.session_flusher.flush()
    client.flush(timeout=1)
    door.door.close()
    assert door.posted == []


def test_what_rides_along_with_an_agreed_event_stops_it(monkeypatch):
    """An attachment added by somebody else's hook: the whole envelope is refused."""
    door = Door()
    real = door.door._client.capture_event

    def with_a_passenger(event, hint):
        scope = sentry_sdk.Scope()
        scope.add_attachment(bytes=b"secret", filename="secret.txt")
        return real(event, hint, scope=scope)

    monkeypatch.setattr(door.door._client, "capture_event", with_a_passenger)
    assert isinstance(door.send(sendable_of(sample_event(ID))), Refusal)
    assert door.posted == []


def test_a_post_that_raises_does_not_come_back_through_the_sdk(caplog):
    def broken(_envelope):
        raise RuntimeError("broken")

    door = SentryDoor(broken, yes, lambda: SENT_AT)
    assert door.send(sendable_of(sample_event(ID))) is None
    assert "not taken" in caplog.text


@pytest.mark.parametrize("event", [b"", b"[]", b"{", b'{"exception":5}', b"null"])
def test_an_event_that_the_sdk_cannot_take_is_refused_not_raised(event):
    door = Door()
    sendable = Sendable(_GATE, QUESTION, (Item("event", "", event),))
    assert isinstance(door.send(sendable), Refusal)
    assert door.posted == []


def test_one_report_after_another():
    door = Door()
    for number in range(3):
        sendable = sendable_of(sample_event(ID, padding=str(number)))
        assert door.send(sendable) is None
        assert door.posted == [build_envelope(ID, sendable.items, sent_at=SENT_AT)]


HOSTILE = {
    "SENTRY_DSN": "http://key@127.0.0.1:9/1",
    "SENTRY_RELEASE": "planted-release",
    "SENTRY_ENVIRONMENT": "planted-environment",
    "SENTRY_DEBUG": "1",
    "SENTRY_SPOTLIGHT": "http://127.0.0.1:9/stream",
    "SENTRY_PRINT_ENVELOPES": "1",
}

PROGRAM = """
import socket, sys, threading
def refuse(*arguments, **options):
    raise SystemExit("the network was used")
socket.socket.connect = refuse
socket.getaddrinfo = refuse
socket.gethostname = refuse
sys.path.insert(0, sys.argv[1])
from tests.unit.reports.test_upload_sentry import Door, sendable_of, sample_event, ID
door = Door()
assert door.send(sendable_of(sample_event(ID), b"MDMP")) is None
print(door.posted[0].decode("latin-1"), end="")
assert threading.active_count() == 1
import subprocess
"""


def test_the_environment_changes_nothing():
    """No second sink, no host name, no release, no print, no thread, no git."""
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, root],
        env=os.environ | HOSTILE,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert b"planted" not in done.stdout + done.stderr
    items = sendable_of(sample_event(ID), b"MDMP").items
    assert done.stdout == build_envelope(ID, items, sent_at=SENT_AT)


def test_the_event_is_what_json_says():
    door = Door()
    door.send(sendable_of(sample_event(ID)))
    assert json.loads(door.posted[0].split(b"\n")[2]) == sample_event(ID)


@pytest.mark.parametrize("name", ["profile", "_has_gen_ai_span", "type"])
def test_keys_that_the_sdk_takes_for_itself_harm_nothing(name):
    event = sample_event(ID) | {name: "transaction"}
    door = Door()
    refusal = door.send(sendable_of(event))
    assert (refusal is None) == bool(door.posted)
