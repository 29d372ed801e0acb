"""Erasing: nothing left in the folder, nor in the blocks of a real file system."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from reports.consent.record import Category, Given, Occasion, Terms
from reports.consent.record_file import grant
from reports.home import open_home
from reports.identity import anonymous_id, open_secret
from reports.lifecycle import State
from reports.rights.erase import erase_files, verify
from reports.spool.directory import Spool
from reports.spool.records import Receipt, digest_of
from reports.upload.dsn import parse_dsn
from reports.upload.requests import waiting_requests
from tests.doubles.command_line import answer_here, environment
from tests.doubles.local_receiver import Receiver
from tests.doubles.sample_payload import digests, sample_payload
from tests.doubles.target_program import running

pytestmark = pytest.mark.process

CANARY = "quillwortcanary"
NOW = datetime.now(UTC)


def fill(home):
    """Reports in several states, choices, a secret; a canary in each content."""
    spool = Spool(home)
    made = {}
    for state in (State.PENDING, State.QUEUED, State.SENT, None):
        payload = sample_payload(
            padding=CANARY, minidump=(CANARY.encode() + os.urandom(3000)) * 5
        )
        made[state] = payload.id
        spool.add(payload)
        if state in (State.QUEUED, State.SENT):
            spool.approve(payload.id, digests(payload), how="prompt")
        if state is State.SENT:
            spool.deliver(receipt(payload))
        if state is None:
            spool.discard(payload.id)
    occasion = Occasion(Given.CLI, NOW, Terms(1, "0" * 64), "0.1.0")
    grant(home.consent_record, home.consent_log, [Category.USAGE], occasion)
    counts = home.make_folder(home.usage) / "2026-03-04.counts"
    counts.write_bytes(CANARY.encode() * 100)
    counts.chmod(0o600)
    return made


def receipt(payload, host="127.0.0.1:1"):
    return Receipt(
        id=payload.id,
        when=NOW,
        host=host,
        status=200,
        event_id=payload.id,
        encoding="gzip",
        wire_bytes=900,
        sent_at="2026-03-05T00:00:00Z",
        items=tuple(map(digest_of, payload.items)),
    )


@pytest.fixture
def home(crashwatch_home):
    return open_home(crashwatch_home)


@pytest.fixture
def tell(capfd, monkeypatch):
    def tell(*words, **variables):
        with monkeypatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            return answer_here(capfd, *words)

    return tell


def test_nothing_is_left_in_the_folder(home, tell):
    fill(home)
    told = tell("erase", "--yes")
    assert told.status == 0, told
    assert "looked again: nothing is left." in told.out
    assert "no program can reach" in told.out
    # Without an endpoint the request waits for the server in the receipt.
    assert [p.name for p in home.root.iterdir()] == ["deletion"]


def test_settings_and_refusals_stay_and_grants_do_not(home, tell):
    (home.root / "config.toml").write_text('release = "1"\n')
    (home.root / "config.toml").chmod(0o600)
    tell("consent", "grant", "usage")
    tell("consent", "revoke", "crash")
    tell("erase", "--yes")
    shown = json.loads(tell("consent", "show", "--json").out)
    assert [row["state"] for row in shown] == ["never", *["unset"] * 4]
    assert len(home.consent_log.read_text().splitlines()) == 1
    assert (home.root / "config.toml").read_text() == 'release = "1"\n'
    assert not home.identity.exists()


def test_the_request_holds_numbers_and_the_day_and_nothing_else(home, tell):
    made = fill(home)
    secret = open_secret(home.identity)
    with Receiver() as receiver:
        tell("erase", "--yes", CRASHWATCH_DSN=receiver.dsn)
        (request,) = receiver.requests
    head, _, event, *_ = request.envelope.split(b"\n")
    asked = json.loads(event)
    extra = asked.pop("extra")
    endpoint = parse_dsn(receiver.dsn)
    day = NOW.date().isoformat()
    assert extra == {
        "schema": 1,
        "day": day,
        # Sent elsewhere before: that one's request waits for the other server.
        "event_ids": sorted([made[State.QUEUED]]),
        "anonymous_ids": [anonymous_id(secret, NOW, endpoint.scope)],
    }
    assert asked == {
        "event_id": json.loads(head)["event_id"],
        "timestamp": f"{day}T00:00:00Z",
        "platform": "other",
        "level": "info",
        "logger": "crashwatch.deletion",
        "logentry": {"formatted": "crashwatch deletion request"},
        "fingerprint": ["crashwatch deletion request"],
        "tags": {"category": "deletion"},
    }
    (other,) = waiting_requests(home)
    assert other.place == "127.0.0.1:1"
    assert other.request.event_ids == (made[State.SENT],)


@pytest.mark.parametrize(
    "variables",
    [{}, {"DO_NOT_TRACK": "1"}, {"CRASHWATCH_NO_TELEMETRY": "1"}],
    ids=["revoked", "DO_NOT_TRACK", "CRASHWATCH_NO_TELEMETRY"],
)
def test_it_goes_after_an_opt_out_and_nothing_else_does(home, tell, variables):
    fill(home)
    tell("consent", "revoke")
    with Receiver() as receiver:
        tell("erase", "--yes", CRASHWATCH_DSN=receiver.dsn, **variables)
        kinds = [json.loads(r.envelope.split(b"\n")[2]) for r in receiver.requests]
    assert [kind["tags"] for kind in kinds] == [{"category": "deletion"}]
    assert CANARY not in str(kinds)


def test_without_yes_a_machine_is_not_asked(home, tell):
    fill(home)
    told = tell("erase")
    assert told.status == 2
    assert "--yes" in told.err
    assert home.consent_record.exists()


def test_where_there_is_nothing_nothing_is_made(crashwatch_home, tell):
    assert tell("erase", "--yes").status == 0
    assert not crashwatch_home.exists()


def test_a_link_is_removed_and_what_it_names_stays(home, tmp_path):
    (tmp_path / "theirs").write_text("words")
    (home.root / "link").symlink_to(tmp_path / "theirs")
    (home.root / "folder").symlink_to(tmp_path)
    other = home.root / "hard"
    other.hardlink_to(tmp_path / "theirs")
    erased = erase_files(home)
    verify(home, erased, [])
    assert erased.left == {}
    assert (tmp_path / "theirs").read_text() == "words"


def test_what_is_still_there_is_named(home):
    fill(home)
    (home.root / "config.toml").write_text("# " + "1" * 32)
    erased = erase_files(home)
    (home.root / "late").write_text("x")
    verify(home, erased, [b"1" * 32])
    assert erased.left == {
        "config.toml": "it names something that was erased",
        "late": "it is still there",
    }
    for path in home.root.iterdir():
        path.unlink()


@pytest.fixture
def disk(tmp_path):
    """A small ext4 in a file, mounted; and the file, to look into its blocks."""
    image, folder = tmp_path / "image", tmp_path / "disk"
    folder.mkdir()
    make = shutil.which("mkfs.ext4") or "/sbin/mkfs.ext4"
    with image.open("wb") as file:
        file.truncate(16 * 1024 * 1024)
    for command in ([make, "-q", image], ["mount", "-o", "loop", image, folder]):
        try:
            done = subprocess.run(command, capture_output=True, check=False)
        except FileNotFoundError:
            pytest.skip(f"{command[0]} is missing")
        if done.returncode:
            # Many containers have no loop devices, so this is no fault in CI either.
            pytest.skip(f"no loop mount here: {done.stderr.decode().strip()}")
    yield image, folder
    if os.path.ismount(folder):
        subprocess.run(["umount", folder], check=True)


def pieces_of(home):
    """Of each compressed file the end, which is its own: the checksum is in it."""
    return [path.read_bytes()[-24:] for path in home.root.rglob("*.zst")]


def test_nothing_is_left_in_the_blocks_of_the_disk(disk):
    image, folder = disk
    home = open_home(folder / "home")
    discarded = sample_payload(minidump=os.urandom(3000))
    Spool(home).add(discarded)
    pieces = pieces_of(home)
    os.sync()
    assert all(piece in image.read_bytes() for piece in pieces)
    Spool(home).discard(discarded.id)
    fill(home)
    kept = pieces_of(home)
    secret = open_secret(home.identity)
    os.sync()
    raw = image.read_bytes()
    # Random bytes keep the canary beside them legible, compressed or not.
    assert raw.count(CANARY.encode()) > 10
    assert secret in raw
    assert len(kept) == 6
    assert all(piece in raw for piece in kept)
    assert not any(piece in raw for piece in pieces)
    done = subprocess.run(
        [sys.executable, "-m", "crashwatch", "erase", "--yes"],
        env=environment(CRASHWATCH_HOME=str(home.root)),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done
    subprocess.run(["umount", folder], check=True)
    raw = image.read_bytes()
    assert raw.count(CANARY.encode()) == 0
    assert not any(piece in raw for piece in (*pieces, *kept))
    assert secret not in raw


@pytest.mark.parametrize("answer", ["n", ""])
def test_who_says_no_keeps_everything(answer, crashwatch_home):
    Spool(open_home(crashwatch_home)).add(sample_payload())
    command = [sys.executable, "-m", "crashwatch", "erase"]
    with running(command, environment=environment(), on_terminal=True) as program:
        program.wait_for_text("Erase everything? [y/N]: ")
        program.send_keys(f"{answer}\n")
        ending = program.wait_for_end()
    assert ending.fate == "exit 1"
    assert ending.output.endswith(b"crashwatch: nothing was erased\r\n")
    assert len(Spool(open_home(crashwatch_home)).list_reports()) == 1
