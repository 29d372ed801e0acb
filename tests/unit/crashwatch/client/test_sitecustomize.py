"""Our sitecustomize under any Python: harmless, silent, and gone afterwards."""

import os
import subprocess
from pathlib import Path

import pytest

import crashwatch.client

INJECTED = str(Path(crashwatch.client.__file__).parent / "injected")
SHOW = (
    "import os, sys; print(repr((os.environ.get('PYTHONPATH'),"
    "os.environ.get('CRASHWATCH_ATTACH'), sys.path, 'sitecustomize' in sys.modules,"
    "'_crashwatch_client' in sys.modules)))"
)


def _pythons():
    named = (os.environ.get("PYENV_ROOT", "~/.pyenv"), "~/.pyenv")
    roots = {Path(name).expanduser() for name in named}
    found = sorted(
        path for root in roots for path in root.glob("versions/*/bin/python")
    )
    system = Path("/usr/bin/python3")
    return [*found, *([system] if system.exists() else [])]


@pytest.fixture(params=_pythons(), ids=lambda path: path.parent.parent.name)
def python(request):
    return request.param


def run(python, environment, code=SHOW):
    ended = subprocess.run(
        [str(python), "-c", code],
        capture_output=True,
        env={"PYTHONDONTWRITEBYTECODE": "1", **environment},
        cwd="/",
        check=False,
        timeout=30,
    )
    return ended.returncode, ended.stdout, ended.stderr


def with_ours(before, ticket):
    # An empty PYTHONPATH is none, but a colon with nothing behind it is the folder.
    path = f"{INJECTED}{os.pathsep}{before}" if before else INJECTED
    return {"PYTHONPATH": path, "CRASHWATCH_ATTACH": ticket}


TICKETS = ["{had}:1:2:700:3:701:4", "{had}", "{had}:x:y:z", "{had}:::::::", "{had}:-1"]


@pytest.mark.parametrize("ticket", TICKETS)
@pytest.mark.parametrize("before", [None, "", "/nowhere", "/nowhere:"])
def test_a_ticket_for_another_process_leaves_no_trace(python, before, ticket):
    if before == "" and "/2.7" in str(python):
        pytest.skip("2.7 takes an empty PYTHONPATH for the current folder")
    plain = {} if before is None else {"PYTHONPATH": before}
    had = "0" if before is None else "1"
    assert run(python, with_ours(before, ticket.format(had=had))) == run(python, plain)


def test_without_a_ticket_the_folder_still_goes(python):
    status, output, errors = run(python, {"PYTHONPATH": INJECTED})
    assert (status, errors) == (0, b"")
    assert b"injected" not in output


def test_the_one_behind_it_still_runs(python, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.found = 1\n")
    show = "import sys, sitecustomize as s; print(sys.found, s.__file__)"
    plain = run(python, {"PYTHONPATH": str(tmp_path)}, show)
    ours = run(python, with_ours(str(tmp_path), "1:1:2:700:3:701:4"), show)
    assert plain[0] == 0
    assert ours == plain


def test_what_is_raised_by_the_one_behind_it_is_let_through(python, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("raise ImportError('no such thing')\n")
    plain = run(python, {"PYTHONPATH": str(tmp_path)})
    assert run(python, with_ours(str(tmp_path), "1:1:2:700:3:701:4")) == plain
