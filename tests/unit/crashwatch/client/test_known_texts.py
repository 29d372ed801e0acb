"""The messages that CPython writes itself, raised in each version."""

import functools
import json
import re
import subprocess

import pytest

from tests.doubles.failing_lines import HEAD, LINES
from tests.doubles.other_pythons import VERSIONS, other_python
from tests.doubles.told_messages import CLIENT, told_by

ASK = """
import json, sys
sys.path.insert(0, sys.argv[1])
from texts.known_texts import _KNOWN
json.dump(_KNOWN, sys.stdout)
"""
NOT_RAISED_HERE = (
    # Two modules that import each other; a library that is not there; a shutdown.
    "partially initialized module '…' has no attribute '…'",
    "cannot import name '…' from partially initialized module '…'",
    "…: cannot open shared object file: No such file or directory",
    "…: undefined symbol: …",
    "sys.meta_path is None, Python is likely shutting down",
    "can't create new thread at interpreter shutdown",
    # A machine that is out of threads, a signal within a write, a deep C stack.
    "can't start new thread",
    "reentrant call inside …",
    "maximum recursion depth exceeded while calling a Python object",
    # An extension module with a fault.
    "… returned NULL without setting an exception",
    "… returned a result with an exception set",
    "error return without exception set",
    # A resolver, asked.
    "Temporary failure in name resolution",
    "No address associated with hostname",
    "Servname not supported for ai_socktype",
)


@functools.cache
def answers(version):
    sources = [f"def go(): {line}" for line in LINES]
    told = told_by(other_python(version).executable, sources, head=HEAD)
    return dict(zip(LINES, told, strict=True))


def stands_for(told, message):
    """Whether a told message is the message with something left out."""
    pattern = ".*".join(re.escape(piece) for piece in told.split("<…>"))
    return re.fullmatch(pattern, message, re.DOTALL) is not None


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_told_is_what_this_python_says(version):
    for line, answer in answers(version).items():
        told = answer["message"]
        assert told not in {"dropped", "nothing was raised", None}, (line, answer)
        if not told.startswith("[Errno"):  # the name of the number is ours
            said = answer["text"]
            assert stands_for(told, said) or f"'{told}'" == said, (line, answer)


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_that_was_put_in_is_told(version):
    for line, answer in answers(version).items():
        assert "alice" not in answer["message"], line


def test_each_text_of_the_table_is_said_by_some_python():
    python = other_python("3.11").executable
    asked = [python, "-B", "-c", ASK, CLIENT]
    ended = subprocess.run(asked, capture_output=True, check=True, timeout=60)
    known = json.loads(ended.stdout)
    said = {
        answer["message"]
        for version in VERSIONS
        for answer in answers(version).values()
    }
    unsaid = {
        text
        for texts in known.values()
        for text in texts
        if not any(text.replace("…", "<…>") in told for told in said)
    }
    assert {text for text in unsaid if not text.startswith(NOT_RAISED_HERE)} == set()
