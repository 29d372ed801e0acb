"""A payload is made by one function, shows nothing of itself, and cannot change."""

from __future__ import annotations

import dataclasses
import hashlib

import pytest

from reports.payload import Item, Payload, make_payload

ITEM = Item("event", "", b"zoe's data")


def made():
    return make_payload(
        id="0" * 32,
        category="crash",
        report_json=b"zoe",
        envelope=b"zoe",
        items=(ITEM,),
    )


@pytest.mark.parametrize("maker", [object(), None, "maker"])
def test_nobody_else_makes_one(maker):
    with pytest.raises(TypeError, match="compose"):
        Payload(maker, "0" * 32, "crash", b"", b"", ())


def test_a_copy_with_other_bytes_is_not_a_change_in_place():
    payload = made()
    with pytest.raises(dataclasses.FrozenInstanceError):
        payload.envelope = b""


def test_its_repr_holds_no_bytes():
    assert "zoe" not in repr(made())
    assert "zoe" not in repr(ITEM)


def test_consent_is_bound_to_the_item_s_own_bytes():
    assert ITEM.sha256 == hashlib.sha256(b"zoe's data").hexdigest()
