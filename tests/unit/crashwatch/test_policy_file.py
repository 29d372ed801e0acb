"""The administrator's policy file."""

from __future__ import annotations

import os

import pytest

from crashwatch.policy_file import load_policy
from reports.consent.record import Category
from reports.consent.switches import NO_POLICY, AdministratorPolicy


@pytest.fixture
def policy(tmp_path):
    return tmp_path / "policy.toml"


def test_without_a_file_there_is_no_policy(policy):
    assert load_policy(policy) is NO_POLICY


def test_it_forces_off_forbids_and_fixes(policy):
    policy.write_text(
        'force_off = true\nforbid = ["usage", "plugins"]\n'
        'endpoint = "https://0a@crashes.example.org/1"\n'
    )
    assert load_policy(policy) == AdministratorPolicy(
        force_off=True,
        forbidden=frozenset({Category.USAGE, Category.PLUGINS}),
        endpoint="https://0a@crashes.example.org/1",
    )
    policy.write_text("")
    assert load_policy(policy) == NO_POLICY


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("force_off = ", ":1:13: is not valid TOML"),
        ("force_off = 1", ":1: force_off must be true or false"),
        ('force_off = "no"', ":1: force_off must be true or false"),
        ("force_on = true", ":1: force_on is not a setting"),
        ('\nforbid = ["all"]', ":2: forbid may only hold crash, usage"),
        ('endpoint = "http://k@example.org/1"', ":1: endpoint cannot be used"),
        ("a = " + "[" * 9_999, "is nested too deeply"),
    ],
)
def test_what_cannot_be_read_turns_everything_off(policy, text, why):
    policy.write_text(text)
    read = load_policy(policy)
    assert read.force_off
    assert why in read.reason
    assert read.reason.isprintable()


def test_what_cannot_be_believed_turns_everything_off(policy):
    policy.write_text("")
    policy.chmod(0o666)
    assert "others may write to it" in load_policy(policy).reason
    policy.unlink()
    policy.symlink_to("elsewhere")
    assert "is a symbolic link" in load_policy(policy).reason
    policy.unlink()
    os.mkfifo(policy, 0o600)
    assert "is not a regular file" in load_policy(policy).reason


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_another_users_policy_turns_everything_off(policy):
    policy.write_text("")
    os.chown(policy, 12345, 12345)
    assert "belongs to another user" in load_policy(policy).reason
