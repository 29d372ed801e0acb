import string

from hypothesis import given, settings
from hypothesis import strategies as st

from scrubbers import scrub, scrub_text, scrub_tree
from scrubbers.identity import as_identity
from scrubbers.policy import policy_for
from scrubbers.text import find_spans

PERSON = {
    "user": "quarlesz",
    "home": "/home/quarlesz",
    "full_name": "Zoë Quarles",
    "host": "rabbit-77",
    "email": "zq@hole.example",
}
PIECES = st.sampled_from(
    [
        "/home/", "C:\\Users\\", "\\\\", "quarlesz", "Zoë Quarles", "rabbit-77", "zo",
        "zq@hole.example", "password=", "--token ", '"user": "', "<secret>", "<home>",
        "%2F", "\\x61", "\\u00eb", "\x1b[31m", "\x1b]0;", "\x07", "a" * 20, "4111 1111",
        " 1111 1111", "10.1.2.3", "::1", "aa:bb:cc", "~", "'", '"', "\n", " ", "/", ".",
        "=", "&amp;", "YWxpY2U=", "-----BEGIN PRIVATE KEY-----", "\u200b", "名", "e\u0301",  # noqa: E501 - a pattern or table reads better whole
        "ghp_", "DE89", "https://", "a@b", ":", ",", "File ", ", line 3", "\\", "\x00",
    ]
)  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=80),
    st.text(string.printable, max_size=80),
    st.lists(PIECES, max_size=14).map("".join),
)


@given(TEXTS)
@settings(max_examples=400)
def test_scrubbing_twice_changes_nothing(text):
    once = scrub_text(text, identity=PERSON)
    assert scrub_text(once, identity=PERSON) == once


@given(TEXTS)
@settings(max_examples=300)
def test_the_output_is_bounded_and_no_rule_fails(text):
    result = scrub(text, identity=PERSON)
    assert len(result.text) <= 11 * len(text) + 9
    assert "error" not in {found.rule for found in result.findings}


@given(TEXTS, TEXTS)
@settings(max_examples=300)
def test_a_known_login_never_survives(before, after):
    result = scrub_text(f"{before}quarlesz{after}", identity=PERSON)
    assert "quarlesz" not in result.lower()


@given(TEXTS)
@settings(max_examples=300)
def test_an_innocent_line_has_nothing_to_find(text):
    policy = policy_for(as_identity(PERSON))
    line = text.replace("\n", " ")
    if policy.innocence.holds(line):
        assert find_spans(policy, line) == []


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), TEXTS),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)
        ),
        max_leaves=12,
    )
)
@settings(max_examples=100)
def test_no_tree_fails_and_none_keeps_the_login(tree):
    result, findings = scrub_tree({"x": tree, "y": "quarlesz"}, identity=PERSON)
    assert "quarlesz" not in str(result).lower()
    assert "error" not in {found.rule for found in findings}


FOLDERS = st.lists(
    st.sampled_from(["home", "quarlesz", "Zoë Quarles", "lib", "python3.11", "a", "b"]),
    min_size=1,
    max_size=5,
).map(lambda parts: "/" + "/".join(parts))
FILES = st.sampled_from(
    ["x.py", "quarlesz.py", "site-packages.py", "ghp_aaaaaaaaaaaa.py"]
)


@given(st.lists(st.tuples(FOLDERS, FILES), min_size=1, max_size=4))
@settings(max_examples=200)
def test_what_a_frame_becomes_does_not_depend_on_those_before_it(places):
    frames = [f'  File "{folder}/{file}", line 3, in run' for folder, file in places]
    together = scrub_text("\n".join(frames), identity=PERSON).split("\n")
    assert together == [scrub_text(frame, identity=PERSON) for frame in frames]
