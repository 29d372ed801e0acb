"""Entries of a spool that this version did not write, or not to the end.

Each is made from a whole report that waits, has been agreed to or was sent, by plain
file operations: what a newer version, a death, a stranger or a bad disk leave.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import zstandard

from reports.lifecycle import State
from reports.spool.directory import Spool
from reports.spool.records import Withheld
from tests.doubles.sample_payload import digests, sample_payload
from tests.doubles.sample_receipt import sample_receipt
from tests.doubles.stored_bytes import change, content_of, put, stored_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reports.home import Home

UNKNOWN_DICTIONARY = 50_999
"""Of the numbers that may be ours one day."""

_WORDS = hashlib.shake_256(b"words").digest(4000)


def foreign_frame(data: bytes, number: int, **options: Any) -> bytes:
    """A frame made with a dictionary that is not ours."""
    samples = [
        _WORDS[n : n + 300] + bytes(range(n % 99, 199)) for n in range(0, 3000, 10)
    ]
    other = zstandard.train_dictionary(2048, samples, dict_id=number)
    return zstandard.ZstdCompressor(dict_data=other, **options).compress(data)


def _newer(**more: object) -> Callable[[bytes], bytes]:
    """JSON of the next schema, with other fields."""
    return lambda data: json.dumps({**json.loads(data), "schema": 2, **more}).encode()


def newer_report(folder: Path) -> None:
    """All that is known of its form is that it is another one."""
    change(folder, "report.json", _newer(created=12, reason=[], program={"name": 1}))


def newer_report_much_alike(folder: Path) -> None:
    """It would decode: only its number says that something means something else."""
    change(folder, "report.json", _newer(threads_by_name={}))


def newer_dictionary(folder: Path) -> None:
    """Files compressed with a dictionary that is not here."""
    for name in ("report.json", "envelope"):
        frame = foreign_frame(content_of(folder, name), UNKNOWN_DICTIONARY)
        stored_file(folder, name).write_bytes(frame)


def newer_approval(folder: Path) -> None:
    """Agreed to in words of another version."""
    change(folder, "approval.json", _newer(agreed_by="voice"))


def newer_origin(folder: Path) -> None:
    """Stored under rules that this version does not know."""
    change(folder, "origin.json", _newer(law="of the sea"))


def newer_receipt(folder: Path) -> None:
    """Taken by a server that says more."""
    change(folder, "receipt.json", _newer(status="taken"))


def newer_withheld(folder: Path) -> None:
    """Withheld for reasons of another form."""
    change(folder, "withheld.json", _newer(rules={"user": 3}))


def empty(folder: Path) -> None:
    """A folder, and nothing in it."""
    for path in folder.iterdir():
        path.unlink()


def half_report(folder: Path) -> None:
    """Half of the report's bytes."""
    path = stored_file(folder, "report.json")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def half_envelope(folder: Path) -> None:
    """Half of the envelope's bytes."""
    path = stored_file(folder, "envelope")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def no_envelope(folder: Path) -> None:
    """The report, and nothing that would be sent."""
    stored_file(folder, "envelope").unlink()


def no_report(folder: Path) -> None:
    """What would be sent, and no report."""
    stored_file(folder, "report.json").unlink()


def foreign_json(folder: Path) -> None:
    """Somebody else's JSON in the report's place, with this id."""
    put(folder, "report.json", json.dumps({"id": folder.name, "kind": "note"}).encode())


def other_fields(folder: Path) -> None:
    """The head of a report, and a body that no version wrote."""
    known = json.loads(content_of(folder, "report.json"))
    put(folder, "report.json", json.dumps(known | {"threads": 7}).encode())


def not_text(folder: Path) -> None:
    """Bytes that are no JSON and no text."""
    put(folder, "report.json", b"\xff\xfe\x00{" * 30)


def nested(folder: Path) -> None:
    """Deeper than anybody reads."""
    put(folder, "report.json", b"[" * 200_000)


def foreign_file(folder: Path) -> None:
    """A file in the folder's place."""
    shutil.rmtree(folder)
    folder.write_bytes(b"somebody's notes")
    folder.chmod(0o600)


def symbolic_link(folder: Path) -> None:
    """A link in the folder's place."""
    elsewhere = folder.parents[3] / f"elsewhere-{folder.name}"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)


def file_is_a_folder(folder: Path) -> None:
    """A folder in the report's place."""
    path = stored_file(folder, "report.json")
    path.unlink()
    path.mkdir(mode=0o700)


def file_is_a_fifo(folder: Path) -> None:
    """A fifo that nobody writes into."""
    path = stored_file(folder, "envelope")
    path.unlink()
    os.mkfifo(path, 0o600)


def unreadable(folder: Path) -> None:
    """A file that may not be read (by whom modes hold)."""
    stored_file(folder, "report.json").chmod(0)


def unreadable_folder(folder: Path) -> None:
    """A folder that may not be looked into."""
    folder.chmod(0)


def half_approval(folder: Path) -> None:
    """Half of what was agreed to."""
    path = folder / "approval.json"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def nothing_kept(folder: Path) -> None:
    """Withheld, and no reason left."""
    (folder / "withheld.json").unlink()


NEWER = (newer_report, newer_report_much_alike, newer_dictionary, newer_origin)
BROKEN = (
    *(empty, half_report, half_envelope, no_envelope, no_report),
    *(foreign_json, not_text, nested, other_fields),
    *(foreign_file, symbolic_link, file_is_a_folder, file_is_a_fifo),
)
UNREADABLE = (unreadable, unreadable_folder)
BY_STATE = {
    State.PENDING: (*NEWER, *BROKEN),
    State.QUEUED: (*NEWER, newer_approval, *BROKEN, half_approval),
    State.SENT: (*NEWER, newer_approval, newer_receipt, *BROKEN),
    State.WITHHELD: (newer_withheld, nothing_kept, foreign_file),
}
"""What may stand in each folder of the spool."""


def odd_entry(home: Home, state: State, made: Callable[[Path], None]) -> str:
    """An entry in that state, so made; its id."""
    folder = _whole(home, state)
    made(folder)
    return folder.name


def _whole(home: Home, state: State) -> Path:
    spool = Spool(home)
    if state is State.WITHHELD:
        rules, name = ("user:report",), uuid4().hex
        when = spool.now()
        spool.withhold(Withheld(id=name, category="crash", created=when, rules=rules))
        return home.in_state(state) / name
    payload = sample_payload(minidump=b"MDMP" + bytes(60))
    spool.add(payload)
    if state in (State.QUEUED, State.SENT):
        spool.approve(payload.id, digests(payload), how="cli")
    if state is State.SENT:
        spool.deliver(sample_receipt(payload, when=spool.now()))
    return home.in_state(state) / payload.id
