"""What is known of CPython's instructions is what each CPython says."""

import functools
import json
import subprocess
from pathlib import Path

import pytest

from tests.doubles import told_messages
from tests.doubles.other_pythons import VERSIONS, other_python

FACTS = Path(told_messages.__file__).with_name("instruction_facts.py")


@functools.cache
def facts(version):
    python = other_python(version).executable
    ended = subprocess.run(
        [python, "-B", FACTS, told_messages.CLIENT],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_numbers(version):
    told = facts(version)
    assert told["known"].items() <= told["numbers"].items()
    missing = {name for name in told["names"] if name in told["numbers"]}
    assert missing <= told["known"].keys()


@pytest.mark.parametrize("version", VERSIONS)
def test_the_jumps(version):
    told = facts(version)
    assert told["known_jumps"] == told["jumps"]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_stack_effects(version):
    assert facts(version)["wrong"] == []


def test_each_known_instruction_is_one_of_some_python():
    everywhere = set().union(*(facts(version)["numbers"] for version in VERSIONS))
    assert set(facts("3.11")["names"]) <= everywhere
