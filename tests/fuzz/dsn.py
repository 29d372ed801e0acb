"""Fuzz target: the DSN parser."""

from __future__ import annotations

from reports.errors import DeliveryError
from reports.upload.dsn import is_loopback, parse_dsn


def TARGET(data: bytes) -> None:  # noqa: N802 -- the name every fuzz target has
    """Any text is refused with DeliveryError, or is an endpoint that is safe to use."""
    try:
        endpoint = parse_dsn(data.decode("utf-8", "surrogateescape"))
    except DeliveryError:
        return
    assert endpoint.is_encrypted or is_loopback(endpoint.host)
    assert endpoint.key not in repr(endpoint) or len(endpoint.key) < 8
    assert "\r" not in endpoint.path + endpoint.key
    assert "\n" not in endpoint.path + endpoint.key
