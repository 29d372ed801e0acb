"""The export: everything that is held, checked against the store file by file."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import zipfile
from datetime import UTC, datetime

import pytest
import zstandard

from reports.consent.record import Category, Given, Occasion, Terms
from reports.consent.record_file import grant
from reports.errors import StorageError
from reports.home import open_home
from reports.identity import open_secret
from reports.lifecycle import Event, State
from reports.rights.export import export
from reports.spool.directory import Spool
from reports.spool.records import Withheld
from tests.doubles.sample_payload import digests, sample_payload
from tests.doubles.sample_receipt import sample_receipt
from tests.doubles.stored_bytes import stored_file

NOW = datetime(2026, 3, 5, tzinfo=UTC)


@pytest.fixture
def spool(tmp_path):
    return Spool(open_home(tmp_path / "home"), now=lambda: NOW)


@pytest.fixture
def full(spool):
    """A home with a report in each state, choices, a secret and counters."""
    home = spool.home
    occasion = Occasion(Given.CLI, NOW, Terms(1, "0" * 64), "0.1.0")
    grant(home.consent_record, home.consent_log, [Category.USAGE], occasion)
    open_secret(home.identity)
    ids = {}
    for state in (State.PENDING, State.QUEUED, State.SENT, State.QUARANTINE):
        payload = sample_payload(minidump=b"MDMP" + os.urandom(5000))
        ids[state] = payload.id
        spool.add(payload)
        if state in (State.QUEUED, State.SENT):
            spool.approve(payload.id, digests(payload), how="prompt")
        if state is State.SENT:
            spool.deliver(sample_receipt(payload))
        if state is State.QUARANTINE:
            spool.set_aside(payload.id, Event.SUSPECT, "a test")
    ids[State.WITHHELD] = "1" * 32
    spool.withhold(
        Withheld(id="1" * 32, category="crash", created=NOW, rules=("home",))
    )
    gone = sample_payload()
    spool.add(gone)
    spool.discard(gone.id)
    counts = home.make_folder(home.usage) / "2026-03-04.counts"
    counts.write_bytes(b"\x00counted")
    counts.chmod(0o600)
    ids["gone"] = gone.id
    return ids


def opened(path):
    """Everything in an archive, its manifest checked against its content."""
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        found = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(found.pop("manifest.json"))
    told = {row["path"]: (row["bytes"], row["sha256"]) for row in manifest["files"]}
    real = {n: (len(d), hashlib.sha256(d).hexdigest()) for n, d in found.items()}
    assert told == real
    return found


def test_it_holds_everything_byte_for_byte(spool, full, tmp_path):
    done = export(spool, tmp_path / "out.zip", {"choices.json": {"a": 1}})
    found = opened(tmp_path / "out.zip")
    root = spool.home.root
    held = {
        f"held/{path.relative_to(root)}": path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
        and path.name
        not in ("identity", ".lock", ".reserve", ".reserve-line", ".tidied")
    }
    assert {n: d for n, d in found.items() if n.startswith("held/")} == held
    assert done.left_out == {"identity": "the secret of the anonymous id"}
    assert done.files == len(found)
    assert full


def test_what_lies_compressed_is_there_as_it_leaves_and_can_be_expanded(
    spool, full, tmp_path
):
    export(spool, tmp_path / "out.zip", {})
    found = opened(tmp_path / "out.zip")
    for state in (State.PENDING, State.QUEUED, State.SENT, State.QUARANTINE):
        report_id = full[state]
        envelope = found[f"reports/{report_id}.envelope"]
        assert envelope == spool.read(report_id).envelope
        frame = found[f"held/reports/{state.value}/{report_id}/envelope.zst"]
        number = zstandard.get_frame_parameters(frame).dict_id
        words = found[f"dictionaries/dictionary-{number}.bin"]
        reader = zstandard.ZstdDecompressor(zstandard.ZstdCompressionDict(words))
        assert reader.decompress(frame) == envelope


def test_each_report_is_json_in_its_state(spool, full, tmp_path):
    export(spool, tmp_path / "out.zip", {})
    found = opened(tmp_path / "out.zip")
    for state in (State.PENDING, State.QUEUED, State.SENT, State.QUARANTINE):
        document = json.loads(found[f"reports/{full[state]}.json"])
        stored = spool.read(full[state])
        assert document["state"] == state.value
        assert document["report"] == json.loads(stored.report_json)
        assert document["event"] == json.loads(stored.items[0].data)
        assert [item["sha256"] for item in document["items"]] == [
            item.sha256 for item in stored.items
        ]
    sent = json.loads(found[f"reports/{full[State.SENT]}.json"])
    assert sent["receipt"]["host"] == "127.0.0.1:1"
    assert sent["approval"]["how"] == "prompt"
    withheld = json.loads(found[f"reports/{full[State.WITHHELD]}.json"])
    assert withheld["withheld"]["rules"] == ["home"]
    listed = json.loads(found["reports.json"])
    assert len(listed["stored"]) == 5
    assert full["gone"] in [line["id"] for line in listed["gone"]]


def test_every_document_is_json_and_the_secret_is_nowhere(spool, full, tmp_path):
    export(spool, tmp_path / "out.zip", {})
    found = opened(tmp_path / "out.zip")
    for name, data in found.items():
        if name.endswith(".json"):
            json.loads(data)
    secret = spool.home.identity.read_bytes()
    assert secret not in (tmp_path / "out.zip").read_bytes()
    assert not any(secret in data for data in found.values())
    assert b"manifest.json" in found["README.txt"]
    assert full


def test_it_is_private_and_leaves_nothing_beside_it(spool, tmp_path):
    previous = os.umask(0)
    try:
        export(spool, tmp_path / "out.zip", {})
    finally:
        os.umask(previous)
    assert stat.S_IMODE((tmp_path / "out.zip").stat().st_mode) == 0o600
    assert {p.name for p in tmp_path.iterdir()} == {"home", "out.zip"}


def test_the_home_is_not_changed(spool, full, tmp_path):
    def look():
        return {
            p: (p.stat().st_mtime_ns, p.stat().st_size)
            for p in spool.home.root.rglob("*")
        }

    before = look()
    export(spool, tmp_path / "out.zip", {})
    assert look() == before
    assert full


class TestRefusals:
    def test_a_file_that_is_there_stays(self, spool, tmp_path):
        (tmp_path / "out.zip").write_text("mine")
        with pytest.raises(StorageError, match="is there already"):
            export(spool, tmp_path / "out.zip", {})
        assert (tmp_path / "out.zip").read_text() == "mine"
        export(spool, tmp_path / "out.zip", {}, force=True)
        opened(tmp_path / "out.zip")

    def test_one_that_comes_meanwhile_stays_too(self, spool, full, tmp_path):
        def somebody(_done, _all):
            (tmp_path / "out.zip").write_text("theirs")

        with pytest.raises(StorageError, match="is there already"):
            export(spool, tmp_path / "out.zip", {}, progress=somebody)
        assert (tmp_path / "out.zip").read_text() == "theirs"
        assert {p.name for p in tmp_path.iterdir()} == {"home", "out.zip"}
        assert full

    def test_a_link_is_not_followed(self, spool, tmp_path):
        (tmp_path / "victim").write_text("mine")
        (tmp_path / "out.zip").symlink_to(tmp_path / "victim")
        with pytest.raises(StorageError, match="is there already"):
            export(spool, tmp_path / "out.zip", {})
        export(spool, tmp_path / "out.zip", {}, force=True)
        assert (tmp_path / "victim").read_text() == "mine"

    def test_not_into_the_home(self, spool):
        for place in (spool.home.root / "x.zip", spool.home.reports / "x.zip"):
            with pytest.raises(StorageError, match="may not lie in the folder"):
                export(spool, place, {})

    def test_not_where_nothing_can_be_written(self, spool, tmp_path):
        with pytest.raises(StorageError, match="could not be written: No such file"):
            export(spool, tmp_path / "nowhere" / "x.zip", {})


def test_a_link_in_the_home_is_told_and_not_followed(spool, full, tmp_path):
    (tmp_path / "private").write_text("a person's own words")
    (spool.home.root / "link").symlink_to(tmp_path / "private")
    (spool.home.root / "folder").symlink_to(tmp_path)
    done = export(spool, tmp_path / "out.zip", {})
    assert done.left_out["link"] == "not a regular file"
    assert done.left_out["folder"] == "not a regular file"
    assert not any(
        b"own words" in data for data in opened(tmp_path / "out.zip").values()
    )
    assert full


def test_a_damaged_report_is_exported_as_it_is(spool, full, tmp_path):
    folder = spool.home.in_state(State.PENDING) / full[State.PENDING]
    stored_file(folder, "report.json").write_bytes(b"{not json")
    done = export(spool, tmp_path / "out.zip", {})
    found = opened(tmp_path / "out.zip")
    name = f"reports/pending/{full[State.PENDING]}/report.json.zst"
    assert found[f"held/{name}"] == b"{not json"
    assert f"reports/{full[State.PENDING]}.json" in done.left_out


def test_an_empty_home_gives_an_honest_archive(tmp_path):
    spool = Spool(open_home(tmp_path / "home"))
    done = export(spool, tmp_path / "out.zip", {})
    assert done.reports == 0
    assert json.loads(opened(tmp_path / "out.zip")["reports.json"])["stored"] == {}
