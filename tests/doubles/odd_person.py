"""A person with a name that no tool would give an account, and canaries all around.

In a mount and a UTS namespace of its own a command sees another /etc/passwd and another
host name; whoever runs it is that person there. Nothing of the machine changes.
"""

import base64
import contextlib
import os
import random
import shutil
import string
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.doubles.requirement import require

BECOME = (
    'mount --bind "$1" /etc/passwd && printf %s "$0" >/proc/sys/kernel/hostname'
    ' && shift && exec "$@"'
)
"""Run by sh in fresh namespaces: $0 is the host name, $1 the passwd file."""

PLUGIN = """
import sys, threading

def {function}(soon=threading.Event()):
    soon.wait()

def fail():
    raise ValueError("{exception}")

if "{mark}" in " ".join(sys.orig_argv[1:3]):
    threading.Thread(target={function}, name="{thread}", daemon=True).start()
    thrower = threading.Thread(target=fail)
    thrower.start()
"""
"""A sitecustomize that stands for a plugin: a thread that waits, and one that fails."""


@dataclass(frozen=True, slots=True)
class OddPerson:
    """Somebody on a host of their own, and the words planted around them."""

    login: str
    full_name: str
    host_name: str
    home: Path
    passwd: Path = field(repr=False)
    canaries: Mapping[str, str] = field(repr=False)

    @property
    def folder(self) -> Path:
        """Where they work; its own name is a canary."""
        return self.home / self.canaries["folder"]

    @property
    def plugins(self) -> Path:
        """A folder for PYTHONPATH, with the plugin in it."""
        return self.home / ".config" / self.canaries["plugin"]

    def secrets(self) -> dict[str, str]:
        """What must be found nowhere: each canary, and whatever names the person."""
        named = {"home": str(self.home), "name": self.full_name, "host": self.host_name}
        if len(self.login) > 4 or not self.login.isascii():
            named["login"] = self.login
        return named | dict(self.canaries)

    def environment(self, **changes: str) -> dict[str, str]:
        """This process's environment as this person would have it."""
        ours = ("XDG_", "CRASHWATCH_")
        kept = {n: v for n, v in os.environ.items() if not n.startswith(ours)}
        return kept | {
            "HOME": str(self.home),
            "USER": self.login,
            "LOGNAME": self.login,
            "PWD": str(self.folder),
            "PYTHONPATH": str(self.plugins),
            "PACHY_CANARY": self.canaries["environment"],
            "EDITOR": f"/opt/{self.canaries['editor']}/bin/vi",
            **changes,
        }

    def command(self, words: Sequence[str | Path]) -> list[str]:
        """The command that runs `words` as this person."""
        start = [*_unshare(), "sh", "-c", BECOME, self.host_name, str(self.passwd)]
        return [*start, *(str(word) for word in words)]

    def run(
        self,
        words: Sequence[str | Path],
        *,
        typed: str = "",
        **changes: str,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a command in their folder; its output is captured."""
        return subprocess.run(
            self.command(words),
            env=self.environment(**changes),
            cwd=self.folder,
            input=typed.encode(),
            capture_output=True,
            timeout=120,
            check=False,
        )

    def typing(self, crash: str) -> str:
        """What is typed into a shell: title, clipboard, plain words, then the crash."""
        clip = base64.b64encode(self.canaries["clipboard"].encode()).decode()
        return "".join(
            f"{line}\n"
            for line in (
                f"printf '\\033]0;{self.canaries['title']}\\007'",
                f"printf '\\033]52;c;{clip}\\007'",
                f"echo {self.canaries['typed']}",
                f"printf '\\033]7777;crash={crash}\\033\\\\'",
                "sleep 1",
                "exit",
            )
        )


@contextlib.contextmanager
def odd_person(login: str, full_name: str) -> Iterator[OddPerson]:
    """Make one with a home; both are gone at the end of the block."""
    _require_namespaces()
    letters = "".join(random.choices(string.ascii_lowercase, k=5))
    canaries = {
        kind: f"qx{kind[:5]}{''.join(random.choices(string.ascii_lowercase, k=6))}"
        for kind in (
            *(
                "folder",
                "plugin",
                "environment",
                "editor",
                "argument",
                "title",
                "typed",
            ),
            *("clipboard", "exception", "thread", "function", "git", "mailbox"),
        )
    }
    with tempfile.TemporaryDirectory(prefix="odd-", dir="/var/tmp") as place:
        home = Path(place, "homes", login)
        passwd = Path(place, "passwd")
        entry = f"{login}:x:{os.geteuid()}:0:{full_name},,,:{home}:/bin/sh\n"
        passwd.write_text(entry, encoding="utf-8")
        host = f"qxhost{letters}"
        person = OddPerson(login, full_name, host, home, passwd, canaries)
        person.folder.mkdir(parents=True)
        _furnish(person)
        yield person


def _furnish(person: OddPerson) -> None:
    words = dict(person.canaries)
    git = f"[user]\n\tname = {words['git']} {person.full_name}\n"
    git += f"\temail = {words['mailbox']}@{person.host_name}.example\n"
    (person.home / ".gitconfig").write_text(git, encoding="utf-8")
    person.plugins.mkdir(parents=True)
    plugin = PLUGIN.format(mark=words["folder"], **words)
    (person.plugins / "sitecustomize.py").write_text(plugin, encoding="utf-8")


def _unshare() -> list[str]:
    own_users = [] if os.geteuid() == 0 else ["--map-root-user"]
    return ["unshare", *own_users, "--mount", "--uts", "--"]


def _require_namespaces() -> None:
    require(shutil.which("unshare"), "unshare is missing", "apt-get install util-linux")
    trial = subprocess.run(
        [
            *_unshare(),
            "sh",
            "-c",
            BECOME,
            "qxhost",
            "/etc/passwd",
            sys.executable,
            "-V",
        ],
        capture_output=True,
        check=False,
    )
    require(
        trial.returncode == 0,
        "no /etc/passwd of its own can be mounted (mount and UTS namespaces)",
        "run as root with CAP_SYS_ADMIN, or allow unprivileged user namespaces",
    )
