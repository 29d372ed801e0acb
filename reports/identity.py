"""The anonymous id: a random secret here, a different id for each quarter and endpoint.

The secret is drawn at random and derived from nothing of the machine or the person.
Ids of two quarters, or of two endpoints, cannot be told to be one person's without it.
A day's counts carry it. A crash report may only where usage was granted too; none does.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from reports.consent.own_file import (
    NotBelievedError,
    overwrite_own,
    read_own,
    said,
    sync_folder,
    write_new,
)
from reports.consent.record import Category
from reports.errors import StorageError

if TYPE_CHECKING:
    from pathlib import Path

    from reports.consent.decision import Decision

SECRET_BYTES = 32

MOST_QUARTERS = 13
"""Three years and the current quarter: as long as choices are kept."""


def may_identify(category: Category, usage: Decision) -> bool:
    """Whether data of ``category`` may carry the anonymous id.

    Args:
        category: The data's category.
        usage: The decision for ``Category.USAGE`` about the same data.
    """
    return category is not Category.CRASH or usage.allowed


def id_for(
    path: Path, category: Category, usage: Decision, *, day: datetime, scope: str
) -> str:
    """The anonymous id that data of ``category`` carries, or the empty string for none.

    The secret is made here, on first use: nobody has one who never allowed usage.

    Args:
        path: ``Home.identity`` of a home that ``open_home`` checked.
        category: The data's category; the caller knows that it may be collected.
        usage: The decision for ``Category.USAGE`` about the same data.
        day: When it was recorded, with its zone.
        scope: ``Endpoint.scope`` of the endpoint it may go to.

    Raises:
        StorageError: The secret could not be read or written.
    """
    if not may_identify(category, usage):
        return ""
    return anonymous_id(open_secret(path), day, scope)


def ids_until_now(path: Path, now: datetime, scope: str) -> dict[str, str]:
    """Every id that data may carry so far, by quarter; none without a secret.

    The file was written when the secret was drawn, which dates the first quarter. At
    most ``MOST_QUARTERS`` are told, the latest.
    """
    try:
        held = read_own(path, SECRET_BYTES)
        first = datetime.fromtimestamp(path.lstat().st_mtime, UTC)
    except (NotBelievedError, OSError):
        return {}
    if held is None or len(held) != SECRET_BYTES:
        return {}
    days = [now - timedelta(days=91 * n) for n in range(MOST_QUARTERS)]
    # The first quarter itself may lie between two of these steps.
    begin = min(max(first, days[-1]), now)
    told = [day for day in days if day >= begin] + [begin, now]
    return {quarter(day): anonymous_id(held, day, scope) for day in sorted(told)}


def anonymous_id(secret: bytes, day: datetime, endpoint: str) -> str:
    """64 hexadecimal digits: HMAC-SHA256(secret, "YYYY-Qn" + endpoint).

    Args:
        secret: As ``open_secret`` gave it.
        day: Any time in the quarter, with its zone; the quarter is that of UTC.
        endpoint: Scheme, host and project of the DSN, without its key.
    """
    message = quarter(day) + endpoint
    return hmac.new(secret, message.encode(), hashlib.sha256).hexdigest()


def quarter(day: datetime) -> str:
    """The quarter as ``2026-Q1``, in UTC."""
    utc = day.astimezone(UTC)
    return f"{utc.year:04d}-Q{(utc.month - 1) // 3 + 1}"


def open_secret(path: Path) -> bytes:
    """The secret, made on first use. Call it only where an id is allowed.

    A file that cannot be believed is replaced: an id that another could know is none.

    Raises:
        StorageError: It could not be read or written.
    """
    try:
        held = read_own(path, SECRET_BYTES)
    except NotBelievedError:
        held = None
    if held is not None and len(held) == SECRET_BYTES:
        return held
    return reset_secret(path)


def reset_secret(path: Path) -> bytes:
    """Draw a new secret; ids made from now on cannot be linked to earlier ones.

    Raises:
        StorageError: It could not be written.
    """
    fresh = secrets.token_bytes(SECRET_BYTES)
    new = path.with_name(f".{path.name}.new")
    try:
        write_new(new, fresh)
        overwrite_own(path)
        new.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise StorageError(
            f"the identity could not be renewed: {said(error)}",
            hint=f"Mend {path.parent}; until then no identity is used.",
        ) from error
    return fresh


def destroy_secret(path: Path) -> None:
    """Overwrite and remove the secret, as after everything was refused.

    Raises:
        StorageError: It is still there.
    """
    try:
        overwrite_own(path)
        path.unlink(missing_ok=True)
        path.with_name(f".{path.name}.new").unlink(missing_ok=True)
        sync_folder(path.parent)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StorageError(
            f"the identity could not be removed: {said(error)}",
            hint=f"Remove {path} by hand.",
        ) from error
