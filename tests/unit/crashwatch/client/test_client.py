"""What a terminal may call: nothing when unsupervised, never an exception."""

import subprocess
import sys

import pytest

from crashwatch import client


class Inside:
    """What the supervisor's copy looks like to the module."""

    def __init__(self, *, armed=True, fails=False):
        self.armed = armed
        self.fails = fails
        self.told = []

    def is_armed(self):
        return self.armed

    def report_handled(self, error, thread):
        if self.fails:
            raise RuntimeError("inside")
        self.told.append((error, thread))
        return True


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    monkeypatch.setattr(client, "_spent", [])


def supervised(monkeypatch, inside):
    monkeypatch.setitem(sys.modules, "_crashwatch_client", inside)
    monkeypatch.setitem(sys.modules, "_crashwatch_client.hooks", inside)
    return inside


def test_unsupervised_it_does_nothing():
    assert not client.is_supervised()
    assert client.report_error(ValueError("x")) is False


def test_ten_a_minute(monkeypatch):
    inside = supervised(monkeypatch, Inside())
    assert [client.report_error(ValueError()) for _ in range(15)] == [True] * 10 + [
        False
    ] * 5
    assert len(inside.told) == 10
    assert inside.told[0][1] == "MainThread"
    monkeypatch.setattr(client, "_spent", [moment - 61 for moment in client._spent])
    assert client.report_error(ValueError())


@pytest.mark.parametrize("inside", [Inside(armed=False), Inside(fails=True), object()])
def test_it_never_raises(monkeypatch, inside):
    supervised(monkeypatch, inside)
    assert client.report_error(ValueError()) is False


def test_it_loads_nothing_but_itself():
    ask = (
        "import sys; before = set(sys.modules); import crashwatch.client;"
        "print(*sorted(set(sys.modules) - before))"
    )
    ended = subprocess.run(
        [sys.executable, "-S", "-c", ask],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(__import__("pathlib").Path.cwd())},
    )
    assert ended.stdout.split() == ["crashwatch", "crashwatch.client"]
