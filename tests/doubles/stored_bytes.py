"""What lies in a home's files, compressed ones expanded: without any code of ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import zstandard

if TYPE_CHECKING:
    from collections.abc import Callable

SPOOL = Path(__file__).resolve().parents[2] / "reports" / "spool"
FRAME, BARE = "compressed", "as they are"
FORMS = (FRAME, BARE)
"""How an entry's files may lie: as we write them, and as versions before did."""


def plain(path: Path) -> bytes:
    """A file's content."""
    data = path.read_bytes()
    return expanded(data) if path.suffix == ".zst" else data


def contents(path: Path) -> bytes:
    """What somebody could find in a file: its bytes, and what they expand to."""
    data = path.read_bytes()
    if path.suffix != ".zst":
        return data
    return data + b"\n" + expanded(data)


def expanded(data: bytes) -> bytes:
    """A frame's content, by the dictionary that it names."""
    number = zstandard.get_frame_parameters(data).dict_id
    words = (SPOOL / f"dictionary-{number}.bin").read_bytes() if number else b""
    dictionary = zstandard.ZstdCompressionDict(words)
    return zstandard.ZstdDecompressor(dict_data=dictionary).decompress(data)


def stored_file(folder: Path, name: str) -> Path:
    """The file ``name`` of an entry, in whichever form."""
    frame = folder / f"{name}.zst"
    return frame if frame.exists() else folder / name


def content_of(folder: Path, name: str) -> bytes:
    """The content of an entry's file, in whichever form."""
    return plain(stored_file(folder, name))


def report_in(folder: Path) -> Any:
    """An entry's report."""
    return json.loads(content_of(folder, "report.json"))


def put(folder: Path, name: str, content: bytes) -> None:
    """Write other content into an entry's file, in the form it has."""
    path = stored_file(folder, name)
    frame = zstandard.ZstdCompressor().compress(content)
    path.write_bytes(frame if path.suffix == ".zst" else content)


def change(folder: Path, name: str, by: Callable[[bytes], bytes]) -> None:
    """Change the content of an entry's file."""
    put(folder, name, by(content_of(folder, name)))


def put_in_form(folder: Path, form: str) -> None:
    """Let an entry's files lie as versions before wrote them, if that form is asked."""
    for name in ("report.json", "envelope") if form == BARE else ():
        content = content_of(folder, name)
        stored_file(folder, name).unlink()
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o600)
