"""A real Bugsink with a database of its own, over TLS, for as long as a test needs it.

Bugsink lives in a virtual environment of its own, made on first use from PyPI and kept
under ``test-artifacts``; so is an empty migrated database, which each server copies.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import trustme

from tests.doubles.requirement import require

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "2.6.1"
USER, PASSWORD = "a@example.org", "for-tests-only"
PROJECT = 1
_TOOLS = Path(__file__).parents[2] / "test-artifacts" / "tools"
_DEADLINE = 90.0

_SETTINGS = """
import os
from bugsink.settings.default import *

_D = os.path.dirname(os.path.abspath(__file__))
SECRET_KEY = "for-a-test-on-this-machine-only-" + "x" * 40
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
DATABASES["default"]["NAME"] = os.path.join(_D, "db.sqlite3")
DATABASES["snappea"]["NAME"] = os.path.join(_D, "snappea.sqlite3")
SNAPPEA = {"TASK_ALWAYS_EAGER": True}
EMAIL_BACKEND = "bugsink.email_backends.QuietConsoleEmailBackend"
TIME_ZONE = "UTC"
BUGSINK = {
    "BASE_URL": os.environ.get("TEST_BASE_URL", "https://127.0.0.1:1"),
    "SINGLE_USER": True,
    "SINGLE_TEAM": True,
    "USER_REGISTRATION": "CB_NOBODY",
    "PHONEHOME": False,
    "USE_ADMIN": True,
    "INGEST_STORE_BASE_DIR": os.path.join(_D, "ingestion"),
    "FEATURE_MINIDUMPS": True,
    "VALIDATE_ON_DIGEST": "strict",
    "KEEP_ENVELOPES": 100,
    "MAX_EVENTS_PER_PROJECT_PER_5_MINUTES": int(os.environ["TEST_MOST_EVENTS"]),
    "MAX_EVENTS_PER_5_MINUTES": int(os.environ["TEST_MOST_EVENTS"]),
}
"""

_FIRST_ROWS = """
import json
from django.contrib.auth import get_user_model
from bsmain.models import AuthToken
from projects.models import Project
from teams.models import Team
get_user_model().objects.create_superuser(
    username="a@example.org", email="a@example.org", password="for-tests-only")
project = Project.objects.create(name="crash", team=Team.objects.create(name="t"))
token = AuthToken.create_full_access().token
with open("first.json", "w") as file:
    json.dump({"key": project.sentry_key.hex, "token": token, "id": project.id}, file)
"""


@dataclass(frozen=True)
class Bugsink:
    """A running server."""

    port: int
    key: str
    token: str
    state: Path
    ca_path: Path

    @property
    def dsn(self) -> str:
        """Where to send to."""
        return self.dsn_at(self.port)

    def dsn_at(self, port: int) -> str:
        """The same through another port, such as a proxy's."""
        return f"https://{self.key}@127.0.0.1:{port}/{PROJECT}"

    def issues(self) -> list[dict[str, Any]]:
        """Issues as its API tells them."""
        return self._get(f"issues/?project={PROJECT}")["results"]

    def events(self) -> list[dict[str, Any]]:
        """Every stored event in full, as its API tells them."""
        found = []
        for issue in self.issues():
            rows = self._get(f"events/?issue={issue['id']}")["results"]
            found += [self._get(f"events/{row['id']}/") for row in rows]
        return found

    def page(self, path: str) -> str:
        """A page as a person sees it who is logged in."""
        context = ssl.create_default_context(cafile=self.ca_path)
        visitor = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=context),
            urllib.request.HTTPCookieProcessor(),
        )
        origin = f"https://127.0.0.1:{self.port}"

        def get(path: str, form: dict[str, str] | None = None) -> str:
            data = urllib.parse.urlencode(form).encode() if form else None
            request = urllib.request.Request(origin + path, data)
            request.add_header("Referer", origin + path)
            with visitor.open(request, timeout=30) as answer:
                return answer.read().decode()

        found = re.search(
            r'name="csrfmiddlewaretoken" value="(\w+)"', get("/accounts/login/")
        )
        assert found is not None
        get(
            "/accounts/login/",
            {
                "username": USER,
                "password": PASSWORD,
                "csrfmiddlewaretoken": found[1],
            },
        )
        return get(path)

    def everything_stored(self) -> bytes:
        """Every byte of its databases and files; it runs, and may remove some."""
        found = []
        for path in self.state.rglob("*"):
            with contextlib.suppress(FileNotFoundError):
                found += [path.read_bytes()] if path.is_file() else []
        return b"".join(found)

    def _get(self, path: str) -> Any:
        request = urllib.request.Request(
            f"https://127.0.0.1:{self.port}/api/canonical/0/{path}",
            headers={"Authorization": f"Bearer {self.token}"},
        )
        context = ssl.create_default_context(cafile=self.ca_path)
        with urllib.request.urlopen(request, timeout=30, context=context) as answer:
            return json.load(answer)


@contextlib.contextmanager
def bugsink(state: Path, *, most_events: int = 10_000) -> Iterator[Bugsink]:
    """Run a server with its files in ``state``, an absent or empty folder."""
    python = _installed()
    shutil.copytree(_template(python), state, dirs_exist_ok=True)
    (state / "bugsink_conf.py").write_text(_SETTINGS)  # the template's may be older
    first = json.loads((state / "first.json").read_text())
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    certificate.private_key_and_cert_chain_pem.write_to_path(str(state / "tls.pem"))
    authority.cert_pem.write_to_path(str(state / "ca.pem"))
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        (state / "log").open("wb") as log,
    ):
        port = listener.getsockname()[1]
        environment = _environment(state, most_events) | {
            "TEST_BASE_URL": f"https://127.0.0.1:{port}"
        }
        server = subprocess.Popen(
            [
                *(python, "-m", "gunicorn", "--bind", f"fd://{listener.fileno()}"),
                *("--workers", "1", "--threads", "4", "--timeout", "60"),
                *("--certfile", "tls.pem", "--keyfile", "tls.pem"),
                *("--no-control-socket", "bugsink.wsgi"),
            ],
            cwd=state,
            env=environment,
            pass_fds=[listener.fileno()],
            stdout=log,
            stderr=log,
        )
        try:
            running = Bugsink(
                port, first["key"], first["token"], state, state / "ca.pem"
            )
            _wait_ready(running, server)
            yield running
        finally:
            server.terminate()
            server.wait(_DEADLINE)


def _wait_ready(running: Bugsink, server: subprocess.Popen[bytes]) -> None:
    """The socket listens already, so the first request waits for the server."""
    context = ssl.create_default_context(cafile=running.ca_path)
    url = f"https://127.0.0.1:{running.port}/health/ready"
    try:
        urllib.request.urlopen(url, timeout=_DEADLINE, context=context).close()
    except OSError as error:
        log = (running.state / "log").read_text()
        raise AssertionError(
            f"Bugsink did not start ({server.poll()}):\n{log}"
        ) from error


def _installed() -> Path:
    """Its interpreter; made on first use by one process, waited for by the others."""
    venv = _TOOLS / f"bugsink-{VERSION}-venv"
    with _locked("bugsink-venv.lock"):
        if not (venv / "ready").exists():
            shutil.rmtree(venv, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", venv], check=True)
            done = subprocess.run(
                [venv / "bin" / "pip", "install", "-q", f"bugsink=={VERSION}"],
                capture_output=True,
                text=True,
                check=False,
            )
            require(
                done.returncode == 0,
                f"Bugsink {VERSION} could not be installed",
                f"make PyPI reachable for pip ({done.stderr[-300:].strip()})",
            )
            (venv / "ready").touch()
    return venv / "bin" / "python"


def _template(python: Path) -> Path:
    """A migrated database with one project and one token."""
    template = _TOOLS / f"bugsink-{VERSION}-template"
    with _locked("bugsink-template.lock"):
        if not template.exists():
            making = _TOOLS / f"bugsink-{VERSION}-template.part"
            shutil.rmtree(making, ignore_errors=True)
            (making / "ingestion").mkdir(parents=True, mode=0o700)
            (making / "bugsink_conf.py").write_text(_SETTINGS)
            for arguments in (
                ["migrate", "--verbosity", "0"],
                ["migrate", "--database", "snappea", "--verbosity", "0"],
                ["shell", "-v", "0", "-c", _FIRST_ROWS],
            ):
                subprocess.run(
                    [python, "-m", "django", *arguments],
                    cwd=making,
                    env=_environment(making, 1000),
                    check=True,
                    capture_output=True,
                )
            making.rename(template)
    return template


def _environment(state: Path, most_events: int) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "bugsink_conf",
        "HOME": str(state),
        "PYTHONPATH": str(state),
        "TEST_MOST_EVENTS": str(most_events),
    }


@contextlib.contextmanager
def _locked(name: str) -> Iterator[None]:
    _TOOLS.mkdir(parents=True, exist_ok=True)
    with (_TOOLS / name).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
