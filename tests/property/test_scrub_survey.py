"""What the survey passes over unseen, the rules pass over too: nothing is weaker.

``Survey`` tells of many lines at once which have nothing to find; here its word is held
against all rules, on lines of both corpora, of tracebacks and of what hypothesis makes,
torn and put together anew.
"""

import base64
import re
import string
from functools import partial

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scrubbers.ciphers import hiding, tokens_of
from scrubbers.decoding import hidden_texts
from scrubbers.frames import Frames
from scrubbers.identity import as_identity
from scrubbers.policy import Policy, policy_for
from scrubbers.rule import Rule, Span
from scrubbers.rules import ALL
from scrubbers.rules.credentials import announces_value
from scrubbers.rules.entropy import is_random
from scrubbers.rules.tokens import BEGINNINGS, ISSUED
from scrubbers.survey import NOTHING_SEEN
from scrubbers.text import find_spans, scrub_line, scrub_with
from tests.doubles import corpus, other_corpus, stranger_corpus
from tests.doubles.unlike_tracebacks import unlike_tracebacks

PEOPLE = [
    None,
    {
        "user": "quarlesz",
        "home": "/home/quarlesz",
        "full_name": "Zoë Quarles",
        "host": "rabbit-77",
        "email": "zq@hole.example",
    },
    {"user": "pi", "home": "/home/pi", "host": "vm"},
    {"user": "test", "home": "/srv/test", "full_name": "Test Cook"},
]
POLICIES = st.sampled_from(PEOPLE).map(lambda who: policy_for(as_identity(who)))
KNOWN_LINES = [
    *unlike_tracebacks(40_000).split("\n"),
    *(line for case in corpus.cases(20261127, 400) for line in case.text.split("\n")),
    *(
        line
        for case in other_corpus.cases(20261127, 200)
        for line in case.text.split("\n")
    ),
    *(
        line
        for case in stranger_corpus.cases(20261127, 400)
        for line in case.text.split("\n")
    ),
]
MARKS = st.sampled_from("=:'\"/\\<>()[]{}.,_-+ \t019abAHz@~^%|;#?*!&$é名")
PIECES = st.sampled_from(
    "key token user host uid pin is in com .in -u su mr 0000 12 =40 =3D= ^[ :: ]0;"  # noqa: SIM905 - a list of words
    " aa00 quarlesz pi test iban AC sk_ ghp_ r8_ s/n id home Users 4111 1111"
    " 10.1.2.3".split()
)
LINES = st.one_of(
    st.sampled_from(KNOWN_LINES),
    st.lists(st.one_of(PIECES, MARKS), max_size=12).map("".join),
    st.text(max_size=40).map(lambda text: text.replace("\n", " ")),
)


@st.composite
def torn_lines(draw):
    """A line with something cut out of it, and something put in."""
    line = draw(LINES)
    at = draw(st.integers(0, len(line)))
    cut = draw(st.integers(0, 4))
    return line[:at] + draw(st.one_of(PIECES, MARKS, LINES)) + line[at + cut :]


TIMES = st.datetimes().map(lambda time: time.isoformat(" ", "milliseconds"))
HEADS = st.one_of(
    st.just("  "),
    st.sampled_from(
        [
            "",
            "password: ",
            "user ",
            "zoe@host.example: ",
            "key=",
            "cwd ",
            "+    ",
            "login as",
        ]
    ),
    st.builds(
        "{}{} {}{}".format,
        st.sampled_from(["", "[", "(", "user ", "4111 "]),
        TIMES,
        st.sampled_from(
            ["ERROR ", "] app[12]: ", ": 10.1.2.3 ", "  ", "uid=", "4111 "]
        ),
        st.sampled_from(["", "  ", "quarlesz ", "key: ", "| "]),
    ),
    st.lists(st.one_of(PIECES, MARKS), max_size=6).map("".join),
)


@st.composite
def frames(draw):
    """A line of a traceback of any path and function, with what a log puts before."""
    part = st.one_of(
        PIECES, MARKS, st.sampled_from(["src", "home", "lib", "python3.11"])
    )
    parts = draw(st.lists(part, max_size=6))
    name = draw(st.one_of(PIECES, st.just("<module>"), st.just("run_7")))
    return (
        f'{draw(HEADS)}File "/{"/".join(parts)}.py",'
        f" line {draw(st.integers(0, 9999))}, in {name}"
    )


TEXTS = st.lists(st.one_of(LINES, torn_lines(), frames()), min_size=9, max_size=24)


@given(POLICIES, TEXTS)
@settings(max_examples=150, deadline=None)
def test_a_calm_line_has_nothing_to_find_and_announces_nothing(policy, lines):
    for line in policy.survey.of(dict.fromkeys(lines)).calm:
        assert find_spans(policy, line) == [], line
        assert not announces_value(line), line


def test_a_home_that_cutting_a_path_uncovers_goes_too():
    lines = [f"    call_{number}()" for number in range(9)]
    lines.append('  File "/key/python3.11/home/zoe/key.py", line 1, in key')
    text = "\n".join(lines)
    scrubbed = scrub_with(policy_for(as_identity(None)), text)
    assert "zoe" not in scrubbed.text
    assert scrubbed == scrub_with(policy_for(as_identity(None)), text, surveyed=False)


@given(POLICIES, TEXTS)
@settings(max_examples=150, deadline=None)
def test_a_text_becomes_the_same_with_and_without_a_survey(policy, lines):
    text = "\n".join(lines)
    assert scrub_with(policy, text) == scrub_with(policy, text, surveyed=False)


@pytest.mark.parametrize("who", PEOPLE)
def test_the_corpora_become_the_same_with_and_without_a_survey(who):
    policy = Policy(as_identity(who))
    text = "\n".join(KNOWN_LINES)
    assert scrub_with(policy, text) == scrub_with(policy, text, surveyed=False)


def test_what_a_cut_uncovers_in_a_path_is_found():
    """What seems a version is an address once the folder before it is gone."""
    lines = [
        *unlike_tracebacks(1_000).split("\n"),
        '  File "/key/10.1.2.3/a.py", line 1',
    ]
    policy = policy_for(as_identity(None))
    text = "\n".join(lines)
    assert scrub_with(policy, text).text.endswith('"<path>/<ip>/a.py", line 1')


def told(line):
    """A scrubbed line with its findings in any order."""
    return line._replace(findings=sorted(line.findings))


A_FORM_BEFORE_A_PLUS = ['%File "/python3.11/+/key.py", line 0, in key'] * 9


@given(POLICIES, st.lists(frames(), min_size=9, max_size=24))
@example(policy_for(as_identity(None)), A_FORM_BEFORE_A_PLUS)
@settings(max_examples=150, deadline=None)
def test_the_parts_of_a_frame_become_what_the_whole_becomes(policy, lines):
    for surveyed in (NOTHING_SEEN, policy.survey.of(dict.fromkeys(lines))):
        by_parts = Frames(policy, surveyed, partial(scrub_line, policy))
        for line in lines:
            if (scrubbed := by_parts.scrub(line)) is not None:
                assert told(scrubbed) == told(scrub_line(policy, line)), line


def test_a_head_of_a_log_is_scrubbed_once_for_all_times(monkeypatch):
    lines = [
        f"2026-11-27 12:{number:02}:07,{number:03} quarlesz app:"
        f'   File "/usr/lib/python3.11/a.py", line {number}, in go'
        for number in range(60)
    ]
    policy = Policy(as_identity(PEOPLE[1]))
    full = scrub_with(policy, "\n".join(lines), surveyed=False)
    asked = []
    monkeypatch.setattr(
        "scrubbers.text.scrub_line",
        lambda policy, line: asked.append(line) or scrub_line(policy, line),
    )
    assert scrub_with(policy, "\n".join(lines)) == full
    assert len(asked) < 10
    assert full.text.split("\n")[7].startswith("2026-11-27 12:07:07,007 <user> app: ")


def test_most_lines_of_tracebacks_are_calm_or_frames():
    """Or all of this would be sound, and of no use."""
    lines = list(dict.fromkeys(unlike_tracebacks(60_000).split("\n")))
    code = [line for line in lines if not line.startswith("  File ")]
    seen = policy_for(as_identity(None)).survey.of(lines)
    assert len(seen.calm) > 0.8 * len(code)
    assert len(seen.paths) > 0.8 * (len(lines) - len(code))


def _encoded(text):
    return base64.b64encode(text.encode()).decode().rstrip("=")


TOKENS = st.one_of(
    st.from_regex(re.compile(r"[A-Za-z0-9+/_-]{8,40}", re.ASCII), fullmatch=True),
    st.text("abAB01_/+-", min_size=8, max_size=48),
    st.binary(min_size=5, max_size=24).map(bytes.hex),
    st.text(string.printable + "é名", min_size=6, max_size=18).map(_encoded),
    st.sampled_from(["quarlesz", "xquarlesz", "xxquarlesz", "rabbit-77"]).map(_encoded),
)


@given(st.lists(TOKENS, min_size=1, max_size=30))
@settings(max_examples=300, deadline=None)
def test_tokens_passed_over_together_hide_nothing_one_by_one(tokens):
    person = policy_for(as_identity(PEOPLE[1])).person
    met = tokens_of("\n".join(tokens))
    for token in set(met) - hiding(met, person):
        assert hidden_texts(token) == []
        if len(token) >= 16:
            assert not any(is_random(token + end) for end in ("", "=", "=="))
        assert not person.is_hidden_in(token)


@given(st.from_regex(ISSUED))
@settings(max_examples=120, deadline=None)
def test_every_token_of_an_issuer_has_a_literal_to_search_for(text):
    match = ISSUED.search(text)
    assert any(beginning in match.group().lower() for beginning in BEGINNINGS)


LINES_OF_CODE = [f"    value_{number} = self.read_{number}()" for number in range(20)]


def test_a_rule_that_fails_costs_its_line_alone():
    def fail(_subject):
        raise ValueError

    policy = Policy(as_identity(None), (*ALL, Rule("odd", fail, needs=("zebra",))))
    text = "\n".join([*LINES_OF_CODE, "a zebra"])
    assert scrub_with(policy, text).text == "\n".join([*LINES_OF_CODE, "<dropped>"])


def test_a_rule_that_may_find_anything_anywhere_stops_every_survey():
    def every(subject):
        yield Span(0, len(subject.text), "any", "<any>")

    policy = Policy(as_identity(None), (*ALL, Rule("any", every)))
    assert policy.survey.of(LINES_OF_CODE).calm == set()
    assert Policy(as_identity(None)).survey.of(LINES_OF_CODE).calm
