"""GitHub's workflow commands: each stays one line, and each value what it is."""

import pytest

from crashwatch.headless.annotations import github_commands
from tests.doubles.sample_runs import EVERY_KIND, crashed, hostile, hung, run


def in_src(frame):
    return "src/" + frame.file.removeprefix("<app>/") if "<app>" in frame.file else ""


def test_an_error_at_the_line_of_the_checkout():
    (command,) = github_commands(crashed(), in_src)
    assert command == (
        "::error file=src/crashes.py,line=8,title=SIGSEGV::main.py crashed (SIGSEGV)."
    )


def test_one_without_a_place():
    (command,) = github_commands(crashed(), lambda _frame: "")
    assert command.startswith("::error title=SIGSEGV::")


def test_a_place_with_colon_and_comma():
    (command,) = github_commands(crashed(), lambda _frame: "a,b:c%.py")
    assert "file=a%2Cb%3Ac%25.py,line=519" in command


def test_a_timeout_is_told_beside_the_hang():
    first, second = github_commands(hung(5), in_src)
    assert first.endswith("::main.py does not respond.")
    assert second == "::error title=timeout::main.py was ended after 5 seconds."


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_each_command_is_one_line(kind):
    for command in github_commands(EVERY_KIND[kind], in_src):
        assert command.isprintable()
        assert command.startswith("::")


def test_what_a_report_says_begins_no_command():
    (command,) = github_commands(hostile(), in_src)
    properties, _, message = command.removeprefix("::error ").partition("::")
    assert "title=</b><script src=x>\\x1b]0;t" in properties
    assert "%3A%3Aerror%3A%3A%250A" in properties
    assert "%250A" in message


def test_a_run_that_passed_says_nothing():
    assert list(github_commands(run(), in_src)) == []
