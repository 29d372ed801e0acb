"""The anonymous id: a random secret here, a different id for each quarter and endpoint.

The secret is drawn at random and derived from nothing of the machine or the person.
Ids of two quarters, or of two endpoints, cannot be told to be one person's without it.
A crash report carries no id unless usage was granted too.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import UTC
from typing import TYPE_CHECKING

from reports.consent.own_file import (
    NotBelievedError,
    read_own,
    said,
    sync_folder,
    write_new,
)
from reports.consent.record import Category
from reports.errors import StorageError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from reports.consent.decision import Decision

SECRET_BYTES = 32


def may_identify(category: Category, usage: Decision) -> bool:
    """Whether data of ``category`` may carry the anonymous id.

    Args:
        category: The data's category.
        usage: The decision for ``Category.USAGE`` about the same data.
    """
    return category is not Category.CRASH or usage.allowed


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
        new.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise StorageError(
            f"the identity could not be renewed: {said(error)}",
            hint=f"Mend {path.parent}; until then no identity is used.",
        ) from error
    return fresh


def destroy_secret(path: Path) -> None:
    """Remove the secret, as after everything was refused.

    Raises:
        StorageError: It is still there.
    """
    try:
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
