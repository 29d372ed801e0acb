"""Fuzz target: what lies in an entry's folder, whoever wrote it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import zstandard

from reports.errors import StorageError
from reports.lifecycle import STORED
from reports.spool.entry import read_entry, read_withheld
from reports.spool.summary import read_summary

ID = "0123456789abcdef0123456789abcdef"
_FILES = ("report.json", "envelope", "approval.json", "receipt.json", "withheld.json")
_COMPRESSED = _FILES[:2]


def TARGET(data: bytes) -> None:  # noqa: N802 -- the name every fuzz target has
    """Any bytes in any file of an entry are a report that fits, or a StorageError.

    The input is cut at each 0xFF byte, which JSON never holds, into the files' contents
    in their order; a file for which nothing is left is missing. The first two are tried
    as they are and compressed.
    """
    contents = dict(zip(_FILES, data.split(b"\xff"), strict=False))
    _try(contents)
    frame = zstandard.ZstdCompressor().compress
    _try(
        {
            f"{name}.zst" if name in _COMPRESSED else name: frame(content)
            if name in _COMPRESSED
            else content
            for name, content in contents.items()
        }
    )


def _try(contents: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent, ID)
        folder.mkdir()
        for name, content in contents.items():
            (folder / name).write_bytes(content)
        for state in STORED:
            try:
                read_summary(folder, state)
                stored = read_entry(folder, state)
            except StorageError:
                continue
            assert stored.summary.id == ID
            agreed = stored.approval.digests if stored.approval else set()
            assert {item.sha256 for item in stored.approved_items} == agreed
        try:
            read_withheld(folder)
        except StorageError:
            return
