"""The endpoint and the way to it, from a session's settings."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from reports.upload.dsn import Endpoint, parse_dsn
from reports.upload.wire import Network, proxy_for

if TYPE_CHECKING:
    from crashwatch.cli.session import Session


def endpoint_of(session: Session) -> Endpoint | None:
    """Where things go; None: nowhere.

    Raises:
        DeliveryError: The DSN cannot be used.
    """
    dsn = session.configuration.dsn
    return parse_dsn(dsn) if dsn else None


def network_of(session: Session, endpoint: Endpoint) -> Network:
    """How to get there."""
    bundle = session.configuration.ca_bundle
    return Network(
        ca_file=Path(bundle) if bundle else None,
        proxy=proxy_for(endpoint, os.environ),
    )
