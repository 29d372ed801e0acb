"""Parts of a file, read when they are asked for and kept for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reports.errors import UnwindingError

if TYPE_CHECKING:
    from collections.abc import Callable

    ReadAt = Callable[[int, int], bytes]

_CHUNK: Final = 16 * 1024
_MOST_CHUNKS: Final = 32
_LONGEST: Final = 64 * 1024


class FileWindow:
    """Bytes of one file by offset; keeps at most half a megabyte of it.

    Args:
        read: ``read(offset, size)`` gives the file's bytes, fewer at its end.
    """

    def __init__(self, read: ReadAt) -> None:
        self._read = read
        self._chunks: dict[int, bytes] = {}

    def bytes_at(self, offset: int, size: int) -> bytes:
        """Exactly ``size`` bytes, at most 64 KB.

        Raises:
            UnwindingError: They are not in the file, or cannot be read.
        """
        if offset < 0 or not 0 <= size <= _LONGEST:
            raise UnwindingError("an impossible place in a module's file")
        first, last = offset // _CHUNK, (offset + max(size, 1) - 1) // _CHUNK
        if first == last:
            data = self._chunk(first)
        else:
            data = b"".join(self._chunk(n) for n in range(first, last + 1))
        start = offset - first * _CHUNK
        if start + size > len(data):
            raise UnwindingError("a module's file is too short")
        return data[start : start + size]

    def some_at(self, offset: int, size: int) -> bytes:
        """As many of the bytes as there are, read past what is kept; any size.

        Raises:
            UnwindingError: The file cannot be read.
        """
        try:
            return self._read(offset, size)
        except (OSError, ValueError, OverflowError) as error:
            raise UnwindingError("a module's file cannot be read") from error

    def _chunk(self, number: int) -> bytes:
        known = self._chunks.get(number)
        if known is None:
            known = self.some_at(number * _CHUNK, _CHUNK)
            if len(self._chunks) >= _MOST_CHUNKS:
                del self._chunks[next(iter(self._chunks))]
            self._chunks[number] = known
        return known
