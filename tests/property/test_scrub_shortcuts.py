"""Each thing that is passed over because it costs too much to look at is rightly so.

One test for each shortcut: what it leaves out is held against what it stands for.
"""

import base64
import re
import runpy

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scrubbers.ciphers import hiding, tokens_of
from scrubbers.decoding import decoded, hidden_texts, may_be_escaped, partly_decoded
from scrubbers.folding import fold, fold_character, is_disguised, plain_map
from scrubbers.identity import as_identity
from scrubbers.policy import policy_for
from scrubbers.rule import Subject, keyword_rule
from scrubbers.rules import ALL, credentials, mentions
from scrubbers.rules.entropy import is_random
from scrubbers.rules.path_parts import cut_private
from scrubbers.rules.paths import is_cut_through, scrub_plain
from scrubbers.rules.paths_alike import PathsAlike
from scrubbers.rules.tokens import is_sid
from tests.doubles import corpus, other_corpus, stranger_corpus

NOBODY = policy_for(as_identity(None))
LITERALS = sorted(
    {literal for rule in ALL for literal in (*rule.needs, *rule.keywords, *rule.whole)}
)
OUTLINES = sorted({outline for rule in ALL for outline in rule.outlines})
VALUES = (
    *("zoe.meier", "+49 30 1234567", "tel: 555-123-4567", "Secret77xQz9", "10.1.2.3"),
    *("AC12FF9901", "Mr. Tanaka", "zoe@host.example", "is hunter22", "=hunter22"),
    *(": hunter22", "on host ferdinand", "52.5200, 13.4050", "aa:bb:cc:dd:ee:ff"),
    *("-p hunter22", "for zoe", "ghp_abcdefghij0123456789", "de89370400440532013000"),
)
MARKS = st.text("=:'\"<>()[]{}.,_-+ \t09aA|;#/", max_size=3)
AROUND_LITERALS = st.lists(
    st.tuples(
        st.sampled_from([*LITERALS, *OUTLINES]), MARKS, st.sampled_from(VALUES), MARKS
    ).map("".join),
    min_size=1,
    max_size=3,
).map(lambda parts: " ".join(parts).replace("\n", " "))
KNOWN_LINES = sorted(
    {
        line
        for cases in (corpus, other_corpus, stranger_corpus)
        for case in cases.cases(20261128, 300)
        for line in case.text.split("\n")
    }
)
LINES = st.one_of(AROUND_LITERALS, st.sampled_from(KNOWN_LINES))


@given(st.lists(LINES, min_size=9, max_size=20))
@settings(max_examples=150, deadline=None)
def test_a_line_is_not_calm_if_any_rule_finds_something_in_it(lines):
    for line in NOBODY.survey.of(dict.fromkeys(lines)).calm:
        subject = Subject(line)
        for rule in ALL:
            assert not list(rule.spans(subject)), (rule.name, line)


@given(LINES)
@settings(max_examples=200, deadline=None)
def test_a_rule_that_finds_something_is_a_candidate(line):
    subject = Subject(line)
    candidates = NOBODY.screen.candidates(subject)
    for rule in ALL:
        assert rule in candidates or not list(rule.spans(subject)), (rule, line)


KEYS = (
    *("password", "api_key", "mot de passe", "lo\u0308senord", "contrasen\u0303a"),
    *("recovery phrase", "token", "Authorization", "cookie", "session", "DB_PASS"),
    *("пароль", "requirepass", "connection-string", "user", "login_name", "uid"),
    *("user id", "full name", "display_name", "CN", "cn", "author", "host", "peer"),
    *(
        "hostname",
        "wi-fi key",
        "uSer",
        "pa\u017f\u017fword",
        "to\u212aen",
        "max_tokens",
        "keys",
    ),
)
GAPS = st.one_of(
    st.sampled_from(
        [
            *(" = ", "=", ": ", ' "', "','", "] = ", '"]=', " is ", "</", "<a>", ">"),
            *("(", ")", "\t", " | ", "; ", ", ", "_x" * 30, "_x" * 60, "\\", "\\': "),
            *(" => ", ":=", "@entry=", "=0x7f ", " set to ", '": "', "\u0303", "#"),
        ]
    ),
    st.text(max_size=2),
)


def without_followed():
    """The keyword rules of both modules, made anew without what must follow."""

    def plain(*args, followed="", **kwargs):
        assert followed
        return keyword_rule(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scrubbers.rule.keyword_rule", plain)
        return [
            (rule, plain_rule)
            for module in (credentials, mentions)
            for rule, plain_rule in zip(
                module.RULES, runpy.run_path(module.__file__)["RULES"], strict=True
            )
            if rule.keywords
        ]


PAIRS = without_followed()


@given(
    st.lists(
        st.tuples(st.sampled_from(KEYS), GAPS, st.sampled_from(VALUES), GAPS).map(
            "".join
        ),
        min_size=1,
        max_size=3,
    ).map("".join)
)
@example("password|hunter22")
@example('"password",hunter22')
@example("password;hunter22")
@example("<password(1)>hunter22</password>")
@example("passphrase>hunter22")
@settings(max_examples=400, deadline=None)
def test_no_form_matches_a_keyword_that_is_not_followed_as_it_must_be(text):
    assert len(PAIRS) == 4
    for rule, plain_rule in PAIRS:
        assert list(rule.find(Subject(text))) == list(plain_rule.find(Subject(text)))


PARTS = st.one_of(
    st.sampled_from(
        [
            *("home", "Users", "usr", "lib", "lib64", "python3.11", "site-packages"),
            *(
                "src",
                "x.py",
                "a_b.py",
                "v1.2",
                "v1",
                "py39",
                "python3",
                "export",
                "var",
            ),
            *("tmp", "media", "mnt", "root", ".venv", "bin", "g++", "registry", "zoe"),
            *("USERPROFILE", "myhomepath", "node_modules", "a.so", "spool", "mail"),
            *(
                "Python3-11",
                "store",
                "dev",
                "shm",
                "homes",
                "pkgs",
                "share",
                "etc",
                "x",
            ),
            *("system", "Volumes", "Data", "run", "user", "sudo", "7", "x-", "y."),
        ]
    ),
    st.from_regex(re.compile(r"[A-Za-z0-9_+.-]{1,9}"), fullmatch=True).filter(
        lambda part: part not in {".", ".."}
    ),
)


@given(st.lists(st.lists(PARTS, min_size=1, max_size=9), min_size=1, max_size=12))
@settings(max_examples=300, deadline=None)
def test_a_path_is_cut_as_all_of_its_pattern_are(paths):
    alike = PathsAlike()
    for parts in paths:
        cut = scrub_plain(parts, cut_private(parts, rooted=True))
        expected = cut if is_cut_through(cut[0]) else None
        assert alike.scrub("/" + "/".join(parts)) == expected


def _in_base64(text, encoding):
    return base64.urlsafe_b64encode(text.encode(encoding)).decode().rstrip("=")


TOKENS = st.one_of(
    st.builds(
        _in_base64,
        st.text(min_size=4, max_size=12),
        st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"]),
    ),
    st.lists(
        st.sampled_from(
            [
                *("Token", "read", "HTTP", "x", "Qx", "77", "_", "-", "/", "+", "aqj"),
                *("Zq", "Bjx", "store", "0x", "AC", "f" * 16, "A1B2C-" * 4, "9"),
            ]
        ),
        min_size=2,
        max_size=14,
    ).map("".join),
)


@given(st.lists(TOKENS, min_size=1, max_size=20))
@example(["SK" + "abcdef" * 6])
@example(["12345-12345-12345-12345-12345"])
@example(["x/store/" + "Word" * 6])
@settings(max_examples=300, deadline=None)
def test_a_token_that_hides_something_is_told_among_many(tokens):
    hidden = hiding(tokens_of("\n".join(tokens)), NOBODY.person)
    for token in tokens:
        if len(token) < 8 or (len(token) < 16 and token.islower() and token.isalpha()):
            continue
        made = len(token) >= 16 and (
            is_sid(token) or any(is_random(token + end) for end in ("", "=", "=="))
        )
        assert token in hidden or not (made or hidden_texts(token)), token


@given(st.text())
def test_folding_by_a_table_is_folding_each_character(text):
    assert fold(text) == "".join(map(fold_character, text)) or text.isascii()


@given(st.text())
def test_what_is_not_disguised_stays_as_it_is(text):
    assert is_disguised(text) or plain_map(text)[0] == text


@given(st.text("%\\&^[=0123ABDFxu;amp{} ", max_size=20))
@settings(max_examples=300)
def test_a_text_without_the_signs_of_escapes_has_none(text):
    if not may_be_escaped(text):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("scrubbers.decoding.may_be_escaped", lambda _text: True)
            assert decoded(text) is None
            assert not list(partly_decoded(text))
