"""A start loads the least it can: the person waits for the terminal."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.doubles.command_line import environment
from tests.doubles.requirement import require

pytestmark = pytest.mark.process

START = (
    "import sys; sys.argv = ['crashwatch', *sys.argv[1:]];"
    "from crashwatch.__main__ import main; main()"
)
NEVER = {
    "click",
    "rich",
    "sentry_sdk",
    "zstandard",
    "watchdog",
    "psutil",
    "msgspec",
    "dataclasses",
    "inspect",
    "enum",
    "re",
    "typing",
    "socket",
    "signal",
    "subprocess",
    "ctypes",
    "json",
    "datetime",
    "pathlib",
    "contextlib",
    "functools",
    "collections",
    "tomllib",
    "urllib",
    "tempfile",
    "shutil",
    "logging",
    "platform",
    "struct",
}


def loaded(*arguments: str) -> set[str]:
    """What Python loads, by its own -X importtime: lines of three columns."""
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", *arguments],
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
        text=True,
    )
    lines = ended.stderr.splitlines()
    return {row.split("|")[2].strip() for row in lines if row.startswith("import time")}


def loaded_to_start(*program: str) -> set[str]:
    return loaded(START, "run", "--", *program) - loaded("pass")


def test_a_program_that_ends_at_once() -> None:
    found = loaded_to_start("true")
    assert "crashwatch.supervisor.begin" in found
    assert found.isdisjoint(NEVER)
    assert not {
        name for name in found if name.split(".")[0] in {"reports", "scrubbers"}
    }


def test_a_program_that_stays_and_the_wake_after_it() -> None:
    """The sleeper's own interpreter tells nothing: it is not asked to."""
    found = loaded_to_start("sleep", "0.2")
    assert "crashwatch.supervisor.sleeper" in found
    assert found.isdisjoint(NEVER - {"struct"})


def test_a_python_program() -> None:
    script = "import time; time.sleep(0.5)"
    found = loaded_to_start(sys.executable, "-c", script)
    assert "crashwatch.supervisor.shared" in found
    assert found.isdisjoint(NEVER - {"struct"})


def test_what_a_wake_loads(tmp_path: Path) -> None:
    """PYTHONVERBOSE would be heard by the terminal too; a file tells what was read."""
    trace = tmp_path / "opened"
    command = ["strace", "-f", "-o", str(trace), "-e", "trace=openat,execve"]
    require(shutil.which("strace"), "strace is missing", "apt-get install strace")
    subprocess.run(
        [*command, sys.executable, "-c", START, "run", "--", "sleep", "0.2"],
        env=environment(),
        check=True,
        capture_output=True,
    )
    woken = trace.read_text().rpartition('"-S", "-P"')[2]
    read = re.findall(r'openat\(.*/(\w+)(?:\.cpython-\d+)?\.pyc?", [^=]*= \d', woken)
    opened = set(read)
    assert "watch" in opened
    assert opened.isdisjoint(NEVER - {"struct"})


def test_a_list_loads_nothing_that_asks_stores_or_sends() -> None:
    found = loaded(START, "reports", "list") - loaded("pass")
    assert "reports.spool.listing" in found
    assert found.isdisjoint(
        {
            "reports.spool.directory",
            "reports.spool.entry",
            "reports.crash_report",
            "reports.consent.record_file",
            "reports.consent.disclosure",
            "crashwatch.prompts.question",
            "crashwatch.cli.kept",
            "hashlib",
            "json",
            "random",
            "shutil",
        }
    )
