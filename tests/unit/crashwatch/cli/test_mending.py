"""For each trouble the doctor can find: one command, and it mends."""

from __future__ import annotations

import os
import subprocess

import pytest

from crashwatch.cli import mending, self_test
from crashwatch.cli.mending import Config, Machine
from crashwatch.cli.session import open_session
from crashwatch.errors import ProgramNotExecutableError, ProgramNotFoundError
from tests.doubles.requirement import require

CONFIG = Config("/home/zoe/my state/config.toml", is_there=False)
YAMA_FILE = "echo kernel.yama.ptrace_scope=1 > /etc/sysctl.d/10-ptrace.conf"
USER = Machine(python="/opt/p y/bin/python3")


def run(command, folder, **variables):
    """Follow the doctor's advice in a shell."""
    subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env={**os.environ, **variables},
        check=True,
        timeout=30,
    )


@pytest.mark.parametrize(
    ("machine", "command"),
    [
        (Machine(yama="2"), "sudo sysctl kernel.yama.ptrace_scope=1"),
        (Machine(yama="2", is_root=True), "sysctl kernel.yama.ptrace_scope=1"),
        (Machine(yama="9"), "sudo sysctl kernel.yama.ptrace_scope=1"),
        (
            Machine(yama="3"),
            f"sudo sh -c '{YAMA_FILE} && reboot'",
        ),
        (Machine(contained=True), "docker run --cap-add=SYS_PTRACE IMAGE"),
        (Machine(seccomp="2"), "docker run --cap-add=SYS_PTRACE IMAGE"),
        (Machine(yama="1"), mending.REPORT_IT),
    ],
)
def test_where_ptrace_is_refused(machine, command):
    assert mending.of_tracing(machine) == command


@pytest.mark.parametrize(
    ("machine", "works"),
    [
        (Machine(yama=""), True),
        (Machine(yama="0"), True),
        (Machine(yama="1"), True),
        (Machine(yama="2"), False),
        (Machine(yama="2", traces_all=True), True),
        (Machine(yama="3", traces_all=True), False),
        (Machine(yama="9"), False),
    ],
)
def test_what_yama_allows(machine, works):
    check = self_test.yama_check(machine)
    assert check.works is works
    assert check.mend


COMMANDS = {
    "py-spy": mending.of_package("py-spy", USER),
    "sleep, sysctl": mending.of_sleep("2", CONFIG, USER),
    "sleep, refused": mending.of_sleep("0", CONFIG, USER),
    "fate": mending.of_fate(CONFIG),
    "program": mending.of_program(["my program", "a b"], traceable=True),
    "no program": mending.of_no_program(ProgramNotFoundError("x"), "my program", b""),
    "no rights": mending.of_no_program(
        ProgramNotExecutableError("x"), "/my program", b"#!/b"
    ),
    "home": mending.of_settings(ValueError("is a symbolic link"), "/h", USER),
    "others": mending.of_settings(ValueError("may be written by others"), "/h h", USER),
    "owner": mending.of_settings(ValueError("belongs to user 5"), "/h h", USER),
    "no home": mending.of_settings(ValueError("no home directory"), "", USER),
}


@pytest.mark.parametrize("trouble", COMMANDS)
def test_each_is_one_line_that_a_shell_understands(trouble):
    command = COMMANDS[trouble]
    assert "\n" not in command
    subprocess.run(["sh", "-n", "-c", command], check=True, timeout=30)


def test_a_file_that_is_no_program_is_not_made_one():
    error = ProgramNotExecutableError("x")
    assert mending.of_no_program(error, "/etc/passwd", b"root") == ""
    assert mending.of_no_program(error, "./a.out", b"\x7fELF") == "chmod u+x ./a.out"


def test_a_program_with_rights_of_its_own_is_mended_by_none():
    assert mending.of_program(["sudo"], traceable=False) == ""


def settings():
    return self_test.settings_check(USER._replace(is_root=os.geteuid() == 0))


def test_a_home_that_others_may_write_is_mended(crashwatch_home):
    (crashwatch_home / "reports").mkdir(mode=0o700, parents=True)
    crashwatch_home.chmod(0o700)
    (crashwatch_home / "reports").chmod(0o777)
    broken = settings()
    assert not broken.works
    run(broken.mend, crashwatch_home)
    assert settings().works
    (crashwatch_home / "reports").chmod(0o700)


def test_a_home_of_somebody_else_is_mended(crashwatch_home):
    require(os.geteuid() == 0, "not root", "run as root to give a folder away")
    crashwatch_home.mkdir(mode=0o700)
    os.chown(crashwatch_home, 12345, 12345)
    broken = settings()
    assert not broken.works
    run(broken.mend, crashwatch_home.parent)
    assert settings().works


def test_a_home_that_is_a_link_or_a_file_gets_another_one(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path)
    for name in ("file", "link"):
        monkeypatch.setenv("CRASHWATCH_HOME", str(tmp_path / name))
        broken = settings()
        assert not broken.works
        run(f'{broken.mend}; test "$CRASHWATCH_HOME" = /h/.crashwatch', "/", HOME="/h")


def test_without_a_home_directory_there_is_one_afterwards(monkeypatch, tmp_path):
    for name in ("CRASHWATCH_HOME", "XDG_STATE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    broken = settings()
    assert not broken.works
    run(f'{broken.mend}; test -d "$HOME"', tmp_path)


def test_a_variable_that_cannot_be_used_is_unset(monkeypatch, tmp_path):
    monkeypatch.setenv("CRASHWATCH_DSN", "nope")
    broken = settings()
    assert broken.mend == "unset CRASHWATCH_DSN"
    run(f'{broken.mend}; test -z "$CRASHWATCH_DSN"', tmp_path)


def test_a_setting_that_cannot_be_used_is_opened_where_it_stands(crashwatch_home):
    crashwatch_home.mkdir(mode=0o700)
    config = crashwatch_home / "config.toml"
    config.write_text('# mine\ncapture = "everything"\n')
    config.chmod(0o600)
    assert settings().mend == f"${{EDITOR:-vi}} +2 {config}"
    run(settings().mend, crashwatch_home, EDITOR="echo")


@pytest.mark.parametrize("before", [None, "", "[retention]\nsent_days = 7\n"])
def test_a_setting_that_is_added_is_one(crashwatch_home, before):
    if before is not None:
        crashwatch_home.mkdir(mode=0o700)
        config = crashwatch_home / "config.toml"
        config.write_text(before)
        config.chmod(0o600)
    run(mending.of_sleep("", self_test.find_config(), USER), crashwatch_home.parent)
    run(mending.of_fate(self_test.find_config()), crashwatch_home)
    found = open_session().configuration
    assert (found.resident, found.capture) == (True, "off")
    assert found.retention.sent_days == (7 if before else 30)
    assert self_test.sleep_check(USER).found.startswith("it stays in memory")
