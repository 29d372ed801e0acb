"""A metered connection and a day's budget, from the settings to the server."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from reports.home import open_home
from reports.spool.directory import Spool
from tests.doubles.command_line import crashwatch, crashwatch_json
from tests.doubles.local_receiver import Receiver
from tests.doubles.message_bus import MeteredTeller, message_bus
from tests.doubles.sample_payload import sample_payload
from tests.doubles.upload_bench import queue

pytestmark = pytest.mark.process


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def wire(receiver, tmp_path):
    """The variables of a machine whose NetworkManager says it is metered."""
    with message_bus(tmp_path) as address, MeteredTeller(address, 1):
        yield {"CRASHWATCH_DSN": receiver.dsn, "DBUS_SYSTEM_BUS_ADDRESS": address}


def queued(home, how):
    """A report of this moment."""
    created = datetime.now(UTC).isoformat()
    return queue(Spool(open_home(home)), sample_payload(created=created), how=how).id


def settings(home, text):
    path = home / "config.toml"
    path.write_text(text)
    path.chmod(0o600)


def test_a_metered_connection_is_respected_and_said(crashwatch_home, receiver, wire):
    assert crashwatch("consent", "grant", "crash", **wire).status == 0
    looked_at = queued(crashwatch_home, "prompt")
    standing = queued(crashwatch_home, "always")
    told = crashwatch_json("upload", **wire)
    assert told["sent"] == [looked_at]
    why = "the connection is metered"
    assert told["not_yet"] == [{"id": standing, "why": why}]
    assert set(receiver.stored) == {looked_at}
    assert crashwatch_json("status", **wire)["delivery"]["waits_for"] == why
    assert why in crashwatch("status", **wire).out
    assert crashwatch_json("upload", "--now", **wire)["sent"] == [standing]
    assert crashwatch_json("status", **wire)["delivery"]["waits_for"] is None


def test_one_may_allow_it(crashwatch_home, receiver, wire):
    assert crashwatch("consent", "grant", "crash", **wire).status == 0
    settings(crashwatch_home, "[delivery]\non_metered = true\n")
    standing = queued(crashwatch_home, "always")
    assert crashwatch_json("upload", **wire)["sent"] == [standing]


def test_the_budget_is_a_setting_and_is_shown(crashwatch_home, receiver):
    wire = {"CRASHWATCH_DSN": receiver.dsn}
    assert crashwatch("consent", "grant", "crash", **wire).status == 0
    settings(crashwatch_home, "[delivery]\ndaily_kb = 0\non_battery = true\n")
    standing = queued(crashwatch_home, "always")
    told = crashwatch_json("upload", status=1, **wire)
    assert told["kept"] == [{"id": standing, "why": "today's budget is spent"}]
    settings(crashwatch_home, "[delivery]\ndaily_kb = 20\non_battery = true\n")
    assert crashwatch_json("upload", **wire)["sent"] == [standing]
    shown = crashwatch_json("status", **wire)["delivery"]
    assert shown["daily_bytes"] == 20 * 1024
    assert shown["sent_today_bytes"] > receiver.received_bytes > 300
    assert "at most 20 KB a day, 16 KB a second" in crashwatch("status", **wire).out


def test_who_names_a_report_sends_it_and_no_other(crashwatch_home, receiver, wire):
    """Whatever the budget, the connection and the turn say."""
    assert crashwatch("consent", "grant", "crash", **wire).status == 0
    settings(crashwatch_home, "[delivery]\ndaily_kb = 0\n")
    named, other = (queued(crashwatch_home, "always") for _ in range(2))
    told = crashwatch_json("upload", named[:12], **wire)
    assert (told["sent"], told["kept"], told["not_yet"]) == ([named], [], [])
    assert set(receiver.stored) == {named} != {other}
    again = crashwatch("upload", named, **wire)
    assert again.status == 1
    assert "is sent and does not wait" in again.err
    assert crashwatch("upload", "0" * 32, **wire).status == 1
    assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    "line", ["daily_kb = -1", "kb_a_second = 0", "on_metered = 1", "daily = 3"]
)
def test_what_cannot_be_is_said(crashwatch_home, line):
    crashwatch_home.mkdir(mode=0o700)
    settings(crashwatch_home, f"[delivery]\n{line}\n")
    ended = crashwatch("status")
    assert ended.status == 1
    assert line.split()[0] in ended.err
    assert len(ended.error_lines) <= 2
