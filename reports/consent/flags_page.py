r"""The one door to ``flags``: the page that running terminals look at in every call.

Nothing but a hint to them: the record decides. The page says which grants are in force,
so that a terminal can see in one byte that nothing has changed. Clearing it stops every
terminal at its next call; it is cleared before and after a refusal is recorded, and set
only after a grant was recorded. A page that disagrees with the record is mended at the
next start, and no terminal is given a page that was not compared with the record.

``crashwatch.client.inside.flags_page`` has the table of its words up to 47. Then:

====== =========================================================================
48     the state that stands at 8 when anything is on (8 bytes): survives clearing
56     the policy version of the disclosure that the grants were given on
64     its SHA-256, 32 bytes
96     length of the stamp, then the stamp: what that disclosure was made from
====== =========================================================================

The file is never replaced or cut: terminals map it.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import struct
import time

from reports.consent.own_file import (
    LOCK_SECONDS,
    NotBelievedError,
    believable_size,
    said,
    wait_for_lock,
)
from reports.consent.record import Category, Terms
from reports.errors import StorageError
from reports.light_tuple import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

NAME = "flags"
MAGIC = b"CWFLAG\0\1"
PAGE_BYTES = 4096
STATE = 8
GRANTS = 16

COUNTED = (
    Category.USAGE,
    Category.PERFORMANCE,
    Category.FEATURES,
    Category.PLUGINS,
)
"""The categories of the page, in its order."""

_NEXT, _POLICY, _SHA256, _STAMP_LENGTH, _STAMP = 48, 56, 64, 96, 104
_LONGEST_STAMP = PAGE_BYTES - _STAMP
_SAFE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Flags(NamedTuple):
    """What the page says.

    Attributes:
        grants: Category to the sequence number of the grant in force.
        terms: The policy and disclosure they were given on.
        stamp: What the disclosure was made from, as the writer told it.
    """

    grants: Mapping[Category, int]
    terms: Terms
    stamp: bytes


def read_flags(path: Path) -> Flags | None:
    """What the page says; None where there is none or it cannot be believed."""
    try:
        with _opened(path, os.O_RDONLY) as descriptor:
            data = os.pread(descriptor, PAGE_BYTES, 0)
    except (OSError, NotBelievedError):
        return None
    return _parsed(data)


def write_flags(path: Path, flags: Flags) -> None:
    """Make the page say this. Without any grant no page is made.

    Raises:
        StorageError: It could not be written; then it says that nothing is on.
    """
    if not flags.grants and not os.path.lexists(path):
        return
    try:
        with _mapped(path, make=True) as page:
            _store(page, flags)
    except (OSError, ValueError, NotBelievedError) as error:
        why = said(error) if isinstance(error, OSError) else str(error)
        raise StorageError(
            f"the consent flags could not be written: {why}",
            hint=f"Nothing is counted until {path} can be written.",
        ) from error


def clear_flags(path: Path, categories: Collection[Category]) -> None:
    """Turn categories off in every running terminal, at once. Never raises."""
    with contextlib.suppress(OSError, ValueError, NotBelievedError):
        if not os.path.lexists(path):
            return
        before = _silence(path)
        with _mapped(path, make=False) as page:
            # Off already, every one; those that were not refused come on again.
            now = _parsed(page[:STATE] + bytes([before]) + page[STATE + 1 :])
            if now is not None:
                left = {c: s for c, s in now.grants.items() if c not in categories}
                _store(page, now._replace(grants=left))


def _store(page: mmap.mmap, flags: Flags) -> None:
    """Off first and on last: who dies between leaves everything off."""
    new = 1 + page[_NEXT] % 255
    page[STATE] = 0
    page[_NEXT] = new
    words = memoryview(page).cast("Q")
    try:
        for place, category in enumerate(COUNTED, GRANTS >> 3):
            words[place] = flags.grants.get(category, 0)
        words[_POLICY >> 3] = flags.terms.policy_version
        words[_STAMP_LENGTH >> 3] = len(flags.stamp)
    finally:
        words.release()
    page[_SHA256:_STAMP_LENGTH] = bytes.fromhex(flags.terms.disclosure_sha256)
    if len(flags.stamp) > _LONGEST_STAMP:
        raise ValueError("the stamp is too long")
    page[_STAMP : _STAMP + len(flags.stamp)] = flags.stamp
    if flags.grants:
        page[STATE] = new


def _parsed(data: bytes) -> Flags | None:
    if len(data) != PAGE_BYTES or data[:8] != MAGIC:
        return None
    words = struct.unpack_from("=4Q", data, GRANTS)
    (policy,) = struct.unpack_from("=Q", data, _POLICY)
    (length,) = struct.unpack_from("=Q", data, _STAMP_LENGTH)
    if length > _LONGEST_STAMP:
        return None
    on = data[STATE] != 0
    return Flags(
        {c: w for c, w in zip(COUNTED, words, strict=True) if w and on},
        Terms(policy, data[_SHA256:_STAMP_LENGTH].hex()),
        data[_STAMP : _STAMP + length],
    )


@contextlib.contextmanager
def _opened(path: Path, flags: int) -> Iterator[int]:
    descriptor = os.open(path, flags | _SAFE, 0o600)
    try:
        believable_size(descriptor)
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _mapped(path: Path, *, make: bool) -> Iterator[mmap.mmap]:
    """The page to write, locked; made where it is missing, mended where it is odd."""
    with _opened(path, os.O_RDWR | (os.O_CREAT if make else 0)) as descriptor:
        wait_for_lock(descriptor, time.monotonic() + LOCK_SECONDS)
        if os.fstat(descriptor).st_size < PAGE_BYTES:
            # Room first: a store into a page that the disk has no room for is fatal.
            os.posix_fallocate(descriptor, 0, PAGE_BYTES)
        with mmap.mmap(descriptor, PAGE_BYTES) as page:
            if page[:8] != MAGIC:
                page[:] = MAGIC + bytes(PAGE_BYTES - len(MAGIC))
            yield page


def _silence(path: Path) -> int:
    """Turn everything off without a lock, whose holder may have been stopped.

    Returns:
        The state that stood there.
    """
    with _opened(path, os.O_RDWR) as descriptor:
        if os.fstat(descriptor).st_size < PAGE_BYTES:
            return 0
        with mmap.mmap(descriptor, PAGE_BYTES) as page:
            before = page[STATE]
            page[STATE] = 0
            return before
