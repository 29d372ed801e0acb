"""What a test needs of the machine: present, or skipped by name, or failed in CI."""

import os
from typing import Final

import pytest

IN_CI: Final = os.environ.get("CI") == "true"
"""Read once, early: tests run without CI in their environment (see conftest), since
the code under test would ask less and do more of its own accord."""


def require(condition: object, what: str, how: str) -> None:
    """Skip the test unless `condition` holds; fail it instead in CI.

    Args:
        condition: Anything; its truth decides.
        what: What is missing, as the beginning of a sentence ("tmux is missing").
        how: How to get it, as an imperative ("apt-get install tmux").
    """
    if condition:
        return
    message = f"{what}: {how}"
    if IN_CI:
        pytest.fail(message, pytrace=False)
    pytest.skip(message)
