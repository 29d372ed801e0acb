"""A name that a module's source gives a text to counts as that text, and only then."""
# ruff: noqa: ISC004 -- a source of several lines is one text

import functools

import pytest

from tests.doubles.other_pythons import VERSIONS, other_python
from tests.doubles.told_messages import told_by

HEAD = "x = ''.join(['al', 'ice'])\n"
MODULES = {
    # name: source, what is told of what its go() raises
    "texts": ("NO = 'no such user %s'\nBAD = 'bad magic'\n", None),
    "again": ("from texts import NO\n", None),
    "percent": ("NO = 'no %s'\ndef go(): raise ValueError(NO % x)", "no <…>"),
    "formatted": (
        "NO = 'no {} {{}}'\ndef go(): raise ValueError(NO.format(x))",
        "no <…> {}",
    ),
    "whole": ("BAD = 'bad magic'\ndef go(): raise ValueError(BAD)", "bad magic"),
    "held": (
        "NO = 'no %s'\ndef go():\n msg = NO % x\n raise ValueError(msg)",
        "no <…>",
    ),
    "of_a_module": (
        "import texts\ndef go(): raise ValueError(texts.NO % x)",
        "no such user <…>",
    ),
    "imported": (
        "from texts import NO\ndef go(): raise ValueError(NO % x)",
        "no such user <…>",
    ),
    "imported_twice": (
        "from again import NO\ndef go(): raise ValueError(NO % x)",
        "no such user <…>",
    ),
    "renamed": (
        "from texts import BAD as SAID\ndef go(): raise ValueError(SAID)",
        "bad magic",
    ),
    "in_a_part": (
        "WHO = 'alice'\ndef go(): raise ValueError(f'no user {WHO}')",
        "no user <…>",
    ),
    # A name whose value may come from elsewhere.
    "or_else": ("WHO = x or 'alice'\ndef go(): raise ValueError(WHO)", "dropped"),
    "one_of_two": (
        "WHO = 'bob' if not x else 'alice'\ndef go(): raise ValueError(WHO)",
        "dropped",
    ),
    "stored_twice": (
        "WHO = 'alice'\nWHO = x\ndef go(): raise ValueError(WHO)",
        "dropped",
    ),
    "stored_by_a_function": (
        "WHO = 'alice'\n"
        "def put():\n global WHO\n WHO = x\n"
        "def go():\n put()\n raise ValueError(WHO)",
        "dropped",
    ),
    "changed_from_outside": (
        "WHO = 'bob'\nimport sys\nsys.modules[__name__].WHO = x\n"
        "def go(): raise ValueError(WHO)",
        "dropped",
    ),
    "computed": (
        "WHO = ''.join(x)\ndef go():\n if WHO == 'alice': raise ValueError(WHO)",
        "dropped",
    ),
    "deleted": (
        "WHO = 'alice'\ndel WHO\nglobals()['WHO'] = x\ndef go(): raise ValueError(WHO)",
        "dropped",
    ),
    "of_an_object": (
        "class texts: NO = x\ndef go(): raise ValueError(texts.NO)",
        "dropped",
    ),
}
ASKED = [name for name, (_, told) in MODULES.items() if told is not None]


@pytest.fixture(scope="module", name="folder")
def _folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("modules")
    for name, (source, _) in MODULES.items():
        (made / f"{name}.py").write_text(HEAD + source)
    return made


@functools.cache
def answers(version, folder):
    python = other_python(version).executable
    return dict(zip(ASKED, told_by(python, ASKED, folder=folder), strict=True))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ASKED)
def test_a_named_text(name, version, folder):
    answer = answers(version, folder)[name]
    assert answer["message"] == MODULES[name][1], answer
    if answer["message"] != "dropped":
        assert all(file.startswith(f"{folder}/") for file in answer["files"])


def test_without_cached_code_nothing_is_told(tmp_path):
    """The module's own code is needed; the text alone may have come from anywhere."""
    (tmp_path / "whole.py").write_text(HEAD + MODULES["whole"][0])
    (tmp_path / "__pycache__").write_text("no folder")
    (answer,) = told_by(other_python("3.11").executable, ["whole"], folder=tmp_path)
    assert answer["message"] == "dropped"


RUN = """
def go():
    source = "BAD = 'bad magic'\\nraise ValueError(BAD)"
    code = compile(source, "/opt/pachy/main.py", "exec")
    exec(code, {"__name__": "__main__", "__builtins__": __builtins__})
"""


def test_a_main_module_is_found_by_its_frame():
    """It has no cached code, but still runs."""
    (answer,) = told_by(other_python("3.11").executable, [RUN])
    assert answer["message"] == "bad magic"
