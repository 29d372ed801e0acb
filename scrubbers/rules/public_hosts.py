"""Hosts that say nothing about a person: where documentation and packages live."""

from __future__ import annotations

import re

_PUBLIC = frozenset(
    "python.org docs.python.org bugs.python.org peps.python.org www.python.org"  # noqa: SIM905 - a list of words is read, not typed in quotes
    " discuss.python.org pypi.org files.pythonhosted.org www.w3.org json-schema.org"
    " schema.org schemas.microsoft.com www.apache.org www.gnu.org www.kernel.org"
    " man7.org sourceware.org www.freedesktop.org specifications.freedesktop.org"
    " www.rfc-editor.org datatracker.ietf.org tools.ietf.org unicode.org"
    " www.unicode.org docs.rs crates.io doc.rust-lang.org npmjs.com www.npmjs.com"
    " readthedocs.io packages.debian.org bugs.debian.org ubuntu.com archlinux.org"
    " docs.sentry.io setuptools.pypa.io packaging.python.org pip.pypa.io"
    " sqlalche.me errors.pydantic.dev numpy.org developer.mozilla.org".split()
)
_PUBLIC_REPOSITORIES = (
    "github.com/python/",
    "github.com/pypa/",
    "github.com/rust-lang/",
)
_URL = re.compile(
    r"https?:(?://|\\/\\/)(?P<host>[\w.-]+)(?P<rest>[^?#@]*)", re.IGNORECASE
)


def is_public_host(name: str) -> bool:
    """Whether this host name may stay in a report."""
    return name.lower().rstrip(".") in _PUBLIC


def is_public_url(url: str) -> bool:
    """Whether this URL may stay: a public host, and no user, query or fragment text.

    A fragment of letters (an anchor of a manual) is allowed.
    """
    address, _, fragment = url.partition("#")
    match = _URL.fullmatch(address)
    if match is None or not re.fullmatch(r"[A-Za-z0-9._-]{0,60}", fragment):
        return False
    host = match["host"].lower()
    if host in _PUBLIC:
        return True
    return f"{host}{match['rest']}".lower().startswith(_PUBLIC_REPOSITORIES)
