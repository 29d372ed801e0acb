"""The manual pages: groff has no warning, and each command has its place."""

import shutil
import subprocess

import pytest

from tests.architecture.command_reference import described_commands
from tests.architecture.generated_documents import DOCS
from tests.architecture.manual_pages import manual_pages
from tests.doubles.requirement import require

PAGES = manual_pages()


def rendered(*names):
    require(shutil.which("groff"), "groff is missing", "apt-get install groff-base")
    return subprocess.run(
        ["groff", "-man", "-Tascii", "-P-cbou", "-ww", *names],
        cwd=DOCS / "man",
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )


def test_groff_has_no_warning():
    assert rendered(*sorted(PAGES)).stderr == ""


def test_no_page_is_left_of_a_command_that_is_gone():
    assert {path.name for path in (DOCS / "man").iterdir()} == set(PAGES)


@pytest.mark.parametrize(
    "command", [c for c in described_commands() if c.name], ids=lambda c: c.name
)
def test_each_command_and_option_has_its_place(command):
    page = PAGES[f"crashwatch-{command.name.split()[0]}.1"].replace("\\-", "-")
    assert f".B {command.words}\n" in page
    for option, _ in command.options:
        assert f".B {option}\n" in page


def test_a_page_reads_as_the_help_does():
    shown = " ".join(rendered("crashwatch-reports.1").stdout.split())
    assert "crashwatch-reports - look at what was captured, and decide" in shown
    assert "--html FILE Write a page that needs nothing beside it." in shown
    assert "--state STATE" in shown
    assert "EXIT STATUS 0 done 1 it failed" in shown
