"""What a start is told without the person's record, the record would have told too."""

import itertools
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crashwatch.cli.plain_start import may_capture, plain_settings
from crashwatch.cli.session import open_session
from crashwatch.cli.usual_start import look
from crashwatch.region_settings import Region
from reports.consent.decision import Recorded, decide
from reports.consent.record import Category, Choice, Given, State, states_of
from reports.consent.standing import ConsentState, Lapse
from reports.consent.switches import (
    AdministratorPolicy,
    Distribution,
    RegionRule,
    read_switches,
)
from tests.doubles.command_line import answer_here

NOW = datetime(2026, 11, 27, tzinfo=UTC)
BOTH = (False, True)
FORBIDDEN = (frozenset(), frozenset({Category.USAGE}), frozenset({Category.CRASH}))
POLICIES = list(
    itertools.starmap(AdministratorPolicy, itertools.product(BOTH, FORBIDDEN))
)
DISTRIBUTIONS = list(itertools.starmap(Distribution, itertools.product(BOTH, BOTH)))
REGIONS = [None, *(Region("eu", forbidden=some) for some in FORBIDDEN)]
VARIABLES = ("DO_NOT_TRACK", "CRASHWATCH_NO_TELEMETRY")
VALUES = ({}, {"CRASHWATCH_CONSENT": "crash"}, {"CRASHWATCH_CONSENT": "other"})
ENVIRONMENTS = [
    {**dict(zip(VARIABLES, values, strict=True)), **more}
    for values in itertools.product(("", "0", "1"), repeat=2)
    for more in VALUES
]


def chosen(state: State, *, days: int = 0, how: Given = Given.CLI) -> Choice:
    given = NOW + timedelta(days=days)
    return Choice(Category.CRASH, state, 1, given, how, 1, "0" * 64, "1")


RECORDS = {
    "nothing chosen": ConsentState(),
    "cannot be believed": ConsentState(problem="it is damaged", unknown=True),
    "lapsed": ConsentState(lapsed=(Lapse(Category.CRASH, "the words changed"),)),
    "asked": ConsentState((chosen(State.ASK),)),
    "always": ConsentState((chosen(State.ALWAYS, days=-1),)),
    "always, from tomorrow": ConsentState((chosen(State.ALWAYS, days=1),)),
    "by an operator": ConsentState(
        (chosen(State.ALWAYS, how=Given.HEADLESS_OPERATOR),)
    ),
}


def test_every_choice_but_a_refusal_is_there() -> None:
    states = {choice.state for record in RECORDS.values() for choice in record.choices}
    assert states == states_of(Category.CRASH) - {State.NEVER}


@pytest.mark.parametrize("record", RECORDS)
def test_it_is_what_would_be_decided(record: str) -> None:
    seen = set()
    worlds = itertools.product(POLICIES, DISTRIBUTIONS, REGIONS, ENVIRONMENTS, BOTH)
    for policy, distribution, region, environment, headless in worlds:
        told = may_capture(policy, distribution, region, environment)
        switches = read_switches(
            environment,
            headless_since=NOW if headless else None,
            policy=policy,
            region=RegionRule("eu", region.forbidden) if region else RegionRule(),
            distribution=distribution,
        )
        decided = decide(
            Category.CRASH, RECORDS[record], switches, recorded=Recorded(NOW)
        )
        world = (policy, distribution, region, environment, headless)
        assert told in (decided.collect, None), world
        assert told is not None or distribution.off, world
        seen.add(told)
    assert seen == {True, False, None}


HISTORIES = {
    "nothing chosen": (),
    "refused": ("revoke crash",),
    "refused, then allowed": ("revoke crash", "grant crash"),
    "allowed, then refused": ("grant crash", "revoke crash"),
    "other things refused": ("grant crash", "revoke usage"),
}


@pytest.mark.parametrize("history", HISTORIES)
@pytest.mark.parametrize("damaged", [None, "consent.json", "consent.log"])
@pytest.mark.parametrize("headless", BOTH)
def test_a_real_record_says_the_same(
    history: str,
    damaged: str | None,
    headless: bool,
    crashwatch_home: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for choice in HISTORIES[history]:
        assert answer_here(capfd, "consent", *choice.split()).status == 0
    if damaged and (crashwatch_home / damaged).exists():
        (crashwatch_home / damaged).write_bytes(b"never {")
    seen = look(os.environ, ())
    assert seen is not None
    told = plain_settings(
        seen.root, os.environ, headless=headless, refused=seen.refused
    )
    session = open_session(headless_since=datetime.now(UTC) if headless else None)
    assert told == (session.configuration, session.may_capture())
    if damaged is None:
        assert told[1] == (not history.endswith("refused") or "other" in history)
