"""What a test needs of the machine: present, or skipped by name, or failed in CI."""

import os

import pytest


def require(condition: object, what: str, how: str) -> None:
    """Skip the test unless `condition` holds; fail instead where CI is "true".

    Args:
        condition: Anything; its truth decides.
        what: What is missing, as the beginning of a sentence ("tmux is missing").
        how: How to get it, as an imperative ("apt-get install tmux").
    """
    if condition:
        return
    message = f"{what}: {how}"
    if os.environ.get("CI") == "true":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)
