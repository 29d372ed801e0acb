"""Everything that is held, in one ZIP: the files as they are, and the same as JSON.

``manifest.json`` lists each file of the archive with its size and SHA-256. Below
``held/`` lies every file byte for byte, but for locks, room kept aside, and the secret
of the anonymous id: who has that can link what is meant not to be linked. What lies
there compressed is in ``reports/`` as it is, too.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from reports.envelope import EVENT
from reports.errors import StorageError
from reports.lifecycle import STORED, State
from reports.rights.held import held_files
from reports.spool import at_rest
from reports.spool.reserve import NAMES as RESERVES
from reports.whole_file import NEW_FILE, beside, is_special, put

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reports.spool.directory import Spool
    from reports.spool.entry import StoredReport

SCHEMA = 1
_LEFT_OUT = frozenset({"identity", ".identity.new"})
_NOTHING_IN_THEM = frozenset({".lock", "lock", *RESERVES})
_CHUNK = 1 << 20
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""ZIP's first moment: when a file was packed says nothing about it."""

_README = """\
This is everything that crashwatch held about you on this machine.

manifest.json       every file in this archive: its size and its SHA-256
choices.json        what you chose, what is in force and why, and the words shown; how
                    each choice came to be is in the log below held/
reports/ID.json     one report: its state, its content, what would leave or left (the
                    event), to what you agreed, and the server's receipt
reports/ID.envelope the exact bytes that would leave or left, the minidump in them
reports.json        the list of them, and of those that are gone, without content
identity.json       the anonymous ids of each quarter, where there are any
deletion.json       requests for deletion, and which of them a server took
summary.json        when this was made, and by which version
left_out.json       what could not be exported, and why
held/               the files themselves, byte for byte, in the folders they lay in
dictionaries/       what files ending in .zst need besides zstd to be expanded, as in:
                    zstd -d -D dictionaries/NAME.bin held/reports/sent/ID/envelope.zst

All times are UTC (RFC 3339). JSON is UTF-8. The format has the number 1: a later one
may add keys, and will have another number when it changes the meaning of one.
Left out: locks, and the random secret from which anonymous ids are made; whoever had
it could tell that the ids of two quarters are one person's.
"""


@dataclass(slots=True)
class Exported:
    """What was written.

    Attributes:
        files: How many, the manifest not counted.
        bytes: Their sizes together, before compression.
        reports: How many reports were among them.
        left_out: Names that could not be exported, and why.
    """

    files: int = 0
    bytes: int = 0
    reports: int = 0
    left_out: dict[str, str] = field(default_factory=dict)


def export(
    spool: Spool,
    output: Path,
    documents: Mapping[str, object],
    *,
    force: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Exported:
    """Write the archive: whole, 0600, or not at all.

    Args:
        spool: Of the home to export; nothing in it is changed.
        output: The file; outside the home, or the next export would hold it.
        documents: More JSON documents, by name (``choices.json``).
        force: Whether a file that is there may be replaced.
        progress: Called with how many files are done, and of how many.

    Raises:
        StorageError: It could not be written, or is there already.
    """
    output = output.absolute()
    root = spool.home.root
    if root == output.parent or root in output.parents:
        raise StorageError(
            "the export may not lie in the folder that it holds",
            hint=f"Choose a file outside of {root}.",
        )
    if not force and os.path.lexists(output):
        raise _exists(output)
    if is_special(output):
        raise StorageError(
            f"{output} is not a file", hint="Name one, as in --output crashwatch.zip."
        )
    new = beside(output)
    try:
        done = _write(spool, new, documents, progress)
        put(new, output, force=force)
    except FileExistsError:
        raise _exists(output) from None
    except OSError as error:
        raise StorageError(
            f"the export could not be written: {error.strerror}",
            hint="Nothing was changed. Choose another --output.",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            new.unlink()
    return done


def _exists(output: Path) -> StorageError:
    return StorageError(
        f"{output} is there already", hint="Choose another name, or add --force."
    )


def _write(
    spool: Spool,
    new: Path,
    documents: Mapping[str, object],
    progress: Callable[[int, int], None],
) -> Exported:
    with open(os.open(new, NEW_FILE, 0o600), "w+b") as file:  # noqa: PTH123 -- a descriptor: the mode must be right from the start
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            packer = _Packer(archive, progress)
            packer.pack_all(spool, documents)
        file.flush()
        os.fsync(file.fileno())
    return packer.done


class _Packer:
    """Fills one archive and keeps its manifest."""

    def __init__(
        self, archive: zipfile.ZipFile, progress: Callable[[int, int], None]
    ) -> None:
        self.done = Exported()
        self._archive = archive
        self._progress = progress
        self._manifest: list[dict[str, object]] = []

    def pack_all(self, spool: Spool, documents: Mapping[str, object]) -> None:
        self._pack("README.txt", _README.encode())
        found = list(held_files(spool.home.root))
        rows = [one for state in STORED for one in spool.walk(state)]
        everything = len(found) + len(rows)
        listed: dict[str, object] = {}
        for number, one in enumerate(rows):
            self._progress(number, everything)
            document = self._report(spool, one.id, one.state)
            if document is not None:
                listed[one.id] = document["state"]
                self._json(f"reports/{one.id}.json", document)
        if any(one.name.endswith(at_rest.SUFFIX) for one in found):
            self._dictionaries()
        for number, held in enumerate(found, len(rows)):
            self._progress(number, everything)
            name = held.path.name
            if held.name in _LEFT_OUT:
                self.done.left_out[held.name] = "the secret of the anonymous id"
            elif not held.plain:
                why = "not a regular file" if held.seen else "it may not be looked into"
                self.done.left_out[held.name] = why
            elif name not in _NOTHING_IN_THEM:
                self._file(held.path, f"held/{held.name}")
        self._progress(everything, everything)
        gone = [msgspec.to_builtins(line) for line in spool.ledger()]
        self._json("reports.json", {"stored": listed, "gone": gone})
        self.done.reports = len(listed)
        for name, more in documents.items():
            self._json(name, more)
        self._json("left_out.json", self.done.left_out)
        data = {"schema": SCHEMA, "files": self._manifest}
        self._archive.writestr(_entry("manifest.json"), json.dumps(data, indent=1))

    def _report(
        self, spool: Spool, report_id: str, state: State
    ) -> dict[str, object] | None:
        """A report as JSON; a damaged one lies below ``held/`` only."""
        try:
            if state is State.WITHHELD:
                reasons = msgspec.to_builtins(spool.read_withheld(report_id))
                return {"state": state.value, "withheld": reasons}
            stored = spool.read(report_id)
            document = _document(stored)
        except Exception as error:  # noqa: BLE001 -- what is damaged is exported as it is
            self.done.left_out[f"reports/{report_id}.json"] = str(error)
            return None
        self._pack(f"reports/{report_id}.envelope", stored.envelope)
        return document

    def _dictionaries(self) -> None:
        """Those that compressed files need, so that they can be read without us."""
        for number in at_rest.DICTIONARIES:
            path = Path(at_rest.dictionary_path(number))
            self._file(path, f"dictionaries/{path.name}")

    def _json(self, name: str, value: object) -> None:
        self._pack(name, json.dumps(value, indent=1).encode())

    def _pack(self, name: str, data: bytes) -> None:
        self._archive.writestr(_entry(name), data)
        self._note(name, len(data), hashlib.sha256(data).hexdigest())

    def _file(self, path: Path, name: str) -> None:
        digest, size = hashlib.sha256(), 0
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            self.done.left_out[name] = error.strerror or "it cannot be read"
            return
        with (
            open(handle, "rb") as file,  # noqa: PTH123 -- a descriptor, so that no link is followed
            self._archive.open(_entry(name), "w", force_zip64=True) as sink,
        ):
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                sink.write(chunk)
        self._note(name, size, digest.hexdigest())

    def _note(self, name: str, size: int, digest: str) -> None:
        self._manifest.append({"path": name, "bytes": size, "sha256": digest})
        self.done.files += 1
        self.done.bytes += size


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


def _document(stored: StoredReport) -> dict[str, object]:
    items = [
        {"type": i.type, "name": i.name, "bytes": len(i.data), "sha256": i.sha256}
        for i in stored.items
    ]
    events = [json.loads(i.data) for i in stored.items if i.type == EVENT]
    return {
        "state": stored.summary.state.value,
        "summary": msgspec.to_builtins(stored.summary),
        "report": json.loads(stored.report_json or b"null"),
        "event": events[0] if events else None,
        "items": items,
        "origin": msgspec.to_builtins(stored.origin),
        "approval": msgspec.to_builtins(stored.approval),
        "receipt": msgspec.to_builtins(stored.receipt),
    }
