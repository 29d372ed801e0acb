"""The shape of a DSN: ``https://KEY@HOST[:PORT][/PATH]/PROJECT``.

Sentry's protocol defines it; https://develop.sentry.dev/sdk/overview/#parsing-the-dsn.
"""

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
"""Hosts to which plain HTTP is allowed, for tests."""

_DIGITS = frozenset("0123456789")
_KEY = _DIGITS | frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_")
_HOST = _KEY | frozenset(".")


def fault_in_dsn(dsn: str) -> str:
    """What is wrong with ``dsn``, or the empty string.

    The answer never repeats the DSN: it may hold a secret.
    """
    scheme, separator, rest = dsn.partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in ("https", "http"):
        return "the DSN must begin with https://"
    authority, _, path = rest.partition("/")
    key, separator, address = authority.rpartition("@")
    if not separator or not key:
        return "the DSN has no key before its host: https://KEY@HOST/PROJECT"
    # KEY:SECRET is the old form; servers hand it out still, and ignore the secret.
    if not _KEY.issuperset(key.replace(":", "", 1)) or key.startswith(":"):
        return "the DSN's key may only hold letters, digits, - and _"
    return _fault_in_address(scheme, address) or _fault_in_path(path)


def host_of(dsn: str) -> str:
    """The host, with its port where one is given, of a DSN without fault."""
    return dsn.partition("://")[2].partition("/")[0].rpartition("@")[2]


def _fault_in_address(scheme: str, address: str) -> str:
    host, port = _split_port(address)
    if not host or not _is_host(host):
        return "the DSN names no usable host"
    if port is not None and not (_DIGITS.issuperset(port) and _is_port(port)):
        return "the DSN's port must be a number from 1 to 65535"
    if scheme == "http" and host not in LOOPBACK:
        return "the DSN must use https://; plain http is for this machine only"
    return ""


def _split_port(address: str) -> "tuple[str, str | None]":
    end = address.rfind("]") + 1
    colon = address.find(":", end)
    if colon < 0:
        return address, None
    return address[:colon], address[colon + 1 :]


def _is_host(host: str) -> bool:
    if host.startswith("["):
        inside = host[1:-1]
        return host.endswith("]") and set("0123456789abcdefABCDEF:.").issuperset(inside)
    return _HOST.issuperset(host)


def _is_port(port: str) -> bool:
    return 1 <= len(port) <= 5 and 1 <= int(port) <= 65535


def _fault_in_path(path: str) -> str:
    prefix, _, project = path.rstrip("/").rpartition("/")
    if not project or not _DIGITS.issuperset(project):
        return "the DSN must end in its project's number: https://KEY@HOST/PROJECT"
    if not (_HOST | {"/"}).issuperset(prefix) or ".." in prefix:
        return "the DSN's path may only hold letters, digits, - _ . and /"
    return ""
