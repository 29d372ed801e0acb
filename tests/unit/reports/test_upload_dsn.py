"""A DSN is parsed strictly, and its key is never shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.errors import DeliveryError
from reports.upload.dsn import Endpoint, is_loopback, parse_dsn

KEY = "5ec7e75ec7e75ec7e75ec7e75ec7e750"


@pytest.mark.parametrize(
    ("dsn", "place", "path"),
    [
        (f"https://{KEY}@o1.example.org/42", "o1.example.org:443", "/api/42/envelope/"),
        (f"https://{KEY}@a.example:8443/7/", "a.example:8443", "/api/7/envelope/"),
        (f"https://{KEY}@a/x/y/7", "a:443", "/x/y/api/7/envelope/"),
        (f"https://{KEY}@[::1]:9/7", "[::1]:9", "/api/7/envelope/"),
        (f"http://{KEY}@127.0.0.1:9/7", "127.0.0.1:9", "/api/7/envelope/"),
        (f"http://{KEY}@127.9.9.9/7", "127.9.9.9:80", "/api/7/envelope/"),
        (f"http://{KEY}@localhost/7", "localhost:80", "/api/7/envelope/"),
        (f"https://{KEY}:old@a.example/7", "a.example:443", "/api/7/envelope/"),
    ],
)
def test_where_it_leads(dsn, place, path):
    endpoint = parse_dsn(dsn)
    assert (endpoint.place, endpoint.path, endpoint.key) == (place, path, KEY)
    assert KEY not in repr(endpoint)
    assert "old" not in repr(endpoint)


@pytest.mark.parametrize(
    ("dsn", "why"),
    [
        ("", "empty"),
        ("x" * 600, "longer"),
        (f"https://{KEY}@a.example/7 ", "space"),
        (f"https://{KEY}@a.exämple/7", "outside ASCII"),
        (f"https://{KEY}@a.example/7\n", "space"),
        (f"ftp://{KEY}@a.example/7", "https://"),
        (f"{KEY}@a.example/7", "https://"),
        (f"http://{KEY}@a.example/7", "plain http"),
        (f"http://{KEY}@10.0.0.1/7", "plain http"),
        (f"http://{KEY}@localhost.example/7", "plain http"),
        ("https://a.example/7", "key"),
        ("https://@a.example/7", "key"),
        (f"https://{KEY}%0a@a.example/7", "key"),
        (f"https://{KEY}@/7", "host"),
        (f"https://{KEY}@a_b.example/7", "host"),
        (f"https://{KEY}@-a.example/7", "host"),
        (f"https://{KEY}@{'a.' * 127}aa/7", "host"),
        (f"https://{KEY}@[::g]/7", "not a URL|IPv6"),
        (f"https://{KEY}@[::1/7", "not a URL"),
        (f"https://{KEY}@a.example", "project"),
        (f"https://{KEY}@a.example/", "project"),
        (f"https://{KEY}@a.example/x", "project"),
        (f"https://{KEY}@a.example/../7", "project"),
        (f"https://{KEY}@a.example//7", "project"),
        (f"https://{KEY}@a.example:0/7", "port"),
        (f"https://{KEY}@a.example:70000/7", "port"),
        (f"https://{KEY}@a.example:x/7", "port"),
        (f"https://{KEY}@a.example/7?x=1", "query"),
        (f"https://{KEY}@a.example/7#x", "query"),
        (f"https://{KEY}@a.example/7?", "query"),
    ],
)
def test_what_is_wrong_is_named_without_the_key(dsn, why):
    with pytest.raises(DeliveryError, match=rf"malformed: .*(?:{why})") as caught:
        parse_dsn(dsn)
    assert KEY not in str(caught.value)
    assert caught.value.hint


@given(st.text() | st.builds("https://{}@{}/{}".format, *[st.text(max_size=9)] * 3))
def test_any_text_is_an_endpoint_or_a_delivery_error(text):
    try:
        endpoint = parse_dsn(text)
    except DeliveryError:
        return
    assert isinstance(endpoint, Endpoint)
    assert endpoint.is_encrypted or is_loopback(endpoint.host)
