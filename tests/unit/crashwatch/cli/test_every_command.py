"""What holds for each command there is: its help, ``--json``, ``--quiet``."""

from __future__ import annotations

import click
import pytest

from crashwatch.cli.run_arguments import USAGE
from tests.doubles.command_tree import every_command

COMMANDS = dict(every_command())
LINES, COLUMNS = 24, 80

SHOWS_NOTHING = {"completion", "demo", "view"}
"""Made for a shell, for a first look, and for a browser."""

LOOKS_ONLY = {
    *("status", "disclosure", "reports list", "reports show", "reports stats"),
    *("consent show", "identity show", "timer show"),
    *SHOWS_NOTHING,
}
"""Commands that do nothing but show: quiet, there would be nothing left of them."""


def leaves():
    return sorted(
        name
        for name, command in COMMANDS.items()
        if not isinstance(command, click.Group) and name != "run"
    )


def options(name):
    return {word for each in COMMANDS[name].params for word in each.opts}


def help_of(name):
    if name == "run":
        return USAGE
    settings = COMMANDS[""].context_settings
    context = click.Context(
        COMMANDS[name],
        info_name=f"crashwatch {name}".strip(),
        terminal_width=COLUMNS,
        max_content_width=settings["max_content_width"],
        help_option_names=settings["help_option_names"],
    )
    return COMMANDS[name].get_help(context)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_its_help_fits_a_screen_and_has_an_example(name):
    lines = help_of(name).rstrip().splitlines()
    assert len(lines) < LINES  # one is the prompt's
    assert max(map(len, lines)) <= COLUMNS
    # In the line of usage every help names its command; an example does so below it.
    assert f"crashwatch {name}".strip() in "\n".join(lines[1:])


@pytest.mark.parametrize("name", leaves())
def test_it_has_json_wherever_it_shows_something(name):
    assert ("--json" in options(name)) is (name not in SHOWS_NOTHING)


@pytest.mark.parametrize("name", leaves())
def test_it_has_quiet_wherever_it_does_something(name):
    assert ("--quiet" in options(name)) is (name not in LOOKS_ONLY)


@pytest.mark.parametrize("name", leaves())
def test_each_option_says_what_it_does(name):
    for each in COMMANDS[name].params:
        if isinstance(each, click.Option):
            assert each.help, each.opts


def test_the_first_help_names_each_command():
    shown = help_of("").split("Commands:")[1].split()
    top = {name for name in COMMANDS if name and " " not in name}
    assert top <= set(shown)
    assert "More" not in shown
