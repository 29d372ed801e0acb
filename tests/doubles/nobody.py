"""Commands run as a user whom no file knows."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from tests.doubles.requirement import require


def as_nobody(command: Sequence[str | Path], user: int = 54321) -> list[str | Path]:
    """As a user without an entry in /etc/passwd, who can read the tests' Python."""
    require(shutil.which("setpriv"), "setpriv is missing", "apt-get install util-linux")
    require(os.geteuid() == 0, "not root", "run the tests as root")
    who = [f"--reuid={user}", f"--regid={user}", "--clear-groups"]
    may_read = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    return ["setpriv", *who, *may_read, *command]
