"""What was made under one region's rules, and whether it may leave under another's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from reports.consent.border import why_held_at_border
from reports.consent.record import Category
from reports.consent.switches import NO_REGION_RULE, RegionRule
from reports.home import open_home
from reports.lifecycle import State
from reports.spool.directory import Spool
from reports.upload.drain import Manners, drain
from reports.upload.dsn import parse_dsn
from tests.doubles.local_receiver import Receiver
from tests.doubles.sample_payload import digests, sample_payload
from tests.doubles.upload_bench import FAST, YES, Time

EU = RegionRule("eu", frozenset({Category.USAGE}), "eu.example.org:443", 16)
US = RegionRule("us", frozenset(), "us.example.org:443")


@pytest.mark.parametrize(
    ("category", "made", "here", "held"),
    [
        ("usage", NO_REGION_RULE, EU, False),
        ("usage", NO_REGION_RULE, NO_REGION_RULE, False),
        ("crash", EU, EU, False),
        ("usage", EU, EU, False),
        ("crash", EU, US, True),
        ("usage", EU, US, True),
        ("crash", EU, NO_REGION_RULE, True),
        ("crash", EU, US._replace(endpoint=EU.endpoint), False),
        ("usage", EU, US._replace(endpoint=EU.endpoint), True),
        ("crash", US, EU, True),
        ("crash", US, EU._replace(endpoint=US.endpoint), False),
        ("crash", EU._replace(endpoint=""), US, True),
        ("crash", EU._replace(endpoint=""), US._replace(endpoint=""), True),
    ],
)
def test_both_must_allow_it(category, made, here, held):
    forbidden = [c.value for c in made.forbidden]
    why = why_held_at_border(category, made.name, forbidden, made.endpoint, here)
    assert bool(why) is held


class TestTheGate:
    @pytest.fixture
    def receiver(self):
        with Receiver() as receiver:
            yield receiver

    def send(self, tmp_path, receiver, made, here):
        """Store under one rule, send under another."""
        home = open_home(tmp_path / "home")
        spool = Spool(home, region=made)
        payload = sample_payload()
        spool.add(payload)
        spool.approve(payload.id, digests(payload), how="prompt")
        result = drain(
            spool,
            parse_dsn(receiver.dsn),
            lambda _question: YES,
            network=FAST,
            clock=Time(datetime.now(UTC)).clock(),
            manners=Manners(region=here, try_zstd=False),
        )
        return spool, payload, result

    def test_it_stays_where_the_other_region_is_laxer(self, tmp_path, receiver):
        spool, payload, result = self.send(tmp_path, receiver, EU, US)
        assert [held.id for held in result.refused] == [payload.id]
        assert "eu.example.org:443 only" in result.refused[0].why
        assert receiver.connections == 0
        assert spool.find(payload.id).state is State.QUEUED

    def test_it_goes_where_its_own_region_lets_it_go(self, tmp_path, receiver):
        made = EU._replace(endpoint=f"127.0.0.1:{receiver.port}")
        _, payload, result = self.send(tmp_path, receiver, made, US)
        assert result.sent == [payload.id]

    def test_the_rules_of_now_decide_in_its_own_region(self, tmp_path, receiver):
        _, payload, result = self.send(tmp_path, receiver, EU, EU)
        assert result.sent == [payload.id]

    @pytest.mark.parametrize(
        ("origin", "set_aside", "kept"),
        [('{"schema":1}', 1, 0), ('{"schema":2}', 0, 1)],
        ids=["to quarantine", "of a newer version: it waits"],
    )
    def test_an_origin_that_cannot_be_read_is_not_sent(
        self, tmp_path, receiver, origin, set_aside, kept
    ):
        home = open_home(tmp_path / "home")
        spool = Spool(home, region=EU)
        payload = sample_payload()
        spool.add(payload)
        spool.approve(payload.id, digests(payload), how="prompt")
        path = home.in_state(State.QUEUED) / payload.id / "origin.json"
        path.write_text(origin)
        result = drain(spool, parse_dsn(receiver.dsn), lambda _q: YES, network=FAST)
        assert [held.id for held in result.set_aside] == [payload.id] * set_aside
        assert [held.id for held in result.kept] == [payload.id] * kept
        assert receiver.connections == 0
