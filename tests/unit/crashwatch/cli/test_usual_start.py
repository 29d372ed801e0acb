"""The short look at a machine agrees with the long one."""

import os
import time
from pathlib import Path

import pytest

from crashwatch.cli.usual_start import Look, StartSettings, look, upkeep_may_be_due
from crashwatch.configuration import DEFAULTS
from crashwatch.distribution_file import DEFAULTS_PATH
from crashwatch.policy_file import POLICY_PATH
from reports.consent.record import State
from reports.home import Home, find_home


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    return folder


def seen(home: Path, **more: str) -> Look | None:
    environment = {"CRASHWATCH_HOME": str(home), **more}
    return look(environment, (str(home.parent / "no policy"),))


def is_usual(found: Look | None) -> bool:
    return found is not None and not (found.settings or found.refused or found.counts)


def usual(home: Path, **more: str) -> bool:
    return is_usual(seen(home, **more))


def test_the_defaults_are_the_configurations() -> None:
    settings = StartSettings()
    for name in vars(settings).keys() & DEFAULTS._fields:
        assert getattr(settings, name) == getattr(DEFAULTS, name), name
    assert settings.may_capture


def test_nothing_there_is_usual(tmp_path: Path, home: Path) -> None:
    assert usual(home)
    assert usual(tmp_path / "not made")
    assert is_usual(look({"HOME": str(tmp_path)}, (str(tmp_path / "none"),)))
    assert look({}, (str(tmp_path / "none"),)) is None


@pytest.mark.parametrize(
    "variable", ["CRASHWATCH_NO_TELEMETRY", "CRASHWATCH_DSN", "DO_NOT_TRACK"]
)
def test_a_variable_is_not(variable: str, home: Path) -> None:
    assert not usual(home, **{variable: "1"})
    assert vars(seen(home, **{variable: "1"}))["settings"]


@pytest.mark.parametrize(
    ("name", "told"), [("config.toml", "settings"), ("flags", "counts")]
)
def test_a_file_that_says_something_is_not(name: str, told: str, home: Path) -> None:
    (home / name).touch()
    assert not usual(home)
    assert vars(seen(home))[told]


@pytest.mark.parametrize(
    ("state", "told"), [(State.NEVER, "refused"), (State.GRANTED, "counts")]
)
def test_choices_that_matter_are_not(state: State, told: str, home: Path) -> None:
    for name in (Home(home).consent_record.name, Home(home).consent_log.name):
        (home / name).write_text(f'{{"state": "{state.value}"}}')
        assert not usual(home)
        assert vars(seen(home))[told]
        (home / name).unlink()


def test_a_consent_file_larger_than_any_is_left_to_others(home: Path) -> None:
    Home(home).consent_log.write_text(" " * 70_000)
    assert seen(home) is None


def test_a_home_is_where_everybody_looks_for_it(tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    linked.symlink_to("/usr/share")
    for environment in (
        {"CRASHWATCH_HOME": "here"},
        {"CRASHWATCH_HOME": f"{linked}/../home"},
        {"XDG_STATE_HOME": str(tmp_path)},
        {"XDG_STATE_HOME": "state", "HOME": str(tmp_path)},
    ):
        found = look(environment, ())
        assert found is not None
        assert Path(found.root) == find_home(environment)


@pytest.mark.parametrize("state", [State.ALWAYS, State.ASK, State.REFUSED])
def test_other_choices_change_nothing_about_a_start(state: State, home: Path) -> None:
    Home(home).consent_record.write_text(f'{{"state": "{state.value}"}}')
    assert usual(home)


def test_a_file_of_the_system_is_not(home: Path, tmp_path: Path) -> None:
    none, policy = str(tmp_path / "none"), tmp_path / "policy.toml"
    policy.touch()
    for files in ((str(policy), none), (none, str(policy))):
        found = look({"CRASHWATCH_HOME": str(home)}, files)
        assert found is not None
        assert found.settings
    assert look.__defaults__ == ((POLICY_PATH, DEFAULTS_PATH),)


@pytest.mark.untidy_home
def test_what_is_odd_is_left_to_others(home: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    linked.symlink_to(home)
    assert not usual(linked)
    linked.unlink()
    linked.symlink_to(tmp_path / "nowhere")
    assert seen(linked) is None
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
