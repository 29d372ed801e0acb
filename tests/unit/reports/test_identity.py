"""The anonymous id and its secret."""

from __future__ import annotations

import hashlib
import stat
from datetime import UTC, datetime, timedelta, timezone

import pytest

from reports.consent.decision import DecidedBy, Decision
from reports.consent.record import Category
from reports.errors import StorageError
from reports.identity import (
    anonymous_id,
    destroy_secret,
    may_identify,
    open_secret,
    quarter,
    reset_secret,
)

HERE = "https://crashes.example.org/1"


def hmac_by_hand(key, message):
    """RFC 2104 written out, so that the module's HMAC is not its own judge."""
    key = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in key) + message).digest()
    return hashlib.sha256(bytes(b ^ 0x5C for b in key) + inner).hexdigest()


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), "2026-Q1"),
        (datetime(2026, 3, 31, 23, 59, tzinfo=UTC), "2026-Q1"),
        (datetime(2026, 4, 1, tzinfo=UTC), "2026-Q2"),
        (datetime(2026, 12, 31, tzinfo=UTC), "2026-Q4"),
        (datetime(2026, 4, 1, 1, tzinfo=timezone(timedelta(hours=2))), "2026-Q1"),
    ],
)
def test_quarters_are_those_of_utc(day, name):
    assert quarter(day) == name


def test_the_id_is_the_hmac_of_quarter_and_endpoint():
    secret = bytes(range(32))
    day = datetime(2026, 5, 5, tzinfo=UTC)
    assert anonymous_id(secret, day, HERE) == hmac_by_hand(
        secret, b"2026-Q2https://crashes.example.org/1"
    )


def test_quarters_endpoints_and_secrets_cannot_be_linked(tmp_path):
    first = open_secret(tmp_path / "identity")
    other = reset_secret(tmp_path / "identity")
    days = [datetime(2026, month, 1, tzinfo=UTC) for month in (1, 4)]
    ids = {
        anonymous_id(secret, day, endpoint)
        for secret in (first, other)
        for day in days
        for endpoint in (HERE, "https://other.example.org/1")
    }
    assert len(ids) == 8


def test_the_secret_is_made_once_and_only_ours(tmp_path):
    path = tmp_path / "identity"
    secret = open_secret(path)
    assert len(secret) == 32
    assert open_secret(path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["identity"]


@pytest.mark.parametrize("spoil", ["short", "long", "writable", "linked"])
def test_a_secret_that_another_could_know_is_replaced(tmp_path, spoil):
    path = tmp_path / "identity"
    secret = open_secret(path)
    if spoil == "short":
        path.write_bytes(secret[:-1])
    elif spoil == "long":
        path.write_bytes(secret + b"x")
    elif spoil == "writable":
        path.chmod(0o666)
    else:
        path.rename(tmp_path / "elsewhere")
        path.symlink_to(tmp_path / "elsewhere")
    assert open_secret(path) != secret
    assert not path.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_destroying_leaves_nothing(tmp_path):
    path = tmp_path / "identity"
    open_secret(path)
    destroy_secret(path)
    destroy_secret(path)
    assert list(tmp_path.iterdir()) == []
    destroy_secret(tmp_path / "none" / "identity")


def test_what_cannot_be_written_is_said(tmp_path):
    with pytest.raises(StorageError, match="could not be renewed"):
        open_secret(tmp_path / "none" / "identity")
    (tmp_path / "identity").mkdir()
    with pytest.raises(StorageError, match="could not be removed"):
        destroy_secret(tmp_path / "identity")


@pytest.mark.parametrize("allowed", [True, False])
def test_a_crash_carries_an_id_only_where_usage_is_granted(allowed):
    usage = Decision(
        allowed=allowed,
        ask=False,
        decided_by=DecidedBy.GRANT,
        reason="made up",
        collect=allowed,
    )
    assert may_identify(Category.CRASH, usage) is allowed
