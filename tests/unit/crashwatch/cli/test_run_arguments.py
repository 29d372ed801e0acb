"""The arguments of ``run``: ours before the program, its own from there on."""

import pytest

from crashwatch.cli.run_arguments import MODES, RunArguments, parse_run_arguments
from crashwatch.errors import UsageError


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--", "x"], RunArguments(command=("x",))),
        (["x", "--headless"], RunArguments(command=("x", "--headless"))),
        (["--headless", "x"], RunArguments(command=("x",), headless=True)),
        (["--", "x", "--", "y"], RunArguments(command=("x", "--", "y"))),
        (["--no-telemetry", "x"], RunArguments(command=("x",), no_telemetry=True)),
        (["--artifacts", "d", "x"], RunArguments(command=("x",), artifacts="d")),
        (["--artifacts=d=e", "x"], RunArguments(command=("x",), artifacts="d=e")),
        (["--capture", "hold", "x"], RunArguments(command=("x",), capture="hold")),
        (["--help", "--nonsense"], RunArguments(help=True)),
        (["-h"], RunArguments(help=True)),
        (["--", "-x"], RunArguments(command=("-x",))),
    ],
)
def test_understood(words, expected):
    assert parse_run_arguments(words) == expected


@pytest.mark.parametrize("mode", MODES)
def test_modes(mode):
    assert parse_run_arguments([f"--capture={mode}", "x"]).capture == mode


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--"],
        [""],
        ["--", ""],
        ["--headless"],
        ["--artifacts"],
        ["--artifacts=", "x"],
        ["--capture", "", "x"],
        ["--capture=all", "x"],
        ["--headless=1", "x"],
        ["--no-telemetry=0", "x"],
        ["-x", "y"],
    ],
)
def test_refused_with_a_next_step(words):
    with pytest.raises(UsageError) as refusal:
        parse_run_arguments(words)
    assert refusal.value.hint
    assert refusal.value.exit_status == 2
