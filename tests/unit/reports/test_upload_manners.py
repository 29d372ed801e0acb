"""Backoff, pauses, verdicts, bandwidth, budget, memory: pure, so tables."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.home import open_home
from reports.upload.backoff import LONGEST_PAUSE, delay_after
from reports.upload.bandwidth import TokenBucket
from reports.upload.budget import has_room
from reports.upload.dsn import parse_dsn
from reports.upload.memory import Memory, file_name, recall, remember
from reports.upload.rate_limits import DEFAULT_PAUSE, pause_asked, server_date
from reports.upload.turns import SPREAD, turn_of
from reports.upload.verdict import Verdict, confirms, judge

NOW = datetime(2026, 3, 5, tzinfo=UTC)
ID = "0123456789abcdef0123456789abcdef"
ENDPOINT = parse_dsn("https://key@reports.example.org/1")

fractions = st.floats(0, 1, exclude_max=True)


@given(st.integers(1, 100_000), fractions)
def test_backoff_is_within_an_hour_and_then_within_a_day(failures, fraction):
    delay = delay_after(failures, fraction)
    assert timedelta() <= delay <= timedelta(hours=1 if failures == 1 else 24)


def test_backoff_spreads_over_the_whole_interval():
    assert delay_after(1, 0.5) == timedelta(minutes=30)
    assert delay_after(3, 0.0) == timedelta()
    assert delay_after(3, 0.5) == timedelta(hours=12)


@given(st.lists(st.uuids(version=4), min_size=1, max_size=8), st.randoms())
def test_a_batch_has_one_turn_within_a_day(ids, chance):
    names = [i.hex for i in ids]
    turn = turn_of(NOW, names)
    chance.shuffle(names)
    assert turn_of(NOW, names) == turn
    assert NOW <= turn < NOW + SPREAD


def test_turns_are_spread_evenly_whatever_the_size_of_a_batch():
    chance = random.Random(1)
    for size in (1, 4):
        hours = Counter[int]()
        for _ in range(24_000):
            ids = [f"{chance.getrandbits(128):032x}" for _ in range(size)]
            hours[int((turn_of(NOW, ids) - NOW).total_seconds() // 3600)] += 1
        assert set(hours) == set(range(24))
        assert 850 < min(hours.values()) <= max(hours.values()) < 1150


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (200, {}, None),
        (503, {}, None),
        (429, {}, 60),
        (429, {"retry-after": "7"}, 7),
        (429, {"retry-after": " 7.5 "}, 7),
        (429, {"retry-after": "soon"}, 60),
        (429, {"retry-after": "-7"}, 60),
        (429, {"retry-after": "Thu, 05 Mar 2026 00:01:00 GMT"}, 60),
        (429, {"retry-after": "Thu, 05 Mar 2020 00:01:00 GMT"}, 0),
        (429, {"retry-after": "9" * 12}, 86_400),
        (200, {"retry-after": "7"}, None),
        (200, {"x-sentry-rate-limits": ""}, None),
        (200, {"x-sentry-rate-limits": "7::key"}, 7),
        (200, {"x-sentry-rate-limits": "7:error:key"}, 7),
        (200, {"x-sentry-rate-limits": "7:transaction;error:key, 9:span:org"}, 7),
        (200, {"x-sentry-rate-limits": "86400:transaction;span:organization"}, None),
        (200, {"x-sentry-rate-limits": "7::key, 86400:transaction;span:org"}, 7),
        (200, {"x-sentry-rate-limits": "x::key"}, 60),
        (200, {"x-sentry-rate-limits": "5"}, 5),
        (429, {"x-sentry-rate-limits": "5::key", "retry-after": "90"}, 90),
    ],
)
def test_what_the_server_asks(status, headers, seconds):
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert pause_asked(status, headers, NOW) == expected


@given(st.text(), st.text(), st.sampled_from([200, 429, 503]))
def test_any_header_is_a_bounded_pause(limits, after, status):
    headers = {"x-sentry-rate-limits": limits, "retry-after": after}
    pause = pause_asked(status, headers, NOW)
    assert pause is None or timedelta() <= pause <= LONGEST_PAUSE


@given(st.text())
def test_any_date_is_a_moment_or_nothing(text):
    moment = server_date({"date": text})
    assert moment is None or moment.tzinfo is not None


def test_a_bare_429_waits_a_minute():
    assert timedelta(minutes=1) == DEFAULT_PAUSE


@given(st.integers(100, 599), st.binary())
def test_only_a_confirmed_200_is_a_delivery(status, body):
    verdict = judge(status, body, ID)
    if verdict is Verdict.DELIVERED:
        assert status == 200
        assert confirms(body, ID)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.DELIVERED),
        (202, Verdict.LATER),
        (302, Verdict.LATER),
        (400, Verdict.REJECTED),
        (401, Verdict.LATER),
        (404, Verdict.LATER),
        (413, Verdict.TOO_LARGE),
        (415, Verdict.REJECTED),
        (429, Verdict.LATER),
        (500, Verdict.LATER),
    ],
)
def test_what_a_status_means(status, verdict):
    assert judge(status, b'{"id":"%s"}' % ID.encode(), ID) is verdict


def test_a_deeply_nested_answer_confirms_nothing():
    assert not confirms(b"[" * 100_000, ID)


@given(st.lists(st.integers(1, 4096), min_size=1, max_size=60))
def test_the_bucket_keeps_the_rate(sizes):
    bucket, now = TokenBucket(1000.0), 0.0
    for size in sizes:
        now += bucket.wait_before(size, now)
    assert sum(sizes) <= 1000 * now + 1000 + 1e-6


def test_the_bucket_stands_a_clock_that_goes_back():
    bucket = TokenBucket(1000.0)
    bucket.wait_before(1000, 50.0)
    assert bucket.wait_before(500, 10.0) == 0.5


@pytest.mark.parametrize(
    ("how", "category", "size", "used", "daily", "room"),
    [
        ("always", "crash", 9000, 0, 10_240, True),
        ("always", "crash", 9000, 900, 10_240, False),
        ("headless_operator", "crash", 9000, 900, 10_240, False),
        ("prompt", "crash", 900_000, 10_240, 10_240, True),
        ("cli", "crash", 900_000, 10_240, 10_240, True),
        ("always", "crash", 900_000, 0, None, True),
        ("always", "usage", 900, 3000, 10_240, True),
        ("always", "usage", 900, 4000, 10_240, False),
        ("cli", "usage", 900, 4000, 10_240, True),
    ],
)
def test_the_budget_holds_back_what_nobody_looked_at(
    how, category, size, used, daily, room
):
    assert has_room(how, category, size, used, daily) is room


class TestMemory:
    def test_a_day_begins_with_nothing_used(self):
        memory = Memory().after_bytes(NOW, 100).after_bytes(NOW, 50)
        assert memory.used_today(NOW) == 150
        assert memory.used_today(NOW + timedelta(days=1)) == 0
        assert memory.after_bytes(NOW + timedelta(days=1), 5).day_bytes == 5

    def test_the_attempts_of_what_is_gone_are_forgotten(self):
        memory = Memory().after_failure(NOW, 0.0, None, "a")
        memory = memory.after_failure(NOW, 0.0, None, "b")
        assert memory.only({"b"}).attempts == {"b": 1}

    @given(fractions, st.integers(0, 10**9))
    def test_no_pause_is_longer_than_a_day(self, fraction, asked):
        asked = timedelta(seconds=min(asked, 86_400))
        memory = Memory().after_failure(NOW, fraction, asked, "a")
        assert memory.not_before - NOW <= LONGEST_PAUSE
        assert memory.not_before - NOW >= min(asked, LONGEST_PAUSE)

    def test_a_moment_too_far_away_was_written_by_another_clock(self):
        memory = Memory(not_before=NOW)
        assert not memory.is_waiting(NOW)
        assert memory.is_waiting(NOW - timedelta(hours=1))
        assert not memory.is_waiting(NOW - timedelta(days=400))

    def test_it_is_kept_and_private_and_names_no_endpoint(self, tmp_path):
        home = open_home(tmp_path / "home")
        memory = Memory(failures=3, not_before=NOW, attempts={"a": 1})
        remember(home, ENDPOINT, memory)
        assert recall(home, ENDPOINT) == memory
        file = home.upload / file_name(ENDPOINT)
        assert file.stat().st_mode & 0o777 == 0o600
        assert "example" not in file.name
        assert recall(home, parse_dsn("https://key@reports.example.org/2")) == Memory()

    @pytest.mark.parametrize(
        "damage",
        [b"", b"{", b'{"failures":"x"}', b"[]", b'{"day":"\x99"}', b"[" * 99_999],
    )
    def test_what_cannot_be_read_is_forgotten(self, tmp_path, damage):
        home = open_home(tmp_path / "home")
        remember(home, ENDPOINT, Memory(failures=3))
        (home.upload / file_name(ENDPOINT)).write_bytes(damage)
        assert recall(home, ENDPOINT) == Memory()
