"""A start loads the least it can: the person waits for the terminal."""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from crashwatch.distribution_file import DEFAULTS_PATH
from crashwatch.policy_file import POLICY_PATH
from tests.doubles.command_line import crashwatch, environment
from tests.doubles.laid_over import machine_with, require_laying_over
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


SETTINGS = NEVER - {"enum", "functools", "collections"}
"""Never for a start that only reads settings."""
RECORD = SETTINGS - {"contextlib", "re", "json", "datetime"}
"""Never for one that has to read the person's record."""
COUNTED = RECORD - {"pathlib", "urllib", "struct"} | {"hashlib", "random"}
"""Never for one that counts."""

CONFIG = """
prompt_timeout = 30
dsn = "https://key@errors.example.org/1"   # ours
app_roots = [
    "/opt/made-up",
    "/srv/made-up",
]

[retention]
sent_days = 7

[delivery]
on_battery = true
"""


UNTIL_IT_SLEEPS = """
import os, time
deadline = time.monotonic() + 30
while "python" in os.readlink(f"/proc/{os.getppid()}/exe"):
    assert time.monotonic() < deadline, "the launcher stays awake"
    time.sleep(0.01)  # of an exec nobody is told
"""
"""What a program's end loads is no part of its start."""
UNTIL_IT_SLEEPS_IN_A_SHELL = """
n=0
while readlink /proc/$PPID/exe | grep -q python; do
    n=$((n + 1)); [ $n -lt 3000 ] || exit 9; sleep 0.01
done
"""


def loaded(*arguments: str, before: Sequence[str] = (), **changes: str) -> set[str]:
    """What Python loads, by its own -X importtime: lines of three columns."""
    ended = subprocess.run(
        [*before, sys.executable, "-X", "importtime", "-c", *arguments],
        env=environment(**changes),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
        text=True,
    )
    lines = ended.stderr.splitlines()
    return {row.split("|")[2].strip() for row in lines if row.startswith("import time")}


def loaded_to_start(
    *program: str, before: Sequence[str] = (), **changes: str
) -> set[str]:
    found = loaded(START, "run", "--", *program, before=before, **changes)
    return found - loaded("pass")


def choose(*words: str) -> None:
    assert crashwatch("consent", *words).status == 0


def configure(home: Path, text: str = CONFIG) -> None:
    home.mkdir(mode=0o700, exist_ok=True)
    (home / "config.toml").write_text(text)
    (home / "config.toml").chmod(0o600)


def test_a_program_that_ends_at_once() -> None:
    found = loaded_to_start("true")
    assert "crashwatch.supervisor.begin" in found
    assert found.isdisjoint(NEVER)
    assert not {
        name for name in found if name.split(".")[0] in {"reports", "scrubbers"}
    }


def test_choices_alone_load_no_more_than_none(crashwatch_home: Path) -> None:
    choose("grant", "crash", "usage", "performance")
    found = loaded_to_start("true")
    assert found.isdisjoint({*NEVER, "reports", "crashwatch.configuration"})


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"CRASHWATCH_DSN": "https://key@other.example.org/1"},
        {"DO_NOT_TRACK": "1"},
        {"CRASHWATCH_NO_TELEMETRY": "1"},
        {"CI": "true", "CRASHWATCH_CONSENT": "crash"},
    ],
    ids=lambda more: " ".join(more) or "no variable",
)
@pytest.mark.parametrize("granted", [(), ("crash", "usage")], ids=["asked", "granted"])
def test_settings_are_read_without_tomllib_and_the_record(
    crashwatch_home: Path, granted: tuple[str, ...], more: dict[str, str]
) -> None:
    registry = crashwatch_home.parent / "metrics.toml"
    configure(crashwatch_home, f"registry = '{registry}'\n{CONFIG}")
    if granted:
        choose("grant", *granted)
    found = loaded_to_start("true", **more)
    assert "reports.plain_toml" in found
    assert found.isdisjoint(SETTINGS)
    assert "crashwatch.cli.session" not in found


def test_regions_are_told_without_more(crashwatch_home: Path) -> None:
    configure(crashwatch_home, f"{CONFIG}[regions.eu]\n[regions.us]\n")
    found = loaded_to_start("true", LANG="de_DE.UTF-8", TZ="America/New_York")
    assert "crashwatch.whereabouts" in found
    assert found.isdisjoint(SETTINGS)
    assert "crashwatch.cli.session" not in found


@pytest.mark.parametrize(
    "files",
    [
        {POLICY_PATH: 'forbid = ["plugins"]\n'},
        {POLICY_PATH: "force_off = true\n"},
        {DEFAULTS_PATH: 'ask = false\nendpoint = "https://k@errors.example.org/1"\n'},
    ],
    ids=["policy", "policy that is off", "defaults"],
)
def test_files_of_the_system_are_read_so_too(
    tmp_path: Path, files: dict[str, str]
) -> None:
    require_laying_over(tmp_path)
    found = loaded_to_start("true", before=machine_with(tmp_path, files))
    assert "reports.plain_toml" in found
    assert found.isdisjoint(SETTINGS)
    assert "crashwatch.cli.session" not in found


def test_a_refusal_is_read_in_the_record(crashwatch_home: Path) -> None:
    configure(crashwatch_home)
    choose("revoke", "crash")
    found = loaded_to_start("true")
    assert "reports.consent.record_file" in found
    assert found.isdisjoint(RECORD)
    assert "crashwatch.cli.session" not in found


def test_a_program_that_counts(crashwatch_home: Path) -> None:
    configure(crashwatch_home)
    choose("grant", "crash", "usage")
    found = loaded_to_start(sys.executable, "-c", UNTIL_IT_SLEEPS)
    assert "reports.usage.counter_file" in found
    assert "crashwatch.supervisor.sleeper" in found
    assert found.isdisjoint(COUNTED)


def test_upkeep_is_started_without_the_record(crashwatch_home: Path) -> None:
    (crashwatch_home / "reports").mkdir(mode=0o700, parents=True)
    crashwatch_home.chmod(0o700)
    found = loaded_to_start("true")
    assert "crashwatch.cli.detached" in found
    assert found.isdisjoint({*NEVER, "reports"})
    deadline = time.monotonic() + 30
    while not (crashwatch_home / "reports" / ".tidied").exists():  # it runs beside us
        assert time.monotonic() < deadline, "upkeep was not started"
        time.sleep(0.02)  # it is nobody's child by then


def test_a_program_that_stays_and_the_wake_after_it() -> None:
    """The sleeper's own interpreter tells nothing: it is not asked to."""
    found = loaded_to_start("sh", "-c", UNTIL_IT_SLEEPS_IN_A_SHELL)
    assert "crashwatch.supervisor.sleeper" in found
    assert found.isdisjoint(NEVER - {"struct"})


def test_a_python_program() -> None:
    found = loaded_to_start(sys.executable, "-c", UNTIL_IT_SLEEPS)
    assert "crashwatch.supervisor.shared" in found
    assert found.isdisjoint(NEVER - {"struct"})


def test_what_a_wake_loads(tmp_path: Path) -> None:
    """PYTHONVERBOSE would be heard by the terminal too; a file tells what was read."""
    trace = tmp_path / "opened"
    command = ["strace", "-f", "-o", str(trace), "-e", "trace=openat,execve"]
    require(shutil.which("strace"), "strace is missing", "apt-get install strace")
    program = ["sh", "-c", UNTIL_IT_SLEEPS_IN_A_SHELL]
    subprocess.run(
        [*command, sys.executable, "-c", START, "run", "--", *program],
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
