"""The short look at a machine agrees with the long one."""

import os
import time
from pathlib import Path

import pytest

from crashwatch.cli.usual_start import StartSettings, is_usual, upkeep_may_be_due
from crashwatch.configuration import DEFAULTS
from crashwatch.distribution_file import DEFAULTS_PATH
from crashwatch.policy_file import POLICY_PATH
from reports.consent.record import State
from reports.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    return folder


def usual(home: Path, **more: str) -> bool:
    environment = {"CRASHWATCH_HOME": str(home), **more}
    return is_usual(environment, (str(home.parent / "no policy"),))


def test_the_defaults_are_the_configurations() -> None:
    settings = StartSettings()
    for name in vars(settings).keys() & DEFAULTS._fields:
        assert getattr(settings, name) == getattr(DEFAULTS, name), name
    assert settings.may_capture


def test_nothing_there_is_usual(tmp_path: Path, home: Path) -> None:
    assert usual(home)
    assert usual(tmp_path / "not made")
    assert is_usual({"HOME": str(tmp_path)}, (str(tmp_path / "none"),))
    assert not is_usual({}, (str(tmp_path / "none"),))


@pytest.mark.parametrize(
    "variable", ["CRASHWATCH_NO_TELEMETRY", "CRASHWATCH_DSN", "DO_NOT_TRACK"]
)
def test_a_variable_is_not(variable: str, home: Path) -> None:
    assert not usual(home, **{variable: "1"})


@pytest.mark.parametrize("name", ["config.toml", "flags"])
def test_a_file_that_says_something_is_not(name: str, home: Path) -> None:
    (home / name).touch()
    assert not usual(home)


@pytest.mark.parametrize("state", [State.NEVER, State.GRANTED])
def test_choices_that_matter_are_not(state: State, home: Path) -> None:
    for name in (Home(home).consent_record.name, Home(home).consent_log.name):
        (home / name).write_text(f'{{"state": "{state.value}"}}')
        assert not usual(home)
        (home / name).unlink()


@pytest.mark.parametrize("state", [State.ALWAYS, State.ASK, State.REFUSED])
def test_other_choices_change_nothing_about_a_start(state: State, home: Path) -> None:
    Home(home).consent_record.write_text(f'{{"state": "{state.value}"}}')
    assert usual(home)


def test_a_file_of_the_system_is_not(home: Path, tmp_path: Path) -> None:
    none, policy = str(tmp_path / "none"), tmp_path / "policy.toml"
    policy.touch()
    for files in ((str(policy), none), (none, str(policy))):
        assert not is_usual({"CRASHWATCH_HOME": str(home)}, files)
    assert is_usual.__defaults__ == ((POLICY_PATH, DEFAULTS_PATH),)


@pytest.mark.untidy_home
def test_what_is_odd_is_left_to_others(home: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    linked.symlink_to(home)
    assert not usual(linked)
    (home / "reports").mkdir(mode=0o700)
    (home / "reports" / "pending").mkdir(mode=0o700)
    assert usual(home)
    (home / "reports" / "pending").chmod(0o777)
    assert not usual(home)
    (home / "reports" / "pending").chmod(0o700)
    (home / "runs").symlink_to(tmp_path)
    assert not usual(home)


def test_upkeep(home: Path) -> None:
    environment = {"CRASHWATCH_HOME": str(home)}
    assert not upkeep_may_be_due(environment)
    (home / "reports").mkdir(mode=0o700)
    assert upkeep_may_be_due(environment)
    (home / "reports" / ".tidied").touch()
    assert not upkeep_may_be_due(environment)
    os.utime(home / "reports" / ".tidied", (1, 1))
    assert upkeep_may_be_due(environment)
    two_hours_ago = time.time() - 7200
    os.utime(home / "reports" / ".tidied", (two_hours_ago, two_hours_ago))
    assert not upkeep_may_be_due(environment)
    (home / "reports" / "queued" / ("1" * 32)).mkdir(mode=0o700, parents=True)
    assert upkeep_may_be_due(environment), "something waits to be sent"
    (home / "reports" / ".tidied").touch()
    assert not upkeep_may_be_due(environment)
    (home / "deletion").mkdir(mode=0o700)
    assert upkeep_may_be_due(environment)
