"""Messages end to end in each Python: told is what the source says, in a thread of a
declared name, in a group, from a handled error; nothing that was put in."""

import json
from pathlib import Path

import pytest

from tests.doubles.command_line import HERE, everything_kept
from tests.doubles.other_pythons import VERSIONS, other_python
from tests.doubles.stored_bytes import plain
from tests.doubles.target_program import run_to_end, supervised

pytestmark = pytest.mark.process

SECRET = "qzx-what-was-put-in"

PROGRAM = f"""
import sys, threading
sys.path.append({HERE!r})
from crashwatch import client
secret = "".join(reversed("{SECRET[::-1]}"))

class PaneError(Exception):
    def __init__(self, pane):
        super().__init__(f"pane {{pane}} is gone")

def handled():
    try:
        raise PaneError(secret)
    except PaneError as error:
        client.report_error(error)

def in_thread():
    if secret == "{SECRET}":
        raise LookupError("no profile named %s" % secret)

thread = threading.Thread(target=in_thread, name="pty-reader-3")
thread.start()
thread.join()
handled()
try:
    open("/nowhere/" + secret)
except OSError as first:
    if sys.version_info >= (3, 11):
        first.add_note(f"while opening {{secret}}")
        raise ExceptionGroup(f"{{secret}} and others", [ValueError(secret), first])
    raise
"""
SCRIPT = "messages.py"


@pytest.mark.parametrize("version", VERSIONS)
def test_the_source_is_told_and_nothing_else(
    version: str, tmp_path: Path, crashwatch_home: Path
) -> None:
    script = tmp_path / SCRIPT
    script.write_text(PROGRAM)
    crashwatch_home.mkdir(mode=0o700)
    config = crashwatch_home / "config.toml"
    config.write_text('thread_names = ["pty-reader"]\n')
    config.chmod(0o600)
    command: list[str | Path] = [other_python(version).executable, script]
    ended = run_to_end(supervised(command, "--headless"))
    assert ended.fate == "exit 1"
    assert SECRET.encode() in ended.errors  # it was there to be found
    told = {}
    for kept in crashwatch_home.glob("reports/pending/*/report.json.zst"):
        report = json.loads(plain(kept))
        told[report["reason"]["kind"]] = report["exception"]
    assert told["handled"]["message"] == "pane <…> is gone"
    in_thread = told["uncaught_thread"]
    assert in_thread["message"] == "no profile named <…>"
    assert in_thread["thread"] == "pty-reader-3"
    opened = told["uncaught_main"]
    if version != "3.10":
        assert opened["message"] == "<…> and others (<…> sub-exceptions)"
        bare, opened = opened["group"]
        assert (bare["type"], bare.get("message")) == ("ValueError", None)
        assert opened["notes"] == ["while opening <…>"]
    assert opened["message"] == "[Errno 2 ENOENT] No such file or directory: <…>"
    assert SECRET.encode() not in everything_kept(crashwatch_home)
