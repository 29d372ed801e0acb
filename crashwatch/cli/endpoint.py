"""The endpoint, from a session's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.upload.dsn import Endpoint, parse_dsn

if TYPE_CHECKING:
    from crashwatch.cli.session import Session


def endpoint_of(session: Session) -> Endpoint | None:
    """Where things go; None: nowhere.

    Raises:
        DeliveryError: The DSN cannot be used.
    """
    dsn = session.configuration.dsn
    return parse_dsn(dsn) if dsn else None
