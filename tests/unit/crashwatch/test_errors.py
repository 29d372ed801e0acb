"""The errors' words and exit statuses."""

from __future__ import annotations

import subprocess
import sys

import pytest

from crashwatch import errors


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.CrashwatchError("x"), 1),
        (errors.UsageError("x"), 2),
        (errors.NotFoundError("x"), 1),
        (errors.ConfigurationError("x"), 1),
        (errors.RefusedError("x"), 3),
        (errors.ProgramNotFoundError("x"), 127),
        (errors.ProgramNotExecutableError("x"), 126),
        (errors.CrashwatchError("x", exit_status=7), 7),
    ],
)
def test_each_error_knows_its_exit_status(error, status):
    assert isinstance(error, errors.CrashwatchError)
    assert error.exit_status == status


def test_a_configuration_error_names_its_place():
    error = errors.ConfigurationError("is bad", "Mend it.", file="a", line=3, column=5)
    assert str(error) == "a:3:5: is bad"
    assert error.hint == "Mend it."
    assert str(errors.ConfigurationError("is bad", file="a", line=3)) == "a:3: is bad"
    assert str(errors.ConfigurationError("is bad", file="$V")) == "$V: is bad"
    assert str(errors.ConfigurationError("is bad")) == "is bad"


def test_loading_the_errors_loads_nothing_else():
    program = (
        "import sys; before = set(sys.modules); import crashwatch.errors;"
        "print(sorted(set(sys.modules) - before))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert answer.stdout.strip() == "['crashwatch', 'crashwatch.errors']"
