"""Bytes of another process, exactly or as far as they can be read."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Final

from crashwatch.linux.memory_lock import lock

if TYPE_CHECKING:
    from crashwatch.linux.soft_errors import SoftErrors
    from crashwatch.linux.sources import ProcessFiles

_PAGE: Final = 4096
_LARGEST_EXACT: Final = 1024 * 1024


class ProcessMemory:
    """The one door to another process's memory; every size is bounded."""

    def __init__(self, files: ProcessFiles, errors: SoftErrors) -> None:
        self._files = files
        self._errors = errors

    def read(self, address: int, size: int) -> bytes:
        """Read exactly ``size`` bytes, at most 1 MiB.

        Raises:
            OSError: Not all of them can be read (EIO), or ``size`` is out of bounds
                (EINVAL).
        """
        if not 0 <= size <= _LARGEST_EXACT:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        data = self._files.read_memory(address, size)
        if len(data) != size:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return data

    def read_range(self, wanted: range, what: str) -> bytes:
        """Read as much as there is from the range's start on, and note what is missing.

        A read that came back short is taken up again a page at a time: the kernel gives
        up a whole request for one unreadable page. The bytes are locked in memory,
        where that is allowed.
        """
        chunks: list[bytes] = []
        position, size = wanted.start, len(wanted)
        while position < wanted.stop:
            chunk = self._read_some(position, min(size, wanted.stop - position), what)
            if not chunk:
                break
            lock(chunk)
            chunks.append(chunk)
            position += len(chunk)
            size = _PAGE - position % _PAGE
        data = b"".join(chunks)
        if len(chunks) > 1:
            lock(data)
        return data

    def _read_some(self, position: int, size: int, what: str) -> bytes:
        try:
            chunk = self._files.read_memory(position, size)
        except OSError as error:
            self._errors.add(what, error)
            return b""
        if not chunk:
            self._errors.add(what, "ends early")
        return chunk[:size]
