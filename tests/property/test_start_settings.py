"""What a start is told without the person's record, the record would have told too."""

from datetime import UTC, datetime, timedelta

import hypothesis
from hypothesis import strategies as st

from crashwatch.cli.plain_start import may_capture
from crashwatch.configuration import DEFAULTS
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

NOW = datetime(2026, 11, 27, tzinfo=UTC)
CATEGORIES = st.frozensets(st.sampled_from(Category))
POLICIES = st.builds(AdministratorPolicy, st.booleans(), CATEGORIES)
DISTRIBUTIONS = st.builds(Distribution, st.booleans(), st.booleans())
REGIONS = st.one_of(st.none(), CATEGORIES)
ENVIRONMENTS = st.fixed_dictionaries(
    {},
    optional={
        "DO_NOT_TRACK": st.sampled_from(["", "0", "1", "no"]),
        "CRASHWATCH_NO_TELEMETRY": st.sampled_from(["", "false", "1"]),
        "CRASHWATCH_CONSENT": st.sampled_from(["", "crash", "usage,crash", "other"]),
        "CRASHWATCH_DSN": st.just("https://key@errors.example.org/1"),
    },
)


@st.composite
def choices(draw: st.DrawFn, category: Category) -> Choice:
    """Any but a refusal of crash reports."""
    states = states_of(category) - {State.NEVER}
    return Choice(
        category=category,
        state=draw(st.sampled_from(sorted(states, key=lambda state: state.value))),
        sequence=draw(st.integers(1, 9)),
        given=NOW + draw(st.sampled_from([-1, 0, 1])) * timedelta(days=1),
        how=draw(st.sampled_from(Given)),
        policy_version=1,
        disclosure_sha256="0" * 64,
        application_version="1",
    )


@st.composite
def records(draw: st.DrawFn) -> ConsentState:
    chosen = draw(st.sets(st.sampled_from(Category)))
    return ConsentState(
        choices=tuple(
            draw(choices(category)) for category in Category if category in chosen
        ),
        lapsed=tuple(
            Lapse(category, "it lapsed")
            for category in Category
            if category not in chosen and draw(st.booleans())
        ),
        unknown=draw(st.booleans()),
        sequence=9,
    )


@hypothesis.given(
    policy=POLICIES,
    distribution=DISTRIBUTIONS,
    environment=ENVIRONMENTS,
    forbidden=REGIONS,
    record=records(),
    headless=st.booleans(),
)
def test_it_is_what_would_be_decided(
    policy, distribution, environment, forbidden, record, headless
):
    there = forbidden is not None
    regions = (Region("eu", forbidden=forbidden),) if there else ()
    told = may_capture(
        DEFAULTS._replace(regions=regions), policy, distribution, environment
    )
    switches = read_switches(
        environment,
        headless_since=NOW if headless else None,
        policy=policy,
        region=RegionRule("eu", forbidden) if there else RegionRule(),
        distribution=distribution,
    )
    decided = decide(Category.CRASH, record, switches, recorded=Recorded(NOW))
    assert told in (decided.collect, None)
    assert told is not None or there or distribution.off
