"""The supervisor dies in the middle of a capture: no core, no raw byte on the disk."""

import base64
import ctypes
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doubles import process_table
from tests.doubles.sabotaged_supervisor import sabotaged
from tests.doubles.stored_bytes import contents

pytestmark = [pytest.mark.process, pytest.mark.ptrace]

SET_SUBREAPER = 36
CANARY = "Quokka7Zebra9Lynx"
ENCODINGS = ("utf-8", "utf-16-le", "utf-32-le")
"""Latin-1 is the same bytes as UTF-8 for these letters."""

POINTS = {
    "frozen": "crashwatch.supervisor.frozen_reading.process_facts",
    "stacks are read": "crashwatch.linux.snapshot.plan_code_windows",
    "sanitizing": "reports.sanitize._Work._signal",
    "composing": "reports.compose.event_of",
    "writing": "reports.spool.durable.sync_folder",
}
"""What was reached when the supervisor dies: the function that kills it instead."""

VICTIM = f"""\
import ctypes, os, resource, threading
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # its own core is not ours to judge
text = {CANARY!r}
kept = [ctypes.create_string_buffer(text.encode(e) * 8) for e in {ENCODINGS!r}]
words = [int.from_bytes(k.raw[8 * n : 8 * n + 8], "little")
         for k in kept for n in range(8)]
print(os.getpid(), flush=True)
call = ctypes.CFUNCTYPE(ctypes.c_int, *[ctypes.c_uint64] * len(words))
def fall(*_):
    ctypes.string_at(0)
    return 0
call(fall)(*words)
"""


def core_folders(cwd: Path) -> list[Path]:
    """Where the kernel, or what it hands cores to, would put one of ours."""
    pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
    if pattern.startswith("|"):
        return [Path("/var/lib/systemd/coredump"), Path("/var/crash")]
    return [Path(pattern).parent] if pattern.startswith("/") else [cwd]


def forms() -> list[bytes]:
    """The canary's halves in every encoding, and in base64."""
    halves = (CANARY[:9], CANARY[8:])
    plain = [half.encode(e) for half in halves for e in ENCODINGS]
    shifted = [base64.b64encode(bytes(n) + CANARY.encode())[4:-4] for n in range(3)]
    return [*plain, *shifted]


def found_in(folders: list[Path], before: set[Path]) -> list[tuple[Path, bytes]]:
    """Each new file below the folders that holds a form of the canary."""
    return [
        (path, form)
        for path in files_below(folders) - before
        for form in forms()
        if form in contents(path)
    ]


def files_below(folders: list[Path]) -> set[Path]:
    return {p for folder in folders for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def _adopts_orphans() -> Iterator[None]:
    libc = ctypes.CDLL(None)
    libc.prctl(SET_SUBREAPER, 1, 0, 0, 0)
    yield
    libc.prctl(SET_SUBREAPER, 0, 0, 0, 0)


@pytest.mark.parametrize("how", ["SIGSEGV", "SIGKILL"])
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.usefixtures("_adopts_orphans")
def test_a_supervisor_that_dies_leaves_no_core_and_no_raw_byte(
    tmp_path: Path, crashwatch_home: Path, point: str, how: str
) -> None:
    home, cwd, temporary = (tmp_path / name for name in ("home", "cwd", "tmp"))
    for folder in (home, cwd, temporary):
        folder.mkdir()
    folders = [tmp_path, *core_folders(cwd)]
    before = files_below(folders)
    victim = [sys.executable, "-c", VICTIM]
    with subprocess.Popen(
        sabotaged(POINTS[point], how, "run", "--resident", "--headless", "--", *victim),
        stdout=subprocess.PIPE,
        cwd=cwd,
        env=os.environ | {"HOME": str(home), "TMPDIR": str(temporary)},
        text=True,
    ) as supervisor:
        assert supervisor.stdout is not None
        terminal = int(supervisor.stdout.readline())
        assert supervisor.stdout.readline() == "reached\n"
        assert supervisor.wait(30) == {"SIGSEGV": -11, "SIGKILL": -9}[how]
    assert fate(terminal) in {11, None}
    for page in process_table.descendants(os.getpid()):
        os.waitpid(page, 0)
    assert found_in(folders, before) == []
    cores = {p.name for p in files_below(folders) - before if "core" in p.name}
    assert cores == set()
    assert crashwatch_home.is_relative_to(tmp_path)


def fate(pid: int) -> int | None:
    """The signal an orphan of ours dies of; None when its supervisor reaped it."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return None
    try:
        assert select.select([descriptor], [], [], 20)[0], "it does not die"
    finally:
        os.close(descriptor)
    return os.WTERMSIG(os.waitpid(pid, 0)[1])
