"""False withholding: at most one innocent payload in a thousand. Seed 20261122."""

import pytest

from scrubbers import Identity, Tripwire
from scrubbers.unwrapping import unwrap
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
        readings = list(unwrap(payload))
        for user, tripwire in tripwires.items():
            withheld[user] += bool(tripwire.search_readings(readings))
    assert {user: count / COUNT for user, count in withheld.items() if count > 10} == {}


def tripwire_of(user):
    home = "/root" if user == "root" else f"/home/{user}"
    ordinary = ("1", "xterm-256color")
    extra = tuple(("environment", value) for value in ordinary)
    host = "vm" if user == "vm" else "localhost"
    return Tripwire(
        Identity(user=user, home=home, full_name=user, host=host, extra=extra)
    )
