"""Who may come in: every word of a request that matters."""

import pytest

from crashwatch.transparency.doors import (
    Asked,
    Keys,
    cookie_header,
    draw_keys,
    refusal,
    ticket_of,
)

ORIGIN = "http://127.8.7.6:4321"
KEYS = Keys("ticket", "cookie", "token")
GOOD = {"host": "127.8.7.6:4321", "cookie": "a=b; crashwatch=cookie; c=d"}


def status(method="GET", path="/", **headers):
    sent = {**GOOD, **{name.replace("_", "-"): v for name, v in headers.items()}}
    given = {name: value for name, value in sent.items() if value is not None}
    found = refusal(Asked(method, path, given), ORIGIN, KEYS)
    return 200 if found is None else found.status


def test_a_visit_with_the_cookie_is_answered():
    assert status() == 200
    assert status(sec_fetch_site="same-origin") == 200
    assert status("POST", origin=ORIGIN) == 200
    assert status(path="/enter", cookie=None, sec_fetch_site="cross-site") == 200
    assert status(path="/static/page.css", cookie=None) == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"host": None},
        {"host": "localhost:4321"},
        {"host": "127.8.7.6"},
        {"host": "127.8.7.6:4321.evil.example"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"cookie": None},
        {"cookie": ""},
        {"cookie": "crashwatch="},
        {"cookie": "crashwatch=cookie2"},
        {"cookie": "xcrashwatch=cookie"},
        {"cookie": "crashwatch=\u20ac"},
    ],
)
def test_any_other_is_refused(headers):
    assert status(**headers) == 403
    assert status("POST", **{"origin": ORIGIN, **headers}) == 403


def test_a_change_needs_an_origin_and_even_the_entrance_a_host():
    assert status("POST") == 403
    assert status("POST", "/static/x", origin=ORIGIN, cookie=None) == 403
    assert status(path="/enter", host="rebound.example") == 403
    assert status("PUT", origin=ORIGIN) == 405


def test_secrets_are_long_and_never_the_same_twice():
    one, two = draw_keys(), draw_keys()
    drawn = {one.ticket, one.cookie, one.token, two.ticket, two.cookie, two.token}
    assert len(drawn) == 6
    assert min(map(len, drawn)) >= 43
    assert one.cookie not in repr(one)


def test_the_cookie_is_for_no_script_and_no_other_site():
    assert cookie_header(KEYS) == "crashwatch=cookie; HttpOnly; SameSite=Strict; Path=/"
    assert ticket_of("ticket=abc&x=y") == "abc"
    assert ticket_of("") == ""
