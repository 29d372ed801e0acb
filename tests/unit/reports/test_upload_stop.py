"""Withdrawal stops an upload in the middle of a body, whatever the server does."""

from __future__ import annotations

import os
import ssl
import threading
import time
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
import trustme

from reports.consent.decision import Recorded, decide
from reports.consent.record import Category, Given, Occasion, Terms
from reports.consent.record_file import grant, load_consent, revoke
from reports.consent.switches import Switches
from reports.home import open_home
from reports.lifecycle import State
from reports.spool.directory import Spool
from reports.upload.drain import Manners, drain
from reports.upload.dsn import parse_dsn
from reports.upload.memory import recall
from reports.upload.watchdog import StandingYes, Watchdog
from reports.upload.wire import Limits, Network
from tests.doubles.processor_share import Stopwatch
from tests.doubles.sample_payload import digests, sample_payload
from tests.doubles.slow_reader import SlowReader

TERMS = Terms(1, "0" * 64)
GENEROUS = 1.5
"""Seconds; 0.1 is what is promised on a machine that is not busy, and is printed."""

NETWORK = Limits(connect=5, each_wait=20, total=60, bytes_per_second=1e9)


@pytest.fixture
def home(tmp_path):
    return open_home(tmp_path / "home")


@pytest.fixture
def spool(home):
    return Spool(home)


@pytest.fixture(params=["plain", "tls"])
def server(request, tmp_path):
    if request.param == "plain":
        with SlowReader() as server:
            server.ca = None
            yield server
        return
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with SlowReader(tls=context, piece=4096) as server:
        server.ca = tmp_path / "ca.pem"
        yield server


def occasion():
    return Occasion(Given.CLI, datetime.now(UTC), TERMS, "0.1.0")


def may_send(home):
    def answer(question):
        now = datetime.now(UTC)
        record, log = home.consent_record, home.consent_log
        consent = load_consent(record, log, terms=TERMS, now=now)
        return decide(
            Category(question.category), consent, Switches(), recorded=Recorded(now)
        )

    return answer


def queue_large(spool, home):
    grant(home.consent_record, home.consent_log, [Category.CRASH], occasion())
    payload = sample_payload(minidump=os.urandom(400_000))
    spool.add(payload)
    spool.approve(payload.id, digests(payload), how="always")
    return payload


def start_drain(spool, home, server, limits=NETWORK):
    results = []

    def run():
        results.append(
            drain(
                spool,
                parse_dsn(server.dsn()),
                may_send(home),
                network=Network(ca_file=server.ca, limits=limits),
                manners=Manners(daily_bytes=None, try_zstd=False),
            )
        )

    thread = threading.Thread(target=run)
    thread.start()
    return thread, results


def say_when(what, server, began):
    last = server.arrivals[-1][0] - began
    print(f"{what}: last byte {last * 1000:.0f} ms after the withdrawal")
    return last


class TestNoFurtherByte:
    def test_after_a_revocation(self, spool, home, server):
        payload = queue_large(spool, home)
        thread, results = start_drain(spool, home, server)
        server.wait_for(3000)
        watch = Stopwatch()
        revoke(home.consent_record, home.consent_log, [Category.CRASH], occasion())
        revoked = time.monotonic()
        thread.join(20)
        stopped = time.monotonic() - revoked
        assert server.ended.wait(20)
        last = say_when("revoked", server, revoked)
        print(f"the uploader was done {stopped * 1000:.0f} ms after it")
        assert watch.of(stopped) < GENEROUS
        assert watch.of(last) < GENEROUS
        assert len(server.received) < 200_000
        (result,) = results
        assert result.sent == []
        assert "consent was withdrawn" in result.refused[0].why
        assert spool.find(payload.id).state is State.QUEUED

    def test_after_a_discard(self, spool, home, server):
        payload = queue_large(spool, home)
        thread, results = start_drain(spool, home, server)
        server.wait_for(3000)
        watch = Stopwatch()
        spool.discard(payload.id)
        gone = time.monotonic()
        thread.join(20)
        assert server.ended.wait(20)
        assert watch.of(say_when("discarded", server, gone)) < GENEROUS
        assert results[0].sent == []

    def test_not_even_while_the_bandwidth_cap_makes_it_wait(self, spool, home, server):
        queue_large(spool, home)
        limits = Limits(connect=5, each_wait=20, total=60, bytes_per_second=1000)
        thread, _ = start_drain(spool, home, server, limits)
        server.wait_for(1000)
        watch = Stopwatch()
        revoke(home.consent_record, home.consent_log, [Category.CRASH], occasion())
        revoked = time.monotonic()
        thread.join(20)
        assert watch.of(time.monotonic() - revoked) < GENEROUS
        assert len(server.received) < 20_000


def test_a_server_that_reads_no_more_does_not_hold_it(spool, home):
    with SlowReader(stall_after=3000) as server:
        server.ca = None
        queue_large(spool, home)
        thread, results = start_drain(spool, home, server)
        server.wait_for(3000)
        watch = Stopwatch()
        revoke(home.consent_record, home.consent_log, [Category.CRASH], occasion())
        revoked = time.monotonic()
        thread.join(20)
        stopped = time.monotonic() - revoked
        print(f"stalled: the uploader was done {stopped * 1000:.0f} ms after it")
        assert watch.of(stopped) < GENEROUS
        assert results[0].sent == []


def test_a_withdrawal_is_no_failure_of_the_server(spool, home):
    with SlowReader() as server:
        server.ca = None
        queue_large(spool, home)
        thread, _ = start_drain(spool, home, server)
        server.wait_for(3000)
        revoke(home.consent_record, home.consent_log, [Category.CRASH], occasion())
        thread.join(20)
        memory = recall(home, parse_dsn(server.dsn()))
    assert memory.day_bytes > 0
    assert (memory.failures, memory.not_before, memory.attempts) == (0, None, {})


class TestStandingYes:
    def test_it_asks_only_when_a_file_changed(self, tmp_path):
        asked = []

        def ask():
            asked.append(1)
            return True

        yes = StandingYes(ask, [tmp_path / "a"])
        assert yes()
        assert yes()
        assert yes()
        assert len(asked) == 1
        (tmp_path / "a").write_text("x")
        assert yes()
        assert len(asked) == 2
        (tmp_path / "a").unlink()
        assert yes()
        assert yes()
        assert len(asked) == 3

    def test_a_no_is_final(self, tmp_path):
        answers = [True, False, True]
        yes = StandingYes(lambda: answers.pop(0), [tmp_path / "a"])
        assert yes()
        (tmp_path / "a").write_text("x")
        assert not yes()
        (tmp_path / "a").write_text("xy")
        assert not yes()
        assert answers == [True]


class TestWatchdog:
    @staticmethod
    def bite_of(seconds, holds):
        bitten = threading.Event()
        dog = Watchdog(bitten.set, seconds, holds)
        with dog:
            assert bitten.wait(10)
        return dog

    def test_it_bites_when_the_yes_is_gone(self):
        assert self.bite_of(60, lambda: False).withdrawn

    def test_it_bites_when_it_takes_too_long(self):
        assert not self.bite_of(0.05, lambda: True).withdrawn

    def test_it_bites_nobody_who_is_done(self):
        bites = []
        dog = Watchdog(lambda: bites.append(1), 60, lambda: True)
        with dog:
            pass
        assert bites == []
        assert dog.withdrawn is False


def test_a_question_without_files_is_asked_once():
    answer = SimpleNamespace(count=0)

    def ask():
        answer.count += 1
        return True

    yes = StandingYes(ask, ())
    assert yes()
    assert yes()
    assert answer.count == 1
