"""What every test gets: a private home, a clean environment, nothing left behind."""

import os
import resource
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import hypothesis
import pytest

from tests.doubles import left_behind, process_table
from tests.doubles.other_pythons import (
    VERSIONS,
    OtherPython,
    find_other_pythons,
    lend_packages,
    other_python,
)
from tests.doubles.ptrace_permission import REMEDY, why_ptrace_fails
from tests.doubles.relay_opinion import Reader
from tests.doubles.requirement import IN_CI, require

FIXTURES: Final = Path(__file__).parent.parent / "fixtures"

OURS: Final = ("CRASHWATCH_", "SENTRY_")
"""Variables by whose first letters a program of ours would be steered."""

STEERING: Final = (
    "CI",
    "DISPLAY",
    "DO_NOT_TRACK",
    "PYTHONFAULTHANDLER",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "PYTHONUNBUFFERED",
)

REAL_PROCESSES: Final = ("process", "ptrace", "bugsink", "display")
"""Marks of the tests after which orphans are looked for too."""

ORPHANS_END: Final = 30.0
"""Seconds: who gathers or tidies up after a run outlives it by a whole start of Python,
on a busy machine by many. One that was forgotten is there for ever."""

hypothesis.settings.register_profile(
    "ci", derandomize=True, deadline=None, database=None, print_blob=True
)
hypothesis.settings.register_profile("dev", deadline=None)
hypothesis.settings.load_profile("ci" if IN_CI else "dev")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the one mark that belongs to this file."""
    config.addinivalue_line(
        "markers", "untidy_home: leaves wrong modes in its home on purpose"
    )


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test marked ptrace needs it to work; a hang or an errno would not say so."""
    if item.get_closest_marker("ptrace"):
        cause = why_ptrace_fails()
        require(not cause, cause, REMEDY)


@pytest.fixture(autouse=True, scope="session")
def _no_core_files() -> None:
    """Programs that crash on purpose leave no core file beside the sources."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))


@pytest.fixture(autouse=True, scope="session")
def _no_ignored_signals() -> None:
    """Under ``nohup`` or in a shell's background our children would ignore them too."""
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    for number in (signal.SIGINT, signal.SIGQUIT):
        if signal.getsignal(number) is signal.SIG_IGN:
            default = signal.default_int_handler
            is_ctrl_c = number == signal.SIGINT
            signal.signal(number, default if is_ctrl_c else signal.SIG_DFL)


@pytest.fixture(autouse=True)
def crashwatch_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A private $CRASHWATCH_HOME, not yet made, in an environment without others.

    Applied to every test, so that none can meet the person's own settings, reports
    or consent.
    """
    for name in os.environ:
        if name.startswith(OURS) or name in STEERING:
            monkeypatch.delenv(name)
    home = tmp_path / "crashwatch-home"
    monkeypatch.setenv("CRASHWATCH_HOME", str(home))
    return home


@pytest.fixture(autouse=True)
def _nothing_left_behind(
    request: pytest.FixtureRequest, crashwatch_home: Path
) -> Iterator[None]:
    """Fail a test that leaves a process running or a file others may read."""
    before = left_behind.children()
    yield
    node = request.node
    left = left_behind.children() - before
    if any(node.get_closest_marker(name) for name in REAL_PROCESSES):
        orphans = process_table.holders_of(str(crashwatch_home)) - before - left
        left |= process_table.wait_until_gone(orphans, deadline=ORPHANS_END)
    names = [process_table.describe(pid) for pid in sorted(left)]
    for pid in left:
        process_table.kill_tree(pid)
    assert not names, f"the test left processes running: {names}"
    if not node.get_closest_marker("untidy_home"):
        wrong = list(left_behind.open_to_others(crashwatch_home))
        assert not wrong, f"others may read what the test left: {wrong}"


_relay = Reader()


@pytest.fixture(autouse=True)
def _relay_finds_nothing(crashwatch_home: Path) -> Iterator[None]:
    """Whatever a test stored to be sent, Sentry's own rules would leave as it is."""
    yield
    assert not _relay.opinion_of_home(crashwatch_home)


@pytest.fixture(scope="session")
def programs() -> Path:
    """The folder fixtures/programs."""
    return FIXTURES / "programs"


@pytest.fixture(scope="session")
def pachyterm_mini() -> list[str]:
    """The command of the fixture terminal under this Python; add its options."""
    return [sys.executable, str(FIXTURES / "terminals" / "pachyterm_mini")]


def _versions_here() -> tuple[str, ...]:
    """The versions found; no registry of packages has the others, so a machine
    without them tests what it has, and the header says so."""
    return tuple(find_other_pythons())


def pytest_report_header() -> str:
    """Say which Pythons terminals are run on, and which are not here."""
    missing = [version for version in VERSIONS if version not in _versions_here()]
    absent = f"; not here: {', '.join(missing)}" if missing else ""
    return f"terminals run on Python {', '.join(_versions_here())}{absent}"


@pytest.fixture(params=_versions_here())
def each_python(request: pytest.FixtureRequest) -> OtherPython:
    """Once for each Python version a terminal may run on."""
    return other_python(request.param)


@pytest.fixture(scope="session")
def lent_pyte(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for PYTHONPATH with which another Python runs the fixture terminal."""
    return lend_packages(tmp_path_factory.mktemp("lent"), "pyte", "wcwidth")
