"""Tab, pressed in the shells themselves, with the file where the help says it goes."""

import shutil
import sys
from pathlib import Path

import pytest

from reports.home import open_home
from reports.spool.directory import Spool
from tests.doubles.command_line import crashwatch
from tests.doubles.requirement import require
from tests.doubles.sample_payload import sample_payload
from tests.doubles.tmux_pane import Pane, tmux_pane

pytestmark = [pytest.mark.process, pytest.mark.slow]

PLACES = {
    "zsh": (".zfunc/_crashwatch", ".zshrc"),
    "fish": (".config/fish/completions/crashwatch.fish", ".config/fish/config.fish"),
}
SETTINGS = {
    "zsh": "fpath+=(~/.zfunc)\nautoload -Uz compinit && compinit -u\nPS1='> '\n",
    "fish": "set fish_greeting\nfunction fish_prompt; echo -n '> '; end\n",
}
DEADLINE = 60.0


@pytest.fixture(params=PLACES)
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """A shell of somebody who has done what the help says."""
    program = shutil.which(request.param)
    require(program, f"{request.param} is missing", f"apt-get install {request.param}")
    text, settings = (tmp_path / place for place in PLACES[request.param])
    for file, content in (
        (text, crashwatch("completion", request.param).out),
        (settings, SETTINGS[request.param]),
    ):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    ours = Path(sys.executable).parent
    variables = [f"HOME={tmp_path}", f"PATH={ours}:/usr/bin:/bin", "LC_ALL=C.UTF-8"]
    return ["env", "-u", "XDG_CONFIG_HOME", *variables, str(program), "-i"]


def complete(pane: Pane, begun: str, shown: str) -> list[str]:
    """Type, press Tab, and wait for what shall be shown."""
    pane.type("C-u", "C-l")
    pane.wait_to_type(">")
    pane.type("-l", begun)
    pane.wait_to_type(f"> {begun}".rstrip())
    pane.type("Tab")
    return pane.wait_for(shown, DEADLINE)


def test_tab_offers_commands_values_and_reports(
    shell: list[str], crashwatch_home: Path, tmp_path: Path
) -> None:
    Spool(open_home(crashwatch_home)).add(sample_payload("abcd" * 8))
    with tmux_pane(tmp_path, shell) as pane:
        pane.wait_to_type(">", DEADLINE)
        complete(pane, "crashwatch reports app", "> crashwatch reports approve")
        complete(
            pane, "crashwatch reports show ab", "> crashwatch reports show abcdabcd"
        )
        screen = complete(pane, "crashwatch run --capture ", "trace")
        assert {"auto", "hold", "off"} <= set(" ".join(screen).split())
