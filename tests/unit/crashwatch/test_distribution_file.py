"""The defaults that a distribution ships."""

from __future__ import annotations

import os

import pytest

from crashwatch.configuration import load_configuration
from crashwatch.distribution_file import load_distribution
from reports.consent.switches import NO_DISTRIBUTION, Distribution

DSN = "https://0a@crashes.example.org/1"
OTHER = "https://0b@other.example.org/2"


@pytest.fixture
def defaults(tmp_path):
    return tmp_path / "defaults.toml"


def test_without_a_file_a_build_says_nothing(defaults):
    assert load_distribution(defaults) is NO_DISTRIBUTION
    defaults.write_text("")
    assert load_distribution(defaults) == NO_DISTRIBUTION


def test_it_turns_off_does_not_ask_and_names_an_endpoint(defaults):
    defaults.write_text(f'off = true\nask = false\nendpoint = "{DSN}"\n')
    assert load_distribution(defaults) == Distribution(
        off=True, ask=False, endpoint=DSN
    )
    defaults.write_text("off = false\nask = true\n")
    assert load_distribution(defaults) == NO_DISTRIBUTION


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("off = ", ":1:7: is not valid TOML"),
        ("off = 0", ":1: off must be true or false"),
        ('ask = "never"', ":1: ask must be true or false"),
        ("on = true", ":1: on is not a setting"),
        ('grant = ["usage"]', ":1: grant is not a setting"),
        ('consent = "always"', ":1: consent is not a setting"),
        ('endpoint = "http://k@example.org/1"', ":1: endpoint cannot be used"),
        ("a = " + "[" * 9_999, "is nested too deeply"),
        ("\0" * 100, "is not valid TOML"),
    ],
)
def test_what_cannot_be_read_turns_everything_off_until_it_is_allowed(
    defaults, text, why
):
    defaults.write_text(text)
    read = load_distribution(defaults)
    assert (read.off, read.endpoint) == (True, "")
    assert why in read.reason
    assert read.reason.isprintable()


def test_what_cannot_be_believed_turns_everything_off(defaults):
    defaults.write_text("")
    defaults.chmod(0o666)
    assert "others may write to it" in load_distribution(defaults).reason
    defaults.unlink()
    defaults.symlink_to("elsewhere")
    assert "is a symbolic link" in load_distribution(defaults).reason
    defaults.unlink()
    os.mkfifo(defaults, 0o600)
    assert "is not a regular file" in load_distribution(defaults).reason
    defaults.unlink()
    with defaults.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    assert "are the most that is read" in load_distribution(defaults).reason


@pytest.mark.parametrize(
    ("file", "variable", "fixed", "dsn"),
    [
        (None, None, "", DSN),
        ("capture = 'off'", None, "", DSN),
        (f'dsn = "{OTHER}"', None, "", OTHER),
        ('dsn = ""', None, "", ""),
        (None, OTHER, "", OTHER),
        (None, "", "", ""),
        (f'dsn = "{OTHER}"', OTHER, DSN + "9", DSN + "9"),
    ],
)
def test_everybody_else_who_names_an_endpoint_goes_before(
    tmp_path, file, variable, fixed, dsn
):
    config = tmp_path / "config.toml"
    if file is not None:
        config.write_text(file)
    environment = {} if variable is None else {"CRASHWATCH_DSN": variable}
    read = load_configuration(config, environment, fixed_dsn=fixed, default_dsn=DSN)
    assert read.dsn == dsn
