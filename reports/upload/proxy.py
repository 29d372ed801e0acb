"""The proxy to go through: what the environment names, and where it is. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from reports.errors import DeliveryError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reports.upload.dsn import Endpoint


def proxy_for(endpoint: Endpoint, environment: Mapping[str, str]) -> str:
    """The proxy that the environment names for an endpoint, or the empty string.

    ``https_proxy`` or ``HTTPS_PROXY``, unless ``no_proxy`` names the host, a domain it
    is in, or ``*``. Plain http goes to this machine only and through no proxy.
    """
    lowered = {name.lower(): value for name, value in environment.items()}
    if not endpoint.is_encrypted:
        return ""
    host = f".{endpoint.host.lower()}"
    for name in lowered.get("no_proxy", "").lower().split(","):
        bare = name.strip().removeprefix("*").lstrip(".")
        if name.strip() == "*" or (bare and host.endswith(f".{bare}")):
            return ""
    return lowered.get("https_proxy", "")


def proxy_address(proxy: str) -> tuple[str, int]:
    """Host and port of a proxy.

    Raises:
        DeliveryError: It is not of the one form that is understood.
    """
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme != "http" or not parts.hostname or not port or parts.username:
        raise DeliveryError(
            "the proxy is not of the form http://host:port",
            hint="See https_proxy in the environment.",
        )
    return parts.hostname, port
