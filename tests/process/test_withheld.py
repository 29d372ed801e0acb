"""A report that the last wall withheld: the person is told, and told why."""

import json
import sys
from pathlib import Path

import pytest

from tests.doubles.command_line import crashwatch, crashwatch_json, everything_kept
from tests.doubles.target_program import supervised
from tests.doubles.tmux_pane import tmux_pane

pytestmark = [pytest.mark.process, pytest.mark.ptrace]

# Named as a module that the minidump lists: as innocent as it is, the search finds it.
SECRET = "ld-linux-x86-64.so.2" if sys.maxsize > 2**32 else "ld-linux.so.2"


@pytest.mark.skipif(
    not Path("/lib64", SECRET).exists(), reason="another loader than x86-64's"
)
def test_the_person_is_told_and_reports_show_says_why(
    tmp_path: Path, programs: Path, crashwatch_home: Path
) -> None:
    command = supervised([sys.executable, programs / "null_read.py"])
    with tmux_pane(tmp_path, ["env", f"SECRET_PLAN={SECRET}", *command]) as pane:
        assert pane.wait_for_end() == 128 + 11
        screen = " ".join(" ".join(pane.capture()).split())

    assert "a report was withheld: personal data was found" in screen
    assert "reports show ID" in screen
    (row,) = crashwatch_json("reports", "list")
    assert (row["state"], row["bytes"]) == ("withheld", 0)
    shown = crashwatch("reports", "show", row["id"]).out
    assert "environment:envelope" in shown
    assert SECRET not in shown
    assert crashwatch_json("audit", row["id"])[0]["rules"] == ["environment:envelope"]
    assert SECRET.encode() not in everything_kept(crashwatch_home)
    assert "withheld" in json.dumps(crashwatch_json("reports", "list"))
