"""JSON and forms over verified HTTPS, for an operator's own server."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode, urljoin, urlsplit

import urllib3

from reports.errors import DeliveryError
from reports.upload.dsn import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_MOST_BYTES = 64 * 1024 * 1024
_SECONDS = 60.0


class Response(NamedTuple):
    """An answer: its status, its headers in lower case, its body."""

    status: int
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> object:
        """The body as JSON.

        Raises:
            DeliveryError: It is not JSON.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise DeliveryError(
                "the server answered something else than JSON"
            ) from error


class HttpApi:
    """One server; other hosts are refused, redirects are not followed."""

    def __init__(
        self, url: str, *, token: str = "", ca_file: Path | None = None
    ) -> None:
        """Open nothing yet.

        Args:
            url: ``https://HOST[:PORT]``; plain http to this machine only.
            token: For the ``Authorization: Bearer`` header; empty: none.
            ca_file: Authorities to trust instead of the system's.

        Raises:
            DeliveryError: The URL cannot be used.
        """
        parts = urlsplit(url)
        if parts.scheme != "https" and not (
            parts.scheme == "http" and is_loopback(parts.hostname or "")
        ):
            raise DeliveryError(
                "the server's address must begin with https://",
                hint="As in https://bugsink.example.org",
            )
        self.url = url.rstrip("/")
        self._origin = (parts.scheme, parts.netloc)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._pool = urllib3.PoolManager(
            ca_certs=str(ca_file) if ca_file else None, timeout=_SECONDS, retries=False
        )

    def get(self, path: str, *, missing: bool = False) -> Response:
        """GET; a 404 is an answer only where ``missing`` says so."""
        return self._checked("GET", path, missing=missing)

    def delete(self, path: str) -> Response:
        """DELETE; what is gone already is no fault."""
        return self._checked("DELETE", path, missing=True)

    def page(
        self,
        method: str,
        path: str,
        *,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """A request as a browser makes it, without the token; any status."""
        body = urlencode(form) if form is not None else None
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        return self._ask(method, path, {**kind, **(headers or {})}, body)

    def _checked(self, method: str, path: str, *, missing: bool) -> Response:
        answer = self._ask(method, path, self._headers, None)
        gone = answer.status == HTTPStatus.NOT_FOUND and missing
        if not gone and answer.status >= HTTPStatus.MULTIPLE_CHOICES:
            asked = f"{method} {path.partition('?')[0]}"
            raise DeliveryError(
                f"the server answered {answer.status} to {asked}",
                hint="Look at the token, its rights, and the project.",
            )
        return answer

    def _ask(
        self, method: str, path: str, headers: Mapping[str, str], body: str | None
    ) -> Response:
        url = urljoin(f"{self.url}/", path.removeprefix(self.url).lstrip("/"))
        parts = urlsplit(url)
        if (parts.scheme, parts.netloc) != self._origin:
            raise DeliveryError("the server leads to another host")
        try:
            answer = self._pool.request(
                method, url, headers=dict(headers), body=body, preload_content=False
            )
            data = answer.read(_MOST_BYTES)
        except (OSError, urllib3.exceptions.HTTPError) as error:
            raise DeliveryError(f"{self.url} could not be used: {error}") from error
        names = {name.lower(): value for name, value in answer.headers.items()}
        cookies = dict(_cookie(line) for line in answer.headers.getlist("set-cookie"))
        return Response(answer.status, names, cookies, data)


def _cookie(line: str) -> tuple[str, str]:
    name, _, value = line.partition(";")[0].partition("=")
    return name.strip(), value.strip()
