"""The disclosure names everything there is."""

from __future__ import annotations

import struct
import typing

import msgspec
import pytest

from reports.consent.disclosure import (
    POLICY_VERSION,
    KeptFor,
    Metric,
    disclosure_sha256,
    disclosure_text,
    terms_of,
)
from reports.consent.disclosure_fields import MINIDUMP, PARTS
from reports.consent.record import Category
from reports.crash_report import CrashReport
from reports.minidump import write_minidump
from reports.minidump.structures import StreamType
from reports.sanitize import sanitize
from scrubbers import Identity
from tests.doubles.sample_snapshot import sample


def structs_in(kind, found):
    """Every struct that a value of ``kind`` can hold, by walking its annotations."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        if kind not in found:
            found.add(kind)
            for hint in typing.get_type_hints(kind).values():
                structs_in(hint, found)
        return found
    for argument in typing.get_args(kind):
        structs_in(argument, found)
    return found


def test_the_walk_finds_the_types():
    assert len(structs_in(CrashReport, set())) >= 9


def test_every_type_of_a_report_is_described():
    assert {part.described for part in PARTS} == structs_in(CrashReport, set())
    assert len(PARTS) == len({part.described for part in PARTS})


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.described.__name__)
def test_every_field_is_named_with_its_purpose(part):
    assert tuple(name for name, _ in part.fields) == part.described.__struct_fields__
    assert all(purpose for _, purpose in part.fields)


def test_every_field_and_category_is_in_the_text():
    lines = disclosure_text().splitlines()
    starts = {line.split()[0] for line in lines if line.strip()}
    names = {name for part in PARTS for name, _ in part.fields}
    assert names <= starts
    assert {category.value for category in Category} <= starts


@pytest.mark.parametrize(
    "said",
    [
        "GDPR Art. 6(1)(a)",
        "crashwatch consent revoke",
        "crashwatch export --output",
        "crashwatch reports discard ID",
        "DO_NOT_TRACK",
        "--no-telemetry",
        "data protection authority",
        "Nowhere. No endpoint is configured",
        "30 days for your answer",
    ],
)
def test_what_the_law_wants_said_is_said(said):
    assert said in " ".join(disclosure_text().split())


def test_recipient_controller_limits_and_metrics_are_named():
    text = disclosure_text(
        recipient="crashes.example.org",
        controller="Made-up Terminals Ltd.",
        kept=KeptFor(pending=7, server=60),
        metrics=[Metric("tabs/opened", Category.FEATURES, "how many tabs")],
    )
    for said in (
        "To crashes.example.org, encrypted",
        "Made-up Terminals Ltd.",
        "7 days for your answer",
        "60 days",
        "tabs/opened",
    ):
        assert said in text
    assert "Nowhere" not in text


def test_the_text_fits_a_terminal():
    text = disclosure_text(recipient="crashes.example.org")
    assert max(len(line) for line in text.splitlines()) <= 78
    assert text.isascii()
    assert text.endswith("\n")
    assert not any(line != line.rstrip() for line in text.splitlines())


def test_any_change_changes_what_consent_is_bound_to():
    here = disclosure_text(recipient="a.example.org")
    there = disclosure_text(recipient="b.example.org")
    assert disclosure_sha256(here) != disclosure_sha256(there)
    assert disclosure_sha256(here) == disclosure_sha256(str(here))
    terms = terms_of(here)
    assert terms.policy_version == POLICY_VERSION
    assert terms.disclosure_sha256 == disclosure_sha256(here)


def streams_of(dump):
    """The numbers of a minidump's streams, by the public layout of its header."""
    count, directory = struct.unpack_from("<II", dump, 8)
    return [
        struct.unpack_from("<I", dump, directory + 12 * number)[0]
        for number in range(count)
    ]


def test_every_stream_of_a_minidump_is_named_and_no_other():
    picture = sanitize(sample(), identity=Identity())
    dump = write_minidump(picture, {"release": "r@1"}, b"[]")
    named = [stream.name for stream in MINIDUMP]
    assert sorted(named) == sorted(StreamType(n).name for n in streams_of(dump))
    text = disclosure_text()
    for stream in MINIDUMP:
        assert f"    {stream.title} " in text
