"""Which DSNs are accepted."""

from __future__ import annotations

import pytest

from crashwatch.dsn import fault_in_dsn, host_of


@pytest.mark.parametrize(
    ("dsn", "host"),
    [
        ("https://0a1b@crashes.example.org/1", "crashes.example.org"),
        ("https://0a1b@crashes.example.org:8443/a/b/42", "crashes.example.org:8443"),
        ("http://0a1b@127.0.0.1:8000/1", "127.0.0.1:8000"),
        ("http://0a1b@localhost/1", "localhost"),
        ("HTTPS://0a1b@crashes.example.org/1/", "crashes.example.org"),
        ("https://0a1b:2c3d@crashes.example.org/1", "crashes.example.org"),
        ("https://0a1b@[2001:db8::1]:9000/1", "[2001:db8::1]:9000"),
    ],
)
def test_good_dsns(dsn, host):
    assert fault_in_dsn(dsn) == ""
    assert host_of(dsn) == host


@pytest.mark.parametrize(
    ("dsn", "word"),
    [
        ("crashes.example.org/1", "https://"),
        ("ftp://k@crashes.example.org/1", "https://"),
        ("http://k@crashes.example.org/1", "this machine only"),
        ("http://k@localhost.example.org/1", "this machine only"),
        ("https://crashes.example.org/1", "no key"),
        ("https://@crashes.example.org/1", "no key"),
        ("https://:secret@crashes.example.org/1", "key may only"),
        ("https://k:a:b@crashes.example.org/1", "key may only"),
        ("https://k@/1", "host"),
        ("https://k@[::1/1", "host"),
        ("https://k@ex ample.org/1", "host"),
        ("https://k@example.org:port/1", "port"),
        ("https://k@example.org:/1", "port"),
        ("https://k@example.org:70000/1", "port"),
        ("https://k@example.org", "project"),
        ("https://k@example.org/", "project"),
        ("https://k@example.org/one", "project"),
        ("https://k@example.org/1?x=2", "project"),
        ("https://k@example.org/../1", "path"),
        ("https://k@example.org/a\n/1", "path"),
    ],
)
def test_bad_dsns_are_told_apart(dsn, word):
    assert word in fault_in_dsn(dsn)


def test_a_fault_never_repeats_the_dsn():
    assert "tiptop" not in fault_in_dsn("https://k:tiptop@example.org/one")
