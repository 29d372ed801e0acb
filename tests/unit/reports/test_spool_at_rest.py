"""Files at rest: frames with our dictionary; what is no such frame; what is older."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import zstandard

from reports.errors import StorageError
from reports.home import open_home
from reports.lifecycle import State
from reports.rights.export import export
from reports.spool import at_rest
from reports.spool.at_rest import packed, true_size, unpacked
from reports.spool.damage import NewerEntryError
from reports.spool.directory import Spool
from reports.spool.retention import Drop
from reports.spool.summary import SummaryReason
from reports.spool.sweep import Swept, sweep
from reports.spool.trim import trim
from tests.benchmarks import spool_dictionary
from tests.doubles.made_up_reports import made_up_payloads
from tests.doubles.odd_entries import foreign_frame
from tests.doubles.relay_opinion import opinion
from tests.doubles.requirement import require
from tests.doubles.sample_payload import sample_payload
from tests.doubles.stored_bytes import SPOOL
from tests.doubles.upload_bench import drainer, queue, spool_at

ROOT = Path(__file__).parents[3]
TEXT = b'{"schema":1,"category":"crash","reason":{"kind":"signal"}}' * 40
LIMIT = 64 * 1024


class TestFrames:
    @pytest.mark.parametrize(
        "data",
        [b"", b"x", TEXT, os.urandom(LIMIT), bytes(LIMIT)],
        ids=["empty", "a byte", "text", "random", "zeros"],
    )
    def test_come_back_as_they_were(self, data):
        frame = packed(data)
        assert unpacked(frame, LIMIT) == data
        assert true_size(frame[: at_rest.HEAD_BYTES], LIMIT) == len(data)
        assert len(frame) <= at_rest.most_packed(len(data))

    def test_the_tool_expands_them_with_the_file_that_is_shipped(self, tmp_path):
        tool = shutil.which("zstd")
        require(tool, "zstd is missing", "apt-get install zstd")
        frame = tmp_path / "report.json.zst"
        frame.write_bytes(packed(TEXT))
        words = SPOOL / f"dictionary-{at_rest.NEWEST}.bin"
        done = subprocess.run(
            [tool, "-d", "-c", "-D", words, frame], check=True, capture_output=True
        )
        assert done.stdout == TEXT

    def test_one_that_claims_too_much_is_not_expanded(self):
        bomb = zstandard.ZstdCompressor().compress(bytes(LIMIT + 1))
        assert len(bomb) < 64
        with pytest.raises(StorageError, match="expands to more than 65536 bytes"):
            unpacked(bomb, LIMIT)
        with pytest.raises(StorageError, match="expands to more than"):
            true_size(bomb, LIMIT)

    def test_one_that_holds_more_than_it_claims(self):
        """The size is 4 bytes at offset 5: after magic and descriptor, no window."""
        bomb = bytearray(zstandard.ZstdCompressor().compress(bytes(1 << 26)))
        assert zstandard.get_frame_parameters(bytes(bomb)).content_size == 1 << 26
        where = bytes(bomb).index((1 << 26).to_bytes(4, "little"))
        bomb[where : where + 4] = (1000).to_bytes(4, "little")
        assert true_size(bytes(bomb), LIMIT) == 1000
        with pytest.raises(StorageError, match="does not expand"):
            unpacked(bytes(bomb), LIMIT)

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"{}",
            TEXT,
            b"\x28\xb5\x2f",
            zstandard.ZstdCompressor().compressobj().compress(b"")
            + b"\x28\xb5\x2f\xfd",
            zstandard.ZstdCompressor(write_content_size=False).compress(TEXT),
            b"\x50\x2a\x4d\x18\x04\0\0\0more",
            packed(TEXT) + b"\n",
            packed(TEXT) * 2,
            b"\x50\x2a\x4d\x18\x04\0\0\0more" + packed(TEXT),
            packed(TEXT) + b"\x50\x2a\x4d\x18\x04\0\0\0more",
        ],
        ids=range(11),
    )
    def test_nothing_else_passes_for_one(self, data):
        with pytest.raises(StorageError):
            unpacked(data, LIMIT)

    def test_not_one_cut_anywhere(self):
        frame = packed(TEXT)
        for end in range(len(frame)):
            with pytest.raises(StorageError):
                unpacked(frame[:end], LIMIT)

    def test_a_changed_byte_anywhere_changes_no_content(self):
        frame = packed(TEXT)
        for at in range(len(frame)):
            for bit in range(8):
                broken = bytearray(frame)
                broken[at] ^= 1 << bit
                try:
                    assert unpacked(bytes(broken), LIMIT) == TEXT
                except StorageError:
                    continue


class TestDictionary:
    def test_each_is_shipped_as_it_is_named(self):
        files = {path.name: path.read_bytes() for path in SPOOL.glob("*.bin")}
        told = {
            f"dictionary-{number}.bin": check
            for number, check in at_rest.DICTIONARIES.items()
        }
        assert {name: zlib.crc32(data) for name, data in files.items()} == told
        for number in at_rest.DICTIONARIES:
            data = files[f"dictionary-{number}.bin"]
            assert zstandard.ZstdCompressionDict(data).dict_id() == number
        assert max(at_rest.DICTIONARIES) == at_rest.NEWEST

    def test_training_gives_the_same_bytes_again(self):
        once = spool_dictionary.train(50_009, reports=25, size=4096)
        assert once == spool_dictionary.train(50_009, reports=25, size=4096)
        assert zstandard.ZstdCompressionDict(once).dict_id() == 50_009

    def test_it_pays_on_reports_it_was_not_trained_with(self):
        alone = zstandard.ZstdCompressor(level=at_rest.LEVEL)
        sizes = {"small": [0, 0], "large": [0, 0]}
        for payload in made_up_payloads(40, seed=7):
            for data in (payload.report_json, payload.envelope):
                size = sizes["small" if len(data) < 4096 else "large"]
                size[0] += len(packed(data))
                size[1] += len(alone.compress(data))
        print(f"bytes with and without our dictionary: {sizes}")
        assert sizes["small"][0] < 0.6 * sizes["small"][1]
        assert sizes["large"][0] < 0.9 * sizes["large"][1]

    def test_nobody_is_in_it(self):
        for path in SPOOL.glob("*.bin"):
            texts = re.findall(rb"[ -~]{6,}", path.read_bytes())
            assert len(texts) > 20
            assert opinion([text.decode("ascii") for text in texts]) == []


IN_A_COPY = """
import sys
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from reports.home import open_home
from reports.spool.directory import Spool
from reports.errors import StorageError
from tests.doubles.sample_payload import sample_payload
spool = Spool(open_home(Path(sys.argv[1])))
for found in spool.walk():
    try:
        print(spool.read(found.id).summary.id)
    except StorageError as error:
        print(type(error).__name__)
print(spool.read(spool.add(sample_payload("b" * 32)).id).summary.id)
"""


@pytest.mark.parametrize("fault", ["missing", "changed"])
def test_without_its_dictionary_nothing_is_lost(tmp_path, fault):
    """An upgrade may take it away while a terminal runs."""
    copy, home = tmp_path / "copy", tmp_path / "home"
    for package in ("reports", "scrubbers"):
        shutil.copytree(ROOT / package, copy / package)
    (copy / "tests").symlink_to(ROOT / "tests")
    (words,) = (copy / "reports" / "spool").glob("*.bin")
    if fault == "missing":
        words.unlink()
    else:
        words.write_bytes(words.read_bytes()[::-1])
    Spool(open_home(home)).add(sample_payload("a" * 32))
    done = subprocess.run(
        [sys.executable, "-B", "-c", IN_A_COPY, home],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["NewerEntryError", "b" * 32]
    spool = Spool(open_home(home))
    assert {spool.read(found.id).summary.id for found in spool.walk()} == {
        "a" * 32,
        "b" * 32,
    }


class TestANewerVersionsEntry:
    @pytest.fixture
    def newer(self, spool):
        """A queued report whose files need a dictionary that we do not have."""
        payload = queue(spool)
        folder = spool.home.in_state(State.QUEUED) / payload.id
        for name, data in (
            ("report.json.zst", payload.report_json),
            ("envelope.zst", payload.envelope),
        ):
            (folder / name).write_bytes(foreign_frame(data, at_rest.NEWEST + 1))
        return payload

    def test_is_kept_and_told(self, spool, newer):
        assert sweep(spool) == Swept()
        (row,) = spool.list_reports()
        assert (row.id, row.state, row.category) == (newer.id, State.QUEUED, "unknown")
        assert row.reason == SummaryReason("newer_version")
        assert row.stored_bytes > 0
        with pytest.raises(NewerEntryError, match="dictionary 50002") as told:
            spool.read(newer.id)
        assert "It is kept" in told.value.hint

    def test_is_not_sent_and_holds_nobody_up(self, spool, newer, receiver, time):
        good = queue(spool)
        result = drainer(spool, receiver, time)()
        assert result.sent == [good.id]
        assert [held.id for held in result.kept] == [newer.id]
        assert "a newer crashwatch" in result.kept[0].why
        assert spool.find(newer.id).state is State.QUEUED
        assert spool.ledger() == ()

    def test_grows_old_like_any_other(self, spool, newer, time):
        other = queue(spool)
        time.now = datetime.now(UTC) + timedelta(days=20)  # the folder's time is real
        assert newer.id not in {drop.id for drop in trim(spool)}
        time.advance(2 * 86_400)
        assert Drop(newer.id, "too old") in trim(spool)
        assert spool.list_reports() == ()
        assert {line.id for line in spool.ledger()} == {newer.id, other.id}

    def test_is_exported_as_it_is(self, spool, newer, tmp_path):
        done = export(spool, tmp_path / "out.zip", {})
        assert "newer crashwatch" in done.left_out[f"reports/{newer.id}.json"]


class TestAnOlderVersionsEntries:
    """As crashwatch wrote them before it compressed: ``fixtures/spool``."""

    IDS = ("a" * 32, "b" * 32, "c" * 32)

    @pytest.fixture
    def spool(self, tmp_path, time):
        spool = spool_at(tmp_path, time)
        shutil.copytree(
            ROOT / "fixtures/spool/uncompressed", spool.home.root / "reports"
        )
        for path in (spool.home.root / "reports").rglob("*"):
            path.chmod(0o700 if path.is_dir() else 0o600)
        (spool.home.root / "reports").chmod(0o700)
        return spool

    def test_are_listed_read_and_left_alone(self, spool):
        assert sweep(spool) == Swept()
        rows = {row.id: row for row in spool.list_reports()}
        states = [State.PENDING, State.QUEUED, State.SENT]
        assert [rows[i].state for i in self.IDS] == states
        for found in spool.walk():
            bare = (spool.folder(found) / "envelope").read_bytes()
            stored = spool.read(found.id)
            assert stored.envelope == bare
            assert rows[found.id].bytes == len(bare)
            assert rows[found.id].stored_bytes > len(bare)
            assert json.loads(stored.report_json)["id"] == found.id
        assert spool.read("c" * 32).sent_envelope.startswith(b'{"event_id":"ccc')

    def test_are_agreed_to_and_sent(self, spool, receiver, time):
        pending = spool.read("a" * 32)
        spool.approve("a" * 32, {i.sha256 for i in pending.items}, how="prompt")
        result = drainer(spool, receiver, time)()
        assert sorted(result.sent) == ["a" * 32, "b" * 32]
        for request in receiver.requests:
            there = spool.read(request.event_id).items[0].data
            assert there in request.envelope

    def test_are_exported_and_discarded(self, spool, tmp_path):
        done = export(spool, tmp_path / "out.zip", {})
        assert (done.reports, done.left_out) == (3, {})
        for report_id in self.IDS:
            spool.discard(report_id)
        assert spool.list_reports() == ()
