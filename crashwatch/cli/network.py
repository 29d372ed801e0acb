"""The way to the endpoint; loads the wire, so it is loaded where something is sent."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from reports.upload.clock import Clock
from reports.upload.proxy import proxy_for
from reports.upload.wire import Limits, Network, Wire

if TYPE_CHECKING:
    from crashwatch.cli.session import Session
    from reports.upload.dsn import Endpoint


def network_of(session: Session, endpoint: Endpoint) -> Network:
    """How to get there."""
    bundle = session.configuration.ca_bundle
    return Network(
        ca_file=Path(bundle) if bundle else None,
        proxy=proxy_for(endpoint, os.environ),
        limits=Limits(bytes_per_second=session.delivery().bytes_a_second),
    )


def wire_to(session: Session, endpoint: Endpoint) -> Wire:
    """A way there, opened at the first post."""
    return Wire(endpoint, network_of(session, endpoint), Clock())
