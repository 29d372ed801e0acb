import base64
import json
import unicodedata
from urllib.parse import quote

import pytest

from scrubbers import Hit, Identity, Tripwire

USERS = ("alice", "zoë", "名字", "pi", "bob smith", "O'Brien", "test")


def forms(text):
    raw = text.encode()
    yield "utf-8", raw
    for shift in range(4):
        yield "utf-16", b"x" * shift + text.encode("utf-16-le")
        yield "utf-32", b"x" * shift + text.encode("utf-32-le")
    yield "percent", quote(text, safe="").encode()
    yield "json", json.dumps(text).encode()
    yield "json in json", json.dumps(json.dumps(text)).encode()
    yield "faulthandler", text.encode("ascii", "backslashreplace")
    yield "bytes repr", repr(raw).encode()
    yield "decomposed", unicodedata.normalize("NFD", text).encode()
    yield "capitals", text.upper().encode()
    for lead in range(3):
        yield "base64", b"data:" + base64.b64encode(b"q" * lead + raw)
    yield "base64 of utf-16", base64.b64encode(text.encode("utf-16-le"))
    yield "base64 of percent", base64.b64encode(quote(text, safe="").encode())
    yield "wrapped base64", base64.encodebytes(b"." * 54 + raw)


@pytest.mark.parametrize("user", USERS)
def test_a_home_is_seen_in_every_encoding(user):
    tripwire = Tripwire(Identity(user=user, home=f"/home/{user}"))
    for name, data in forms(f"/home/{user}/x"):
        assert tripwire.search(b"\x01\x02 {junk} " + data + b" \xff"), (name, data)


def test_latin_1_is_seen():
    tripwire = Tripwire(Identity(user="zoë", home="/home/zoë"))
    hits = tripwire.search(b"junk /home/zo\xeb/ junk")
    assert Hit("home", "latin-1", 5) in hits


def test_a_hit_says_where_and_never_what():
    hits = Tripwire(Identity(user="quarles77")).search(b"....quarles77")
    assert hits == (Hit("user", "utf-8", 4),)
    assert "quarles" not in repr(hits)


@pytest.mark.parametrize(
    "text",
    [
        "/home/pi/x",
        "pi@box",
        '"user": "pi"',
        "USER=pi",
        "~pi/x",
        "ssh box@vm ",
        "HOSTNAME=vm",
        "uid=1000(pi)",
        "\\\\vm\\share",
        '"/data/pi/x"',
    ],
)
def test_ordinary_names_are_seen_in_structure(text):
    assert Tripwire(Identity(user="pi", host="vm")).search(f" {text}".encode())


@pytest.mark.parametrize(
    "text",
    ["pi = 3.14", "vm_page", "pip vm.c", "/usr/lib/pi/x", "api/pi", "(vm)", "'pi'"],
)
def test_ordinary_names_are_not_seen_elsewhere(text):
    assert not Tripwire(Identity(user="pi", host="vm")).search(f" {text} ".encode())


def test_extras_are_searched_by_their_kind():
    person = Identity(
        extra=(
            ("machine_id", "0123456789abcdef0123456789abcdef"),
            ("ip", "10.20.30.40"),
            ("mac", "00:1a:2b:3c:4d:5e"),
            ("git_name", "Zoe Quarles"),
            ("git_email", "zq@hole.example"),
            ("argument", "/srv/secret-plan.txt"),
            ("environment", "1"),
            ("environment", "xterm"),
            ("environment", "quite-a-rare-value"),
        )
    )
    tripwire = Tripwire(person)
    for rule, text in [
        ("machine_id", "01234567-89ab-cdef-0123-456789abcdef"),
        ("ip", "from 10.20.30.40:80"),
        ("mac", "001a2b3c4d5e"),
        ("name", "quarles zoe"),
        ("email", "ZQ@HOLE.EXAMPLE"),
        ("argument", "open /srv/secret-plan.txt"),
        ("environment", "TERM=xterm "),
        ("environment", "[quite-a-rare-value]"),
    ]:
        assert rule in {hit.rule for hit in tripwire.search(text.encode())}, rule
    assert tripwire.search(bytes.fromhex("001a2b3c4d5e"))
    assert not tripwire.search(b"line 1 of 1, xterm-256color, 110.20.30.401")


def test_nobody_is_never_seen():
    assert Tripwire(None).search(b"/home/alice") == ()
