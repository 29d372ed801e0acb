"""The fuzz target of ``scrub_text``, replayed on the corpora's texts and torn ones."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.doubles import corpus, other_corpus
from tests.fuzz.scrub_text import TARGET

SEEDS = [
    *(case.text.encode() for case in corpus.cases(20261125, 60)),
    *(case.text.encode() for case in other_corpus.cases(20261125, 60)),
]


def test_the_corpora_hold_the_invariant():
    for seed in SEEDS:
        TARGET(seed)


@given(st.binary(max_size=120))
@settings(max_examples=150)
def test_any_bytes_hold_it(data):
    TARGET(data)


@given(
    st.sampled_from(SEEDS),
    st.integers(0, 400),
    st.integers(0, 9),
    st.binary(max_size=6),
)
@settings(max_examples=150)
def test_a_torn_text_holds_it(seed, at, cut, insert):
    TARGET(seed[:at] + insert + seed[at + cut :])
