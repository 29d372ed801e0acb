"""The ledger: whole lines survive whatever the last writer left."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from reports.lifecycle import Event, State
from reports.spool.ledger import LedgerLine, append, read_all

NOW = datetime(2026, 3, 5, tzinfo=UTC)
LINE = LedgerLine(NOW, "1" * 32, State.PENDING, Event.DISCARD, "")


def test_there_is_none_at_first(tmp_path):
    assert read_all(tmp_path / "ledger") == ()


def test_lines_come_back_in_their_order_and_are_private(tmp_path):
    other = LedgerLine(NOW, "2" * 32, State.QUEUED, Event.WITHDRAW, "why")
    append(tmp_path / "ledger", LINE)
    append(tmp_path / "ledger", other)
    assert read_all(tmp_path / "ledger") == (LINE, other)
    assert (tmp_path / "ledger").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "left", [b'{"when":"2026', b"\x99\xff", b"[" * 50_000, b"\n\n", b"\x00" * 4096]
)
def test_what_a_power_cut_left_costs_no_other_line(tmp_path, left):
    append(tmp_path / "ledger", LINE)
    with (tmp_path / "ledger").open("ab") as file:
        file.write(left)
    append(tmp_path / "ledger", LINE)
    assert read_all(tmp_path / "ledger") == (LINE, LINE)


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "ledger").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        append(tmp_path / "ledger", LINE)
    assert not (tmp_path / "elsewhere").exists()
