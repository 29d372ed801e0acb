"""A frame's file in the checkout: a place of the build's own, and nobody's name."""

from pathlib import Path

import pytest

from crashwatch.cli.checkout import Checkout
from reports.backtrace import Frame
from scrubbers import Identity

FRAME = Frame("test_tabs", "<app>/tests/test_tabs.py", 3)


def located(root: Path, identity: Identity, below: str = "") -> str:
    file = root / below / "tests" / "test_tabs.py"
    file.parent.mkdir(parents=True)
    file.write_text("pass")
    environment = {"GITHUB_WORKSPACE": str(root)}
    return Checkout(environment, [str(root / below)], identity).locate(FRAME)


@pytest.mark.parametrize("kind", ["argument", "environment"])
def test_a_file_that_the_run_was_told_of_has_its_place(
    kind: str, tmp_path: Path
) -> None:
    told = Identity(extra=((kind, "tests/test_tabs.py"),))
    assert located(tmp_path, told) == "tests/test_tabs.py"


def test_a_file_below_a_name_has_none(tmp_path: Path) -> None:
    assert located(tmp_path, Identity(user="zoe_quarles"), "zoe_quarles") == ""


def test_a_file_outside_of_the_checkout_has_none(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    environment = {"GITHUB_WORKSPACE": str(tmp_path / "elsewhere")}
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_tabs.py").write_text("pass")
    checkout = Checkout(environment, [str(tmp_path)], Identity())
    assert checkout.locate(FRAME) == ""
