"""What the desktop tells of the connection and of the power supply."""

from __future__ import annotations

import itertools
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crashwatch.delivery_settings import Delivery
from crashwatch.surroundings import (
    is_metered,
    look_around,
    metered_in,
    runs_on_battery,
    supplies,
)
from reports.upload.circumstances import ON_BATTERY_AT_MOST, Circumstances
from tests.doubles.message_bus import MeteredTeller, message_bus
from tests.doubles.requirement import require

NOW = datetime(2026, 3, 5, tzinfo=UTC)
PACKAGES = {"busctl": "systemd", "gdbus": "libglib2.0-bin"}


@pytest.fixture
def only(tmp_path, monkeypatch):
    """PATH holds these tools and nothing else."""

    def only(*tools):
        folder = tmp_path / "tools"
        folder.mkdir(exist_ok=True)
        for tool in tools:
            found = shutil.which(tool)
            advice = {
                "busctl": "apt-get install systemd",
                "gdbus": "apt-get install libglib2.0-bin",
            }[tool]
            require(found, f"{tool} is missing", advice)
            (folder / tool).symlink_to(found)
        monkeypatch.setenv("PATH", str(folder))

    return only


@pytest.mark.process
@pytest.mark.parametrize("tool", PACKAGES)
@pytest.mark.parametrize(
    ("number", "expected"), [(0, False), (1, True), (2, False), (3, True), (4, False)]
)
def test_a_real_bus_tells_whether_it_is_metered(
    tmp_path, monkeypatch, only, tool, number, expected
):
    with message_bus(tmp_path) as address, MeteredTeller(address, number) as teller:
        only(tool)
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
        assert is_metered() is expected
        assert teller.asked[-1] == "Get"


@pytest.mark.process
@pytest.mark.parametrize("tool", PACKAGES)
def test_a_bus_without_it_holds_nothing(tmp_path, monkeypatch, only, tool):
    with message_bus(tmp_path) as address:
        only(tool)
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
        assert is_metered() is False
    assert is_metered() is False, "nor one that is gone"


@pytest.mark.process
@pytest.mark.parametrize("tool", PACKAGES)
def test_one_that_never_answers_is_not_waited_for(tmp_path, monkeypatch, only, tool):
    with (
        message_bus(tmp_path) as address,
        MeteredTeller(address, 1, silent=True) as teller,
    ):
        only(tool)
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
        assert is_metered() is False
        assert teller.asked


def test_without_a_tool_nobody_is_asked(only):
    only()
    assert is_metered() is False


@settings(deadline=None)
@given(st.text())
def test_no_answer_but_a_number_is_one(answer):
    assert metered_in(answer) is False or answer.strip()[:2] in ("u ", "(<")


def write_supplies(folder, **supplies):
    for name, attributes in supplies.items():
        (folder / name).mkdir(parents=True)
        for attribute, value in attributes.items():
            (folder / name / attribute).write_text(f"{value}\n")
    return folder


BATTERY = {"type": "Battery", "status": "Discharging"}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({}, False),
        ({"AC": {"type": "Mains", "online": 1}}, False),
        ({"BAT0": BATTERY}, True),
        ({"BAT0": BATTERY, "AC": {"type": "Mains", "online": 0}}, True),
        ({"BAT0": BATTERY, "AC": {"type": "Mains", "online": 1}}, False),
        ({"BAT0": BATTERY, "ucsi": {"type": "USB", "online": 1}}, False),
        ({"BAT0": BATTERY | {"status": "Charging"}}, False),
        ({"BAT0": BATTERY | {"status": "Full"}}, False),
        ({"BAT0": BATTERY | {"status": "Unknown"}}, False),
        ({"BAT0": {"type": "Battery"}}, False),
        ({"mouse": BATTERY | {"scope": "Device"}}, False),
        ({"BAT0": BATTERY | {"scope": "System"}}, True),
        ({"BAT0": BATTERY | {"status": "Full"}, "BAT1": BATTERY}, True),
    ],
)
def test_which_supplies_are_a_battery(tmp_path, found, expected):
    folder = write_supplies(tmp_path / "power_supply", **found)
    assert runs_on_battery(supplies(folder)) is expected


def test_a_kernel_without_them_has_none(tmp_path):
    assert supplies(tmp_path / "missing") == []


def test_what_the_settings_allow_is_not_looked_for(only):
    only()
    heeding_nothing = Delivery(on_metered=True, on_battery=True)
    assert look_around(heeding_nothing) == Circumstances()


WAYS = ["always", "headless", "prompt", "window", "cli"]
AGES = [timedelta(), ON_BATTERY_AT_MOST, ON_BATTERY_AT_MOST * 2, -timedelta(days=365)]


@pytest.mark.parametrize(
    ("metered", "battery", "how", "age"),
    list(itertools.product([False, True], [False, True], WAYS, AGES)),
)
def test_what_waits(metered, battery, how, age):
    """A person's own yes never; others on a metered line always, on battery a while."""
    held = Circumstances(metered, battery).why_held(how, NOW - age, NOW)
    standing = how in ("always", "headless")
    patient = age in (AGES[0], AGES[1])
    assert bool(held) is (standing and (metered or (battery and patient)))
    if held:
        assert ("metered" in held) is metered
