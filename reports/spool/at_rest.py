"""How a report's bytes lie on the disk: one zstd frame, with a dictionary of ours.

The frame (RFC 8878) names the dictionary by number, the size it expands to, and a
checksum. Reports are small and much alike, so the dictionary halves what zstd alone
makes of them (decision 30). Nothing in a frame is believed before it was compared with
a limit: a few bytes can claim, and be, gigabytes.
"""

from __future__ import annotations

import functools
import os
import threading
import zlib
from types import MappingProxyType
from typing import TYPE_CHECKING

import zstandard

from reports.errors import StorageError
from reports.spool import durable
from reports.spool.records import ENVELOPE, REPORT, NewerFormError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reports.payload import Payload

SUFFIX = ".zst"
"""What a file's name ends with that holds a frame; without it the bytes lie bare."""

HEAD_BYTES = 18
"""The longest header of a frame."""

LEVEL = 9

NEWEST = 50001
DICTIONARIES: Mapping[int, int] = MappingProxyType({NEWEST: 0x3032286F})
"""CRC-32 of each dictionary by its number; one that was ever shipped stays.

Numbers from 32768 to 2^31 - 1 are free for private use (RFC 8878, 3.1.1.1.3).
"""

_MAGIC = b"\x28\xb5\x2f\xfd"


class UnknownDictionaryError(NewerFormError):
    """A frame that needs a dictionary we do not have: a newer crashwatch's."""


def packed(data: bytes) -> bytes:
    """The frame that expands to ``data``.

    Without a dictionary where ours is not what was shipped (removed or changed while a
    terminal ran): the report is larger then, and not lost.
    """
    dictionary = _dictionary(NEWEST)
    made = (
        zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)
        if dictionary is None
        else zstandard.ZstdCompressor(
            level=LEVEL, dict_data=dictionary, write_checksum=True
        )
    )
    return made.compress(data)


def packed_content(payload: Payload) -> dict[str, bytes]:
    """What a report's entry holds of its payload: names of files, and their bytes."""
    return {
        REPORT + SUFFIX: packed(payload.report_json),
        ENVELOPE + SUFFIX: packed(payload.envelope),
    }


def most_packed(limit: int) -> int:
    """The most bytes that a frame of ``limit`` bytes can take: zstd's own bound."""
    return limit + (limit >> 8) + 1024


def true_size(head: bytes, limit: int) -> int:
    """How many bytes a frame says that it expands to, by its first ``HEAD_BYTES``.

    Raises:
        StorageError: It is no frame, does not say so, or says more than ``limit``.
    """
    return _checked(head, limit).content_size


def unpacked(data: bytes, limit: int) -> bytes:
    """What a frame holds; never more than ``limit`` bytes are expanded.

    Raises:
        UnknownDictionaryError: It may be whole, but we cannot read it.
        StorageError: It is not exactly one whole frame of ours.
    """
    reader = _reader(_checked(data, limit).dict_id)
    try:
        # Written into memory of the size that was checked; a frame that holds more
        # than it says is an error.
        return reader.decompress(data, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise StorageError("it does not expand to what it was") from error


def read(folder: int, name: str, limit: int) -> bytes:
    """The content of one of an entry's files, compressed or as older versions wrote it.

    Raises:
        FileNotFoundError: There is none.
        StorageError: As ``unpacked`` and ``durable.read``.
        OSError: It cannot be read.
    """
    try:
        frame = durable.read(folder, name + SUFFIX, most_packed(limit))
    except FileNotFoundError:
        return durable.read(folder, name, limit)
    return unpacked(frame, limit)


def size_of(folder: int, name: str, limit: int) -> int:
    """How long the content is, without expanding it; raises as ``read``."""
    try:
        head = durable.read_head(folder, name + SUFFIX, most_packed(limit), HEAD_BYTES)
    except FileNotFoundError:
        return durable.size_of(folder, name, limit)
    return true_size(head, limit)


def dictionary_path(number: int) -> str:
    """Where a dictionary lies, whether we have it or not."""
    return os.path.join(os.path.dirname(__file__), f"dictionary-{number}.bin")


def _checked(data: bytes, limit: int) -> zstandard.FrameParameters:
    # Frames that are to be skipped have other magic numbers and would hide content.
    if not data.startswith(_MAGIC):
        raise StorageError("it is not a compressed file of ours")
    try:
        head = zstandard.get_frame_parameters(data)
    except zstandard.ZstdError as error:
        raise StorageError("its head is damaged") from error
    # A frame that does not say its size counts as the largest there can be.
    if head.content_size > limit:
        raise StorageError(f"it expands to more than {limit} bytes")
    return head


class _Readers(threading.local):
    """Each thread's own; making one is most of the time that a small frame takes."""

    def __init__(self) -> None:
        self.by_number: dict[int, zstandard.ZstdDecompressor] = {}


_readers = _Readers()


def _reader(number: int) -> zstandard.ZstdDecompressor:
    """What expands frames with that dictionary; 0 is none."""
    reader = _readers.by_number.get(number)
    if reader is not None:
        return reader
    dictionary = _dictionary(number)
    if number and dictionary is None:
        raise UnknownDictionaryError(
            f"it is compressed with dictionary {number}, which is not here"
        )
    reader = zstandard.ZstdDecompressor(
        zstandard.ZstdCompressionDict(b"") if dictionary is None else dictionary
    )
    return _readers.by_number.setdefault(number, reader)


@functools.cache
def _dictionary(number: int) -> zstandard.ZstdCompressionDict | None:
    """The dictionary, or None where we have none of that number, or not as shipped.

    With other bytes everything would expand to rubbish, and go to quarantine.
    """
    if number not in DICTIONARIES:
        return None
    try:
        with open(dictionary_path(number), "rb") as file:
            data = file.read()
    except OSError:
        return None
    if zlib.crc32(data) != DICTIONARIES[number]:
        return None
    return zstandard.ZstdCompressionDict(data)
