"""The last search sees through compression, and trusts nothing it cannot expand."""

import gzip
import zlib

import pytest
import zstandard

from reports import final_search
from reports.compose import search
from reports.errors import WithheldError
from reports.final_search import expansions, tripped
from reports.payload import make_payload
from scrubbers import Identity

QUARLES = Identity(user="quarlesz", home="/home/quarlesz")
NAMING = b"frame in /home/quarlesz/x " * 3
COMPRESSED = {
    "gzip": gzip.compress(NAMING),
    "zlib": zlib.compress(NAMING),
    "zstandard": zstandard.ZstdCompressor().compress(NAMING),
    "zstandard stream": zstandard.ZstdCompressor().compressobj().compress(b"")
    + zstandard.ZstdCompressor(level=19).compress(NAMING),
    "gzip inside": b'{"type":"attachment"}\n' + gzip.compress(NAMING) + b"\n",
    "gzip, cut": gzip.compress(NAMING)[:-6],
}


@pytest.mark.parametrize("name", COMPRESSED)
def test_a_name_in_compressed_bytes_is_found(name):
    assert tripped([("envelope", COMPRESSED[name])], QUARLES) == (
        "home:envelope",
        "user:envelope",
    )


def test_a_payload_with_such_bytes_is_withheld():
    payload = make_payload(
        id="0" * 32,
        category="crash",
        report_json=b"{}",
        envelope=COMPRESSED["gzip inside"],
        items=(),
    )
    with pytest.raises(WithheldError) as refused:
        search(payload, QUARLES)
    assert refused.value.rules == ("home:envelope", "user:envelope")


def test_plain_bytes_are_searched_as_they_are():
    assert tripped([("event", NAMING), ("report", b"none")], QUARLES) == (
        "home:event",
        "user:event",
    )


def test_the_field_is_told_where_one_field_says_it():
    report = b'{"program": "x", "threads": [{"frames": [{"file": "/home/quarlesz"}]}]}'
    assert tripped([("report", report)], QUARLES) == (
        "home:report.threads.frames.file",
        "user:report.threads.frames.file",
    )


def test_a_key_that_names_the_person_is_not_told():
    report = b'{"tags": {"quarlesz": {"name": "in /home/quarlesz"}}}'
    told = tripped([("report", report)], QUARLES)
    assert told == ("home:report.tags.name", "user:report.tags.name")


def test_what_only_looks_compressed_gives_nothing():
    for start in (b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"\x78\x9c"):
        assert list(expansions(start + b"no such stream" * 9)) == []


@pytest.mark.parametrize(
    "pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"]
)
def test_what_expands_beyond_measure_is_withheld(pack, monkeypatch):
    monkeypatch.setattr(final_search, "MOST_BYTES", 100_000)
    bomb = pack(bytes(5_000_000))
    assert tripped([("minidump.dmp", bomb)], Identity()) == ("unreadable:minidump.dmp",)


def test_too_many_starts_are_not_trusted():
    data = b"\x1f\x8b\x08 " * 100
    assert tripped([("event", data)], Identity()) == ("unreadable:event",)
