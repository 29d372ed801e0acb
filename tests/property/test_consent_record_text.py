"""The consent record under edits of its bytes."""

from __future__ import annotations

import importlib.util
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from reports.consent.record import Category, Choice, ConsentRecord, Given, State
from reports.consent.record_text import log_bytes, parse_log, parse_record, record_bytes

NAME = Path(__file__).parent.parent / "fuzz" / "consent_record.py"
SPEC = importlib.util.spec_from_file_location("fuzz_consent_record", NAME)
FUZZ = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(FUZZ)

CHOICES = tuple(
    Choice(
        category=category,
        state=state,
        sequence=1_772_366_400_000 + number,
        given=datetime(2026, 3, 1, 12, tzinfo=UTC),
        how=Given.PROMPT,
        policy_version=1,
        disclosure_sha256="0123456789abcdef" * 4,
        application_version="0.1.0",
    )
    for number, (category, state) in enumerate(
        [(Category.CRASH, State.ALWAYS), (Category.USAGE, State.REFUSED)]
    )
)
RECORD, LOG = record_bytes(ConsentRecord(CHOICES)), log_bytes(CHOICES)
WORDS = [b"always", b"granted", b"null", b"1e400", b"-1", b'"', b"{", b"2", b"\\ud800"]


@given(st.binary(max_size=300))
@example(RECORD)
@example(LOG)
@example(RECORD.replace(b"Z", b"-23:59").replace(b"2026", b"9999"))
def test_any_bytes(data):
    FUZZ.TARGET(data)


@given(
    st.sampled_from([RECORD, LOG]),
    st.integers(0, len(RECORD)),
    st.integers(0, 20),
    st.sampled_from(WORDS) | st.binary(max_size=8),
)
def test_any_edit_of_a_good_file(data, at, cut, insert):
    FUZZ.TARGET(data[:at] + insert + data[at + cut :])


def test_the_good_files_are_good():
    assert parse_record(RECORD).choices == CHOICES
    assert parse_log(LOG) == CHOICES


@given(st.integers(0, len(RECORD) - 3))
def test_no_beginning_of_a_record_is_a_record(length):
    refused = False
    try:
        parse_record(RECORD[:length])
    except FUZZ.NotBelievedError:
        refused = True
    assert refused
