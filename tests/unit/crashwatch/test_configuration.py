"""Settings from the file, the environment and defaults."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from crashwatch.configuration import DEFAULTS, Configuration, load_configuration
from crashwatch.errors import ConfigurationError

GOOD = """\
# made-up
dsn = "https://0a1b@crashes.example.org/1"
ca_bundle = "/etc/made-up/ca.pem"
release = "1.2.3"
app_roots = ["/opt/pachyterm/", "~/src/pachyterm"]
thread_names = ["pty-reader", "draw (GL)"]
capture = "hold"
trace_native = true
prompt_timeout = 30
hold_write_seconds = 0.01
safe_arguments = ["--no-plugins"]
"""


@pytest.fixture
def config(tmp_path):
    return tmp_path / "config.toml"


def fault(config, text, environment=None):
    """The error that ``text`` gives, without the folder in front."""
    config.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigurationError) as caught:
        load_configuration(config, environment or {"HOME": "/home/mara"})
    said = str(caught.value)
    assert "\n" not in said
    return said.replace(str(config), "config.toml")


def test_without_file_and_variables_all_is_default(config):
    assert load_configuration(config, {}) == DEFAULTS
    assert DEFAULTS.dsn == ""
    assert DEFAULTS.prompt_timeout == 60


def test_every_setting_is_read(config):
    config.write_text(GOOD)
    assert load_configuration(config, {"HOME": "/home/mara"}) == Configuration(
        dsn="https://0a1b@crashes.example.org/1",
        ca_bundle="/etc/made-up/ca.pem",
        release="1.2.3",
        app_roots=("/opt/pachyterm", "/home/mara/src/pachyterm"),
        thread_names=("pty-reader", "draw (GL)"),
        capture="hold",
        trace_native=True,
        prompt_timeout=30.0,
        hold_write_seconds=0.01,
        safe_arguments=("--no-plugins",),
    )


def test_the_environment_wins_and_an_empty_variable_clears(config):
    config.write_text(GOOD)
    home = {"HOME": "/home/mara"}
    other = "http://9f@127.0.0.1:1/2"
    assert load_configuration(config, home | {"CRASHWATCH_DSN": other}).dsn == other
    assert load_configuration(config, home | {"CRASHWATCH_DSN": ""}).dsn == ""
    named = home | {"CRASHWATCH_RELEASE": "9", "CRASHWATCH_CA_BUNDLE": "/ca"}
    read = load_configuration(config, named)
    assert (read.release, read.ca_bundle) == ("9", "/ca")


def test_the_administrators_endpoint_wins_over_all(config):
    config.write_text(GOOD)
    fixed = "https://1@fixed.example.org/3"
    named = {
        "CRASHWATCH_DSN": "https://2@other.example.org/4",
        "HOME": "/home/mara",
    }
    assert load_configuration(config, named, fixed_dsn=fixed).dsn == fixed


def test_a_configuration_is_frozen():
    with pytest.raises(AttributeError):
        DEFAULTS.dsn = "x"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'dsn = "https://k@example.org/1"\nrelease = \n',
            "config.toml:2:11: is not valid TOML: invalid value",
        ),
        ("dsn\n", "config.toml:1:4: is not valid TOML"),
        ('a = 1\nb = """', "config.toml:2:8: is not valid TOML"),
        ("a = 1\na = 2\n", "config.toml:2:"),
        ("a = " + "[" * 20_000, "config.toml: is nested too deeply"),
        ("a = " + "9" * 5000, "config.toml: is not valid TOML: a value is out of"),
        (b"a = 1\n# \xff\n", "config.toml:2:3: is not UTF-8 text"),
        (b"\x7fELF\x00\x01", "config.toml:1:1: is not valid TOML"),
    ],
)
def test_syntax_errors_name_line_and_column(config, text, said):
    assert fault(config, text).startswith(said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\ndsn = 3", "config.toml:2: dsn must be a string"),
        ('dsn = "mailto:k"', "config.toml:1: dsn cannot be used: the DSN must begin"),
        ('dsn = "a\\nb"', "config.toml:1: dsn may not hold control characters"),
        ('ca_bundle = "ca.pem"', "config.toml:1: ca_bundle cannot be used: it must"),
        ('release = "a b"', "config.toml:1: release cannot be used: a release is"),
        ('release = ".1"', "config.toml:1: release cannot be used: a release is"),
        ('app_roots = "/opt"', "config.toml:1: app_roots must be a list"),
        ("app_roots = [1]", "config.toml:1: app_roots may only hold strings"),
        ('app_roots = ["opt"]', "config.toml:1: app_roots may only hold absolute"),
        ('app_roots = ["/a/../b"]', "config.toml:1: app_roots may only hold absolute"),
        ('app_roots = ["/"]', "config.toml:1: app_roots may not hold /"),
        ('app_roots = ["/home"]', "config.toml:1: app_roots may not hold /"),
        ('app_roots = ["~/"]', "config.toml:1: app_roots may not hold /"),
        ('thread_names = ["zoë"]', "config.toml:1: thread_names may only hold letters"),
        ('thread_names = [""]', "config.toml:1: thread_names may only hold letters"),
        ('thread_names = ["1a"]', "config.toml:1: thread_names may only hold letters"),
        ('capture = "always"', "config.toml:1: capture must be one of auto, hold"),
        ("prompt_timeout = 0", "config.toml:1: prompt_timeout must be between 1 and"),
        ("prompt_timeout = true", "config.toml:1: prompt_timeout must be a number"),
        ('prompt_timeout = "9"', "config.toml:1: prompt_timeout must be a number"),
        ("prompt_timeout = nan", "config.toml:1: prompt_timeout must be between"),
        ("prompt_timeout = inf", "config.toml:1: prompt_timeout must be between"),
        (f"view_idle = {'9' * 400}", "config.toml:1: view_idle must be between"),
        ("safe_arguments = {a = 1}", "config.toml:1: safe_arguments must be a list"),
        ("\n\nconsent = true", "config.toml:3: consent is not a setting"),
        ("[regionn]\na=1", "config.toml:1: regionn is not a setting"),
    ],
)
def test_wrong_values_name_key_and_line(config, text, said):
    assert fault(config, text).startswith(said)


def test_a_bad_variable_is_named(config):
    with pytest.raises(ConfigurationError, match=r"^\$CRASHWATCH_DSN: the DSN must"):
        load_configuration(config, {"CRASHWATCH_DSN": "x"})


def test_links_fifos_folders_and_giants_are_refused(tmp_path, config):
    config.symlink_to(tmp_path / "elsewhere.toml")
    with pytest.raises(ConfigurationError, match="is a symbolic link"):
        load_configuration(config, {})
    config.unlink()
    os.mkfifo(config)
    with pytest.raises(ConfigurationError, match="is not a regular file"):
        load_configuration(config, {})
    config.unlink()
    config.mkdir()
    with pytest.raises(ConfigurationError, match="is not a regular file"):
        load_configuration(config, {})
    config.rmdir()
    with config.open("wb") as file:
        file.truncate(100_000_000)
    with pytest.raises(ConfigurationError, match="is 100000000 bytes"):
        load_configuration(config, {})


def test_tomllib_and_dataclasses_are_not_loaded_without_a_file(tmp_path):
    program = (
        "import sys; from crashwatch.configuration import load_configuration;"
        f"load_configuration({str(tmp_path / 'none')!r}, {{}});"
        "print({'tomllib', 'dataclasses', 'inspect', 'pathlib', 'msgspec'}"
        " & set(sys.modules))"
    )
    answer = subprocess.run(
        [sys.executable, "-S", "-c", program],
        check=True,
        capture_output=True,
        text=True,
        cwd=os.path.dirname(os.path.dirname(sys.modules["crashwatch"].__file__)),  # noqa: PTH120 -- the folder the package is in
    )
    assert answer.stdout.strip() == "set()"
