"""The precedence of consent, over every combination, against an oracle of its own."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from reports.consent.decision import Approval, DecidedBy, Recorded, decide
from reports.consent.record import Category, Choice, Given, State, states_of
from reports.consent.standing import ConsentState, Lapse
from reports.consent.switches import (
    AdministratorPolicy,
    Distribution,
    RegionRule,
    Switches,
)

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SEQUENCE = 1000


def consent(category, word):
    """The person's record for a word of the table."""
    if word == "nothing":
        return ConsentState()
    if word == "unreadable":
        return ConsentState(problem="consent.json cannot be used", unknown=True)
    if word == "lapsed":
        return ConsentState(lapsed=(Lapse(category, "the disclosure has changed"),))
    choice = Choice(
        category=category,
        state=State(word),
        sequence=SEQUENCE,
        given=START,
        how=Given.CLI,
        policy_version=1,
        disclosure_sha256="0" * 64,
        application_version="1",
    )
    return ConsentState(choices=(choice,), sequence=SEQUENCE)


WORDS = {
    category: ["nothing", "unreadable", "lapsed", *(s.value for s in states)]
    for category in Category
    if (states := sorted(states_of(category), key=lambda state: state.value))
}
APPROVALS = {
    "none": None,
    "person before": Approval(Given.PROMPT, SEQUENCE - 1),
    "person after": Approval(Given.PROMPT, SEQUENCE),
    "operator": Approval(Given.HEADLESS_OPERATOR, SEQUENCE),
    "administrator": Approval(Given.ADMINISTRATOR, SEQUENCE),
}
ADMINISTRATORS = ["silent", "force off", "forbids this", "forbids another"]
HEADLESS = ["person there", "no consent", "consents", "consents to another"]
REGIONS = ["silent", "forbids this", "forbids another"]
DISTRIBUTIONS = {
    "silent": Distribution(),
    "off": Distribution(off=True),
    "does not ask": Distribution(ask=False),
}
MOMENTS = {
    "before all": Recorded(START - 3 * HOUR),
    "before the grant": Recorded(START - HOUR),
    "after": Recorded(START + HOUR),
    "after, by a clock set back": Recorded(START + HOUR, SEQUENCE - 1),
    "after, by both": Recorded(START + HOUR, SEQUENCE),
}


def another(category):
    return Category.USAGE if category is not Category.USAGE else Category.CRASH


def named(category, word):
    """The categories that a word of the table stands for."""
    if word.endswith("another"):
        return frozenset({another(category)})
    if word in {"forbids this", "consents"}:
        return frozenset({category})
    return frozenset()


def oracle(category, row):  # noqa: C901, PLR0911, PLR0912 -- a sentence of prose a line
    """What the design says, written down as prose is read: (send, ask, collect)."""
    crash = category is Category.CRASH
    off = (False, False, False)
    asked = (False, row["headless"] == "person there", crash)
    yes = (True, False, True)

    if row["flag"] or row["variable"] or row["dnt"]:
        return off
    if row["administrator"] in {"force off", "forbids this"}:
        return off
    refused = row["record"] in {"never", "refused"}
    if refused and row["approval"] != "person after":
        return off
    if row["region"] == "forbids this":
        return off
    if row["record"] == "unreadable":
        return asked
    if row["approval"] == "operator":
        return yes
    if row["headless"] == "consents" and row["moment"] != "before all":
        return yes
    if row["approval"].startswith("person"):
        return yes
    if row["record"] in {"always", "granted"}:
        return yes if row["moment"] in {"after", "after, by both"} else asked
    if row["record"] == "ask":
        return asked
    if row["record"] != "lapsed":
        if row["distribution"] == "off":
            return off
        if row["distribution"] == "does not ask":
            return (False, False, True) if crash else asked
    return asked


def rows(category):
    axes = {
        "flag": [False, True],
        "variable": [False, True],
        "dnt": [False, True],
        "administrator": ADMINISTRATORS,
        "record": WORDS[category],
        "region": REGIONS,
        "headless": HEADLESS,
        "approval": list(APPROVALS),
        "distribution": list(DISTRIBUTIONS),
        "moment": list(MOMENTS),
    }
    for values in itertools.product(*axes.values()):
        yield dict(zip(axes, values, strict=True))


def switches(category, row):
    headless = row["headless"] != "person there"
    return Switches(
        flag=row["flag"],
        variable=row["variable"],
        do_not_track=row["dnt"],
        policy=AdministratorPolicy(
            force_off=row["administrator"] == "force off",
            forbidden=named(category, row["administrator"]),
        ),
        region=RegionRule("made-up", named(category, row["region"])),
        headless_since=START - 2 * HOUR if headless else None,
        operator=named(category, row["headless"]),
        distribution=DISTRIBUTIONS[row["distribution"]],
    )


@pytest.mark.parametrize("category", Category)
def test_every_combination_is_as_the_design_says(category):
    records = {word: consent(category, word) for word in WORDS[category]}
    seen = 0
    for row in rows(category):
        answer = decide(
            category,
            records[row["record"]],
            switches(category, row),
            recorded=MOMENTS[row["moment"]],
            approval=APPROVALS[row["approval"]],
        )
        got = (answer.allowed, answer.ask, answer.collect)
        assert got == oracle(category, row), row
        assert answer.reason
        assert not answer.reason.endswith(".")
        seen += 1
    assert seen == 2**3 * 4 * 6 * 3 * 4 * 5 * 3 * 5


@pytest.mark.parametrize(
    ("record", "switches", "by"),
    [
        ("always", Switches(flag=True, variable=True), DecidedBy.FLAG),
        ("always", Switches(variable=True, do_not_track=True), DecidedBy.VARIABLE),
        (
            "always",
            Switches(do_not_track=True, policy=AdministratorPolicy(force_off=True)),
            DecidedBy.DO_NOT_TRACK,
        ),
        (
            "never",
            Switches(policy=AdministratorPolicy(force_off=True)),
            DecidedBy.ADMINISTRATOR,
        ),
        (
            "never",
            Switches(headless_since=START, operator=frozenset(Category)),
            DecidedBy.REFUSAL,
        ),
        (
            "unreadable",
            Switches(headless_since=START, operator=frozenset(Category)),
            DecidedBy.UNREADABLE_RECORD,
        ),
        (
            "always",
            Switches(region=RegionRule("made-up", frozenset(Category))),
            DecidedBy.REGION,
        ),
        (
            "nothing",
            Switches(headless_since=START, operator=frozenset(Category)),
            DecidedBy.OPERATOR,
        ),
        ("always", Switches(distribution=Distribution(off=True)), DecidedBy.GRANT),
        (
            "nothing",
            Switches(distribution=Distribution(off=True)),
            DecidedBy.DISTRIBUTION,
        ),
        ("nothing", Switches(), DecidedBy.DEFAULT),
    ],
)
def test_the_first_that_speaks_is_named(record, switches, by):
    answer = decide(
        Category.CRASH,
        consent(Category.CRASH, record),
        switches,
        recorded=Recorded(START + HOUR),
    )
    assert answer.decided_by is by


@pytest.mark.parametrize("category", Category)
@pytest.mark.parametrize("headless", [False, True])
def test_who_never_chose_is_told_what_holds_and_not_that_they_were_not_asked(
    category, headless
):
    answer = decide(
        category,
        ConsentState(),
        Switches(headless_since=START if headless else None),
        recorded=Recorded(START),
    )
    said = {
        (Category.CRASH, False): "you are asked after each crash",
        (Category.CRASH, True): "nobody is there to be asked; what is captured waits"
        " here",
    }
    assert answer.reason == said.get((category, headless), "off until you allow it")


def test_a_distributions_file_that_cannot_be_used_says_why():
    unusable = Distribution(off=True, reason="the distribution's defaults: no")
    answer = decide(
        Category.CRASH,
        ConsentState(),
        Switches(distribution=unusable),
        recorded=Recorded(START),
    )
    assert (answer.collect, answer.ask) == (False, False)
    assert answer.reason == "the distribution's defaults: no"


def test_a_lapsed_grant_says_why_it_is_asked_again():
    answer = decide(
        Category.USAGE,
        consent(Category.USAGE, "lapsed"),
        Switches(),
        recorded=Recorded(START),
    )
    assert answer.ask
    assert answer.reason == "you allowed usage, but the disclosure has changed"
