"""An uploader, its spool and a server, for whoever asks by these names."""

from __future__ import annotations

import pytest

from tests.doubles.local_receiver import Receiver
from tests.doubles.upload_bench import Time, drainer, spool_at


@pytest.fixture
def time():
    """A clock that moves only when told."""
    return Time()


@pytest.fixture
def spool(tmp_path, time):
    """A spool whose clock it is."""
    return spool_at(tmp_path, time)


@pytest.fixture
def receiver():
    """A server on this machine."""
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def run(spool, receiver, time):
    """One pass of the uploader."""
    return drainer(spool, receiver, time)
