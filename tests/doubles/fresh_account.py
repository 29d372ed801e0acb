"""A made-up person on a made-up host: login, full name, home and host name.

A test that nothing personal leaks needs words that occur nowhere else. Names are
random in part, so that two test runs do not meet, and each run has a UTS namespace
of its own, so that the machine keeps its host name.
"""

import contextlib
import os
import pwd
import random
import shutil
import signal
import string
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.doubles import process_table
from tests.doubles.requirement import require

IN_A_NAMED_HOST = 'printf %s "$0" >/proc/sys/kernel/hostname && exec "$@"'
"""Run by sh in a fresh UTS namespace: $0 is the host name, the rest the command."""

READ_EVERYTHING = "+dac_read_search"


@dataclass(frozen=True, slots=True)
class Account:
    """A person; `uid` is None where no account could be made and only the
    environment says who it is."""

    login: str
    full_name: str
    home: Path
    host_name: str
    uid: int | None
    gid: int | None

    def identities(self) -> tuple[str, ...]:
        """The words that must never be found in what leaves this machine."""
        return (self.login, self.full_name, str(self.home), self.host_name)

    def environment(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """`base` (else this process's environment) with this person's HOME and so
        on, without the XDG folders of the one who runs the tests."""
        given = os.environ if base is None else base
        kept = {name: text for name, text in given.items() if name[:4] != "XDG_"}
        who = {"HOME": str(self.home), "USER": self.login, "LOGNAME": self.login}
        return kept | who

    def command(self, words: Sequence[str | Path]) -> list[str]:
        """The command that runs `words` as this person, on the made-up host.

        Every part executes the next in its own place: the process that is started
        is the one that runs `words`.
        """
        named = [*_unshare(), "sh", "-c", IN_A_NAMED_HOST, self.host_name]
        return [*named, *self._become(), *(str(word) for word in words)]

    def run(
        self,
        words: Sequence[str | Path],
        *,
        environment: Mapping[str, str] | None = None,
        deadline: float = 60.0,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a command as this person in their home; its output is captured."""
        return subprocess.run(
            self.command(words),
            env=self.environment(environment),
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=deadline,
            check=False,
        )

    def own(self, path: Path) -> Path:
        """Give a file or folder to this person; return it."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)
        return path

    def _become(self) -> list[str]:
        if self.uid is None:
            return []
        options = [f"--reuid={self.uid}", f"--regid={self.gid}", "--clear-groups"]
        if not _may_execute(options, sys.executable):
            # An interpreter below a closed home (pyenv of root): the person keeps
            # one capability, to read what is closed to them.
            options += ["--inh-caps", READ_EVERYTHING, "--ambient-caps"]
            options += [READ_EVERYTHING]
        return ["setpriv", *options, "--"]


@contextlib.contextmanager
def fresh_account(
    login: str = "qzxlogin",
    full_name: str = "Quillon Zaxworth",
    host_name: str = "qzxhost",
) -> Iterator[Account]:
    """Make an account and delete it with its home at the end of the block.

    As root it is a real one (useradd); otherwise only HOME, USER and LOGNAME tell
    of it, and the host name is set in a user namespace. Four random letters are
    added to the login and the host name.
    """
    letters = "".join(random.choices(string.ascii_lowercase, k=4))
    login, host_name = login + letters, host_name + letters
    _require_namespaces()
    with tempfile.TemporaryDirectory(prefix="homes-", dir="/var/tmp") as homes:
        Path(homes).chmod(0o755)
        home = Path(homes, login)
        if os.geteuid() != 0 or not shutil.which("useradd"):
            home.mkdir(0o700)
            yield Account(login, full_name, home, host_name, None, None)
            return
        _add_user(login, full_name, home)
        try:
            entry = pwd.getpwnam(login)
            yield Account(login, full_name, home, host_name, entry.pw_uid, entry.pw_gid)
        finally:
            _wait_for_the_last_process(pwd.getpwnam(login).pw_uid)
            subprocess.run(["userdel", login], check=True, capture_output=True)


def _add_user(login: str, full_name: str, home: Path) -> None:
    options = ["--create-home", "--home-dir", str(home), "--comment", full_name]
    shell = ["--shell", "/bin/sh", "--user-group"]
    subprocess.run(
        ["useradd", *options, *shell, login], check=True, capture_output=True
    )


def _wait_for_the_last_process(user: int) -> None:
    """userdel refuses while one runs, and upkeep runs on behind a command."""
    running = process_table.belonging_to(user)
    left = process_table.wait_until_gone(running, deadline=60.0)
    process_table.send(signal.SIGKILL, left)
    process_table.wait_until_gone(left, deadline=60.0)


def _unshare() -> list[str]:
    own_users = [] if os.geteuid() == 0 else ["--map-root-user"]
    return ["unshare", *own_users, "--uts", "--"]


def _require_namespaces() -> None:
    for tool in ("unshare", "setpriv"):
        require(shutil.which(tool), f"{tool} is missing", "apt-get install util-linux")
    command = [*_unshare(), "sh", "-c", IN_A_NAMED_HOST, "qzxhost", "true"]
    trial = subprocess.run(command, capture_output=True, check=False)
    require(
        trial.returncode == 0,
        "no host name of its own can be set (UTS namespace)",
        "run as root with CAP_SYS_ADMIN, or allow unprivileged user namespaces",
    )


def _may_execute(options: list[str], executable: str) -> bool:
    # The exec itself still has root's rights; what the interpreter finds has not, and
    # one that cannot see itself falls back to another installation's library.
    sees_itself = "import os, sys; sys.exit(not os.path.exists(sys.executable))"
    command = ["setpriv", *options, "--", executable, "-c", sees_itself]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
