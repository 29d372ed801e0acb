"""The arguments of ``run``: ours before the program, its own from there on."""

import pytest

from crashwatch.cli.run_arguments import (
    MODES,
    USAGE,
    RunArguments,
    parse_run_arguments,
)
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


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        (["--timeout", "90", "x"], {"timeout": 90.0}),
        (["--timeout=0.5", "x"], {"timeout": 0.5}),
        (["--hang-after", "30", "x"], {"hang_after": 30.0}),
        (["--fail-on-crash", "0", "x"], {"fail_on_crash": 0}),
        (["--fail-on-crash=255", "x"], {"fail_on_crash": 255}),
        (["--repeat", "20", "--quiet", "x"], {"repeat": 20, "quiet": True}),
        (["--until-crash", "x"], {"until_crash": True}),
        (["--follow-children", "x"], {"follow_children": True}),
        (["--app-root=/usr/lib", "x"], {"app_roots": ("/usr/lib",)}),
        (
            ["--app-root", "/usr/lib/../bin", "--app-root=/etc/", "x"],
            {"app_roots": ("/usr/bin", "/etc")},
        ),
    ],
)
def test_limits(words, changes):
    assert parse_run_arguments(words) == RunArguments(command=("x",), **changes)


@pytest.mark.parametrize(
    "words",
    [
        *(["--timeout", bad, "x"] for bad in ("0", "-1", "nan", "inf", "1e9", "ten")),
        ["--hang-after", "", "x"],
        *(["--repeat", bad, "x"] for bad in ("0", "-1", "many", "9" * 12)),
        *(
            ["--app-root", bad, "x"]
            for bad in ("", "/", "/no/such/folder", "/etc/passwd")
        ),
        *(["--fail-on-crash", bad, "x"] for bad in ("256", "-1", "1.0", "٣", "9" * 40)),
    ],
)
def test_limits_that_make_no_sense(words):
    with pytest.raises(UsageError):
        parse_run_arguments(words)


MORE = ["--follow-children", "--app-root=/usr/lib", "--app-root=/etc"]


def test_the_options_as_words_are_those_options():
    words = ["--artifacts=d", "--timeout=9.0", "--fail-on-crash=3", "--headless"]
    words += ["--hang-after=2", "--resident", "--quiet", "--no-telemetry"]
    asked = parse_run_arguments([*words, "--capture=hold", *MORE, "--", "x"])
    assert parse_run_arguments([*asked.words(), "--", "x"]) == asked
    assert RunArguments(command=("x",)).words() == []


def test_how_often_is_not_among_the_words_of_one_run():
    asked = parse_run_arguments(["--repeat", "9", "--until-crash", "x"])
    assert asked.words() == []


def test_the_usage_fits_a_screen():
    lines = USAGE.splitlines()
    assert len(lines) < 24
    assert max(map(len, lines)) <= 80
