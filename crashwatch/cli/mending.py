"""The one command that mends what the doctor found broken. Pure.

Where no command can, there is none: a sentence beside it says so.
"""

from __future__ import annotations

import shlex
from typing import NamedTuple

from crashwatch.errors import (
    ConfigurationError,
    CrashwatchError,
    ProgramNotExecutableError,
)

REPORT_IT = "crashwatch doctor --json > doctor.json"
"""Where nothing known explains a failure: what to attach to a report of it."""

_FILTERED = "2"
_LASTING = "/etc/sysctl.d/10-ptrace.conf"


class Machine(NamedTuple):
    """What decides which command mends.

    Attributes:
        yama: ``ptrace_scope``; empty: there is none.
        seccomp: Mode of the filter on this process; ``2``: somebody's filter.
        contained: Whether this is a container.
        is_root: Whether no ``sudo`` is needed.
        traces_all: Whether this process may trace whatever Yama says.
        python: Our interpreter.
    """

    yama: str = ""
    seccomp: str = "0"
    contained: bool = False
    is_root: bool = False
    traces_all: bool = False
    python: str = "python3"

    @property
    def yama_forbids(self) -> bool:
        """Whether an own child may not be traced."""
        if self.yama == "2":
            return not self.traces_all
        return self.yama not in {"", "0", "1"}


def of_tracing(machine: Machine) -> str:
    """Where ptrace is refused, or by whom: Yama, a container, or nobody known."""
    if machine.yama == "3":
        # It cannot be lowered before the next start.
        setting = f"echo kernel.yama.ptrace_scope=1 > {_LASTING} && reboot"
        return _as_root(f"sh -c {shlex.quote(setting)}", machine)
    if machine.yama_forbids:
        return _as_root("sysctl kernel.yama.ptrace_scope=1", machine)
    if machine.contained or machine.seccomp == _FILTERED:
        return "docker run --cap-add=SYS_PTRACE IMAGE"
    return REPORT_IT


def of_package(name: str, machine: Machine) -> str:
    """Where a Python package of ours is missing, or does not work."""
    install = [machine.python, "-m", "pip", "install", "--force-reinstall", name]
    return shlex.join(install)


class Config(NamedTuple):
    """Where ``config.toml`` is or would be, and whether anything is in it."""

    path: str
    is_there: bool

    def with_line(self, line: str) -> str:
        """The command that adds a setting: before the tables, where there are some."""
        path = shlex.quote(self.path)
        if self.is_there:
            return f"sed -i {shlex.quote('1i ' + line)} {path}"
        folder = shlex.quote(self.path.rpartition("/")[0] or ".")
        made = f"umask 077; mkdir -p {folder}; echo {shlex.quote(line)} > {path}"
        return f"({made})"


def of_sleep(noexec: str, config: Config, machine: Machine) -> str:
    """Where programs in memory are refused.

    Args:
        noexec: ``vm.memfd_noexec``; empty: this kernel has none.
        config: Where staying in memory can be set instead.
        machine: This one.
    """
    if noexec not in {"", "0"}:
        return _as_root("sysctl vm.memfd_noexec=0", machine)
    return config.with_line("resident = true")


OTHER_HOME = 'export CRASHWATCH_HOME="$(mktemp -d)"'
"""Where no home can be made: one for as long as the machine keeps it."""


def of_settings(error: Exception, home: str, machine: Machine) -> str:
    """Where the settings, or the folder they are in, cannot be used."""
    if isinstance(error, ConfigurationError):
        if error.file.startswith("$"):
            return f"unset {error.file[1:]}"
        place = f"+{error.line} " if error.line else ""
        return f"${{EDITOR:-vi}} {place}{shlex.quote(error.file)}"
    said, folder = str(error), shlex.quote(home)
    if not home:
        return 'export HOME="$(getent passwd "$(id -u)" | cut -d: -f6)"'
    if "may be written by others" in said:
        return f"chmod -R go-w {folder}"
    if "belongs to user" in said:
        return _as_root(f'chown -R "$(id -u)" {folder}', machine)
    return 'export CRASHWATCH_HOME="$HOME/.crashwatch"'


def of_fate(config: Config) -> str:
    """Where a program does not die as it would alone: it is left alone, then."""
    return config.with_line('capture = "off"')


def of_program(words: list[str], *, traceable: bool) -> str:
    """Where the client cannot get into a program: it can be traced, or nothing can."""
    if not traceable:
        return ""
    return f"crashwatch run --capture trace -- {shlex.join(words)}"


def of_no_program(error: CrashwatchError, name: str, beginning: bytes) -> str:
    """Where there is no such program, or it may not be executed.

    Only what begins as programs do is one that lacks a right.
    """
    if isinstance(error, ProgramNotExecutableError):
        is_one = beginning.startswith((b"#!", b"\x7fELF"))
        return f"chmod u+x {shlex.quote(name)}" if is_one else ""
    return f"find / -type f -name {shlex.quote(name.rpartition('/')[2])} 2>/dev/null"


def _as_root(command: str, machine: Machine) -> str:
    return command if machine.is_root else f"sudo {command}"
