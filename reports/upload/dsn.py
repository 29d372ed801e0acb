"""Parse a DSN, the address of a Sentry project, strictly.

``https://KEY@HOST[:PORT][/PREFIX]/PROJECT``. The key is public by design, but whoever
has it can post: it is shown by nothing here, not even by an error about the DSN.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from reports.errors import DeliveryError
from reports.light_tuple import NamedTuple

_MAX_LENGTH = 512
_KEY = re.compile(r"[0-9A-Za-z_-]{1,128}")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_PATH = re.compile(r"((?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*)/([0-9]{1,19})/?")
_PORTS = {"https": 443, "http": 80}


class Endpoint(NamedTuple):
    """Where envelopes go.

    Attributes:
        scheme: ``https``; ``http`` only to this very machine, for tests.
        host: Name or address, without brackets.
        prefix: Path before ``/api/``, or empty.
        project: Digits.
        key: The project's key.
    """

    scheme: str
    host: str
    port: int
    prefix: str
    project: str
    key: str

    def __repr__(self) -> str:  # type: ignore[explicit-override] # typing.override is 3.12
        """Without the key, which no traceback shows either."""
        return f"<Endpoint {self.scope}>"

    @property
    def place(self) -> str:
        """``host:port``, as a receipt names it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def scope(self) -> str:
        """What tells this project from every other one; the anonymous id's endpoint."""
        return f"{self.scheme}://{self.place}{self.prefix}/{self.project}"

    @property
    def path(self) -> str:
        """Path of the envelope endpoint."""
        return f"{self.prefix}/api/{self.project}/envelope/"

    @property
    def is_encrypted(self) -> bool:
        """Whether TLS is used."""
        return self.scheme == "https"


def parse_dsn(text: str) -> Endpoint:
    """Parse a DSN.

    Raises:
        DeliveryError: It names the first thing wrong, and never the key.
    """
    parts = _split(text)
    host = _host(parts)
    path = _PATH.fullmatch(parts.path)
    if path is None:
        raise _malformed("it does not end in a project number, as in /1")
    port = _port(parts)
    if parts.scheme == "http" and not is_loopback(host):
        raise _malformed("plain http is for this machine only; use https")
    return Endpoint(parts.scheme, host, port, path[1], path[2], _key(parts))


def is_loopback(host: str) -> bool:
    """Whether a host is this machine: ``localhost`` or a loopback address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _split(text: str) -> SplitResult:
    if not text or len(text) > _MAX_LENGTH:
        raise _malformed(f"it is empty or longer than {_MAX_LENGTH} characters")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise _malformed("it holds a space or a character outside ASCII")
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise _malformed("it is not a URL") from error
    if parts.scheme not in _PORTS:
        raise _malformed("it does not begin with https://")
    if parts.query or parts.fragment or text.endswith(("?", "#")):
        raise _malformed("it has a query or a fragment")
    return parts


def _key(parts: SplitResult) -> str:
    # DSNs of old carry a secret after a colon. It is not needed and not kept.
    key = parts.username
    if key is None or not _KEY.fullmatch(key):
        raise _malformed("there is no legible key before the @")
    return key


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if ":" in host:
        try:
            return str(ipaddress.IPv6Address(host))
        except ValueError as error:
            raise _malformed("its host is no IPv6 address") from error
    if not _HOST_NAME.fullmatch(host) or len(host) > 253:
        raise _malformed("its host is missing or no host name")
    return host


def _port(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError as error:
        raise _malformed("its port is not a number below 65536") from error
    if port is None:
        return _PORTS[parts.scheme]
    if port == 0:
        raise _malformed("its port is 0")
    return port


def _malformed(why: str) -> DeliveryError:
    # `from error` at the callers shows urllib's words, which may quote the DSN, in a
    # traceback; the command line prints messages only.
    return DeliveryError(
        f"the DSN is malformed: {why}",
        hint="It looks like https://KEY@reports.example.org/1; see your server's page.",
    )
