"""False withholding: at most one innocent payload in a thousand. Seed 20261122."""

import pytest

from scrubbers import Identity, Tripwire
from tests.doubles.corpus_innocent import innocent_payload

SEED = 20261122
COUNT = 10_000
USERS = ("pi", "vm", "root", "test", "alice", "zoë")


@pytest.mark.slow
def test_innocent_payloads_are_hardly_ever_withheld():
    tripwires = {user: tripwire_of(user) for user in USERS}
    withheld = dict.fromkeys(USERS, 0)
    for number in range(COUNT):
        payload = innocent_payload(SEED, number)
        for user, tripwire in tripwires.items():
            withheld[user] += bool(tripwire.search(payload))
    assert {user: count / COUNT for user, count in withheld.items() if count > 10} == {}


def tripwire_of(user):
    home = "/root" if user == "root" else f"/home/{user}"
    ordinary = (
        "1",
        "xterm-256color",
        "/usr/bin:/bin",
        "en_US.UTF-8",
        "truecolor",
        ":0",
    )
    extra = tuple(("environment", value) for value in ordinary)
    host = "vm" if user == "vm" else "localhost"
    return Tripwire(
        Identity(user=user, home=home, full_name=user, host=host, extra=extra)
    )
