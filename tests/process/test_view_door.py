"""Who is let in to ``crashwatch view``, by requests made by hand."""

from __future__ import annotations

import pytest

from reports.home import open_home
from reports.lifecycle import State
from reports.spool.directory import Spool
from tests.doubles.busy_home import add_crash
from tests.doubles.command_line import crashwatch, crashwatch_json
from tests.doubles.page_visitor import let_in, served

pytestmark = pytest.mark.process


def test_only_who_has_the_address_is_let_in(crashwatch_home):
    home = open_home(crashwatch_home)
    crash = add_crash(home)
    with served() as page:
        for path in ("/", "/reports", f"/reports/{crash}", "/events", "/nothing"):
            status, _, body = page.ask(path)
            assert status == 403, path
            assert crash[:8].encode() not in body
        for ticket in ("", "x", "é", page.address.rpartition("=")[2][:-1] + "~"):
            status, headers, _ = page.ask(f"/enter?ticket={ticket.encode().hex()}")
            assert status == 403
            assert "set-cookie" not in headers
        cookie = let_in(page)
        assert page.ask("/", Cookie=cookie)[0] == 200
        again, headers, body = page.ask(page.address.removeprefix(page.origin))
        assert again == 403
        assert b"used already" in body
        assert "set-cookie" not in headers
        wrong = f"{cookie[:-1]}{'a' if cookie[-1] != 'a' else 'b'}"
        assert page.ask("/", Cookie=wrong)[0] == 403


def test_no_other_site_and_no_other_name(crashwatch_home):
    home = open_home(crashwatch_home)
    crash = add_crash(home)
    with served() as page:
        cookie = let_in(page)
        port = page.origin.rpartition(":")[2]
        for host in (f"localhost:{port}", f"rebound.example:{port}", "127.0.0.1"):
            assert page.ask("/", Cookie=cookie, Host=host)[0] == 403, host
        for origin in ("https://elsewhere.example", "null", f"http://localhost:{port}"):
            assert page.ask("/", Cookie=cookie, Origin=origin)[0] == 403, origin
        for site in ("cross-site", "same-site"):
            assert page.ask("/", Cookie=cookie, Sec_Fetch_Site=site)[0] == 403, site

        _, headers, body = page.ask("/data", Cookie=cookie)
        token = body.partition(b'name="token" value="')[2].partition(b'"')[0].decode()
        kind = "application/x-www-form-urlencoded"
        good = {"Cookie": cookie, "Origin": page.origin, "Content_Type": kind}
        path, body = f"/reports/{crash}/discard", f"token={token}"
        for sent, form in (
            (good, ""),
            (good, "token=wrong"),
            ({**good, "Origin": "https://elsewhere.example"}, body),
            ({"Cookie": cookie, "Content_Type": kind}, body),
            ({"Origin": page.origin, "Content_Type": kind}, body),
        ):
            status, _, _ = page.ask(path, method="POST", body=form, **sent)
            assert status == 403, (sent, form)
        assert page.ask(path, method="POST", body="x" * 70_000, **good)[0] == 413
        for method in ("PUT", "DELETE", "OPTIONS", "TRACE"):
            assert page.ask("/", method=method, **good)[0] == 405
        assert Spool(home).find(crash).state is State.PENDING
        approve = f"/reports/{crash}/approve"
        status, _, said = page.ask(
            approve, method="POST", body=f"{body}&item={'0' * 64}", **good
        )
        assert (status, Spool(home).find(crash).state) == (403, State.PENDING), said
        grant = f"{body}&category=usage&choice=grant&terms={'0' * 64}"
        status, _, said = page.ask("/consent", method="POST", body=grant, **good)
        assert status == 403
        assert b"has changed since the page was loaded" in said
        assert page.ask(path, method="POST", body=body, **good)[0] == 303
        assert Spool(home).list_reports() == ()

        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self';")
        assert "unsafe" not in policy
        assert page.ask("/static/../application.py", Cookie=cookie)[0] == 404
        assert page.ask("/static/%2e%2e/application.py", Cookie=cookie)[0] == 404
        assert page.ask(f"/reports/{'e' * 32}", Cookie=cookie)[0] == 404


def test_looking_makes_nothing_and_ends_when_idle(crashwatch_home, tmp_path):
    with served(XDG_STATE_HOME=str(tmp_path)) as page:
        cookie = let_in(page)
        for path in ("/", "/counters", "/sent", "/disclosure"):
            assert page.ask(path, Cookie=cookie)[0] == 200
        assert not crashwatch_home.exists()
    config = open_home(crashwatch_home).config
    config.write_text("view_idle = 1\n")
    config.chmod(0o600)
    with served() as page:
        assert page.process.wait(30) == 0
        assert page.process.stdout is not None
        assert "nobody looked at it" in page.process.stdout.read()


def test_a_policy_shows_and_a_refused_grant_says_why(crashwatch_home):
    with served(CRASHWATCH_NO_TELEMETRY="1") as page:
        cookie = let_in(page)
        _, _, body = page.ask("/", Cookie=cookie)
        assert b"CRASHWATCH_NO_TELEMETRY" in body
    assert crashwatch("view", "--nonsense").status == 2
    assert crashwatch_json("status")["consent"][0]["state"] == "ask"
