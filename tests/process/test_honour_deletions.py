"""From one person's erasure to a server that has nothing of them any more."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from reports.home import open_home
from reports.lifecycle import State
from reports.spool.directory import Spool
from reports.upload.drain import drain
from reports.upload.dsn import parse_dsn
from reports.upload.requests import taken_requests, waiting_requests
from reports.upload.wire import Network
from tests.doubles.bugsink_server import PASSWORD, PROJECT, USER, bugsink
from tests.doubles.command_line import answer_here
from tests.doubles.sample_payload import digests, sample_payload
from tests.doubles.upload_bench import YES

pytestmark = [pytest.mark.process, pytest.mark.bugsink, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with bugsink(tmp_path_factory.mktemp("bugsink") / "state") as server:
        yield server


class Person:
    """Somebody with a home of their own, who sends crashes to the server."""

    def __init__(self, folder, server, tell):
        self.home = folder
        self._server = server
        self._tell = tell
        self.variables = {
            "CRASHWATCH_HOME": str(folder),
            "CRASHWATCH_DSN": server.dsn,
            "CRASHWATCH_CA_BUNDLE": str(server.ca_path),
        }

    def sends(self, count):
        spool = Spool(open_home(self.home))
        for _ in range(count):
            payload = sample_payload()
            spool.add(payload)
            spool.approve(payload.id, digests(payload), how="cli")
        network = Network(ca_file=self._server.ca_path)
        endpoint = parse_dsn(self._server.dsn)
        sent = drain(spool, endpoint, lambda _question: YES, network=network).sent
        assert len(sent) == count
        return sent

    def says(self, *words, **changes):
        return self._tell(*words, **(self.variables | changes))


@pytest.fixture
def tell(capfd, monkeypatch):
    """Run a command in this process: starting one takes a second here."""

    def tell(*words, **variables):
        with monkeypatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            return answer_here(capfd, *words)

    return tell


@pytest.fixture
def person(server, tmp_path, tell):
    return Person(tmp_path / "one", server, tell)


@pytest.fixture
def other(server, tmp_path, tell):
    return Person(tmp_path / "two", server, tell)


@pytest.fixture
def honour(server, tell):
    def honour(*more, status=0, **changes):
        words = ("--server", f"https://127.0.0.1:{server.port}")
        words += ("--project", str(PROJECT), "--ca-bundle", str(server.ca_path))
        token = {"CRASHWATCH_SERVER_TOKEN": server.token}
        answer = tell("honour-deletions", *words, *more, "--json", **(token | changes))
        assert answer.status == status, answer
        return json.loads(answer.out) if answer.out else answer.err

    return honour


LOGIN = {"CRASHWATCH_SERVER_PASSWORD": PASSWORD}


def ids_on(server):
    return {UUID(event["event_id"]).hex for event in server.events()}


def test_what_a_person_erased_is_gone_from_the_server_and_others_stay(
    server, person, other, honour
):
    mine, others = person.sends(2), other.sends(1)
    assert {*mine, *others} <= ids_on(server)
    person.says("consent", "revoke")
    told = person.says("erase", "--yes", DO_NOT_TRACK="1")
    assert told.status == 0, told
    assert "was taken by 127.0.0.1" in told.out
    assert "nothing is left" in told.out
    home = open_home(person.home)
    assert waiting_requests(home) == ()
    assert [one.events for one in taken_requests(home)] == [2]
    assert list(Spool(home).walk()) == []

    tried = honour("--dry-run")
    assert set(tried["left"]) == set(mine)
    assert {*mine, *others} <= ids_on(server)

    done = honour("--login", USER, **LOGIN)
    assert set(done["erased"]) == set(mine)
    assert done["left"] == []
    assert done["done"] == done["requests"] != []
    left = ids_on(server)
    assert not left & set(mine)
    assert set(others) <= left
    assert not left & set(done["requests"])
    again = honour()
    assert again["requests"] == []


def test_without_a_login_only_issues_that_are_wholly_theirs_go(
    server, person, other, honour
):
    mine, others = person.sends(1), other.sends(1)
    assert person.says("erase", "--yes").status == 0
    told = honour(status=1)
    assert set(told["left"]) == set(mine)
    assert told["done"] == []
    assert {*mine, *others} <= ids_on(server)
    done = honour("--whole-issues")
    assert set(done["erased"]) == set(mine)
    assert not ids_on(server) & {*mine, *others}


def test_a_wrong_password_and_a_wrong_token_are_said(person, other, honour):
    person.sends(1)
    other.sends(1)
    person.says("erase", "--yes")
    login = ("--login", USER)
    wrong = {"CRASHWATCH_SERVER_PASSWORD": "no"}
    assert "the login was not accepted" in honour(*login, status=1, **wrong)
    told = honour(status=1, CRASHWATCH_SERVER_TOKEN="0" * 40)
    assert "the server answered 40" in told
    assert "0000000" not in told
    assert "is not set" in honour(status=2, CRASHWATCH_SERVER_TOKEN="")
    honour("--whole-issues")


class TestARequestSurvives:
    def test_a_server_that_is_away_and_a_restart(self, server, person, honour):
        mine = person.sends(1)
        dead = server.dsn_at(1)
        told = person.says("erase", "--yes", "--json", CRASHWATCH_DSN=dead)
        # Another port is another place: the request is for the one in the receipt.
        waiting = json.loads(told.out)["waiting"]
        assert len(waiting) == 1
        home = open_home(person.home)
        assert [p.name for p in home.root.iterdir()] == ["deletion"]
        text = (home.deletion / f"{waiting[0]['id']}.json").read_text()
        assert mine[0] in text
        # Refusing everything, then erasing again, takes nothing of it away.
        person.says("consent", "revoke")
        person.says("erase", "--yes", CRASHWATCH_DSN=dead)
        assert len(waiting_requests(home)) == 1
        told = person.says("upkeep", DO_NOT_TRACK="1")
        assert "was taken by" in told.out
        assert waiting_requests(home) == ()
        assert (
            mine[0] not in (home.deletion / f"{waiting[0]['id']}.receipt").read_text()
        )
        done = honour("--login", USER, **LOGIN)
        assert mine[0] in done["erased"]

    def test_the_daily_budget_and_is_counted_in_it(self, person):
        person.sends(1)
        (memory,) = (person.home / "upload").glob("endpoint-*.json")
        known = json.loads(memory.read_text())
        memory.write_text(json.dumps(known | {"day_bytes": 10_000_000}))
        assert "was taken by" in person.says("erase", "--yes").out


def test_a_report_that_waits_is_not_sent_by_an_erasure(server, person):
    spool = Spool(open_home(person.home))
    payload = sample_payload()
    spool.add(payload)
    spool.approve(payload.id, digests(payload), how="cli")
    person.says("erase", "--yes")
    assert list(spool.walk(State.QUEUED)) == []
    assert payload.id not in ids_on(server)
