"""What is learnt of a person from files, variables and the system; none is required."""

import os
import pwd
import socket

import pytest

from crashwatch.personal_data import collect_identity

ME = pwd.getpwuid(os.getuid())


def identity_in(home, *arguments, **variables):
    return collect_identity({"HOME": str(home), **variables}, arguments)


def test_account_and_host_are_those_of_the_system(tmp_path):
    person = identity_in(tmp_path)
    assert person.user == ME.pw_name
    assert person.home == str(tmp_path)
    assert person.host == socket.gethostname().partition(".")[0]
    assert ("home", ME.pw_dir) in person.extra


@pytest.mark.parametrize("place", [".gitconfig", ".config/git/config"])
def test_git_knows_a_name_and_an_address(tmp_path, place):
    file = tmp_path / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        "[core]\n\teditor = vi\n[user]\n\tname = Zoë Quarles\n"
        '\temail = "zq@hole.example" # work\n[user]\n\temail = zoe@home.example\n'
    )
    person = identity_in(tmp_path)
    assert person.email == "zq@hole.example"
    assert person.of_kind("git_name") == ("Zoë Quarles",)
    assert person.of_kind("git_email") == ("zq@hole.example", "zoe@home.example")


def test_git_may_be_absent_or_a_folder_or_no_text(tmp_path):
    (tmp_path / ".gitconfig").mkdir()
    config = tmp_path / ".config/git/config"
    config.parent.mkdir(parents=True)
    config.write_bytes(b"\xff\xfe name = x\n\x00")
    assert identity_in(tmp_path).of_kind("git_email") == ()


def test_a_second_login_is_known_too(tmp_path):
    person = identity_in(tmp_path, LOGNAME="zquarles", SUDO_USER="rabbit")
    assert person.of_kind("user") == ("zquarles", "rabbit")


def test_a_linked_home_is_known_by_both_names(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)
    person = identity_in(link)
    assert person.home == str(link)
    assert str(real) in person.of_kind("home")


def test_arguments_and_variables_are_known_but_for_the_harmless(tmp_path):
    person = identity_in(
        tmp_path, "--open", "/srv/plan.txt", "", TERM="xterm", LC_ALL="C", PLAN="b-17"
    )
    assert person.of_kind("argument") == ("--open", "/srv/plan.txt")
    assert "b-17" in person.of_kind("environment")
    assert not {"xterm", "C"} & set(person.of_kind("environment"))


def test_addresses_of_the_loopback_name_nobody(tmp_path):
    person = identity_in(tmp_path)
    assert not {"127.0.0.1", "::1"} & set(person.of_kind("ip"))
    assert "00:00:00:00:00:00" not in person.of_kind("mac")
