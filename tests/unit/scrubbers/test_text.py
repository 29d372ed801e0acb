import base64

import pytest

from scrubbers import Identity, scrub, scrub_text
from scrubbers.policy import Policy
from scrubbers.rule import Rule
from scrubbers.text import DROPPED, find_spans, scrub_with

ALICE = Identity(
    user="alicew",
    home="/home/alicew",
    full_name="Alice Wonder",
    host="rabbit-77",
    fqdn="rabbit-77.hole.example",
    email="alice@hole.example",
)

UNTOUCHED = [
    '  File "/usr/lib/python3.11/json/decoder.py", line 353, in raw_decode',
    '  File "<site-packages>/pyte/screens.py", line 12 in draw',
    "RIP: 0x00007f3a1b2c3d4e RSP 0x7ffc12345678",
    "build-id 5b8e4f2a9c1d3e7f5b8e4f2a9c1d3e7f12345678",
    "id 123e4567-e89b-12d3-a456-426614174000",
    "version 1.2.3.4 chrome/120.0.6099.109 Python 3.11.7 pytest==9.2.0",
    "_ZN4core3fmt9Formatter12pad_integral17h5b8e4f2a9c1d3e7fE",
    "    return self.handle_event(event, timeout=3.0)",
    "memcpy@GLIBC_2.14 in libc.so.6",
    "https://docs.python.org/3/library/json.html#json.loads",
    "2024-01-02 12:34:56,789 INFO foo.bar: took 0.123s",
    "def test_main(self): main(test)",
    "KeyError: 'user'",
    "     ~~~~~~^^^^^^^",
]


@pytest.mark.parametrize("line", UNTOUCHED)
def test_what_names_nobody_stays(line):
    assert scrub_text(line) == line


@pytest.mark.parametrize(
    ("line", "scrubbed"),
    [
        ("/home/al/x.py", "<home>/x.py"),
        ("C:\\Users\\Bob Smith\\proj\\x.py", "<home>\\<path>\\x.py"),
        ("\\\\wsl$\\Ubuntu\\home\\al\\x", "<path>\\<path>"),
        ("%2Fhome%2Fal%2Fproj", "<home>%2F<path>"),
        ("/root/x.py", "<home>/x.py"),
        (
            "/home/al/.venv/lib/python3.11/site-packages/a/b.py",
            "<home>/.venv/lib/python3.11/site-packages/a/b.py",
        ),
        ("ls ~al/x", "ls <home>/<path>"),
        ("/var/mail/al", "<path>"),
        ("al@localhost", "<email>"),
        ("inet 192.168.1.5 up", "inet <ip> up"),
        ("git@github.com:al/x.git", "<url>"),
        ("--password hunter2 -v", "--password <secret> -v"),
        ('"password": "a b", "n": 3', '"password": "<secret>", "n": 3'),
        ("card 4111 1111 1111 1111.", "card <number>."),
        ("DE89370400440532013000", "<number>"),
        ("\x1b]7;file://h/home/al\x07ok", "<control>ok"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("L2hvbWUvYWwvcHJvai9hcHAucHk=", "<secret>"),
        ("TEST@EXAMPLE.ORG", "<email>"),
    ],
)
def test_what_names_somebody_goes(line, scrubbed):
    assert scrub_text(line) == scrubbed


@pytest.mark.parametrize(
    "line",
    [
        "hello ALICEW",
        "al\u200bicew",
        "\u0430licew",
        "ａｌｉｃｅｗ",  # noqa: RUF001 - a pattern or table reads better whole
        "Wonder, Alice",
        "alice.wonder",
        "YWxpY2V3",
        "x\\x61licew",
        "&#97;licew",
        "a\x00l\x00i\x00c\x00e\x00w\x00",
    ],
)
def test_a_known_person_is_found_however_it_is_written(line):
    scrubbed = scrub_text(line, identity=ALICE)
    assert "<" in scrubbed
    assert "lice" not in scrubbed.lower()


def test_findings_say_rule_place_and_length_but_no_value():
    result = scrub("ok\n/home/alicew/x.py", identity=ALICE)
    assert [tuple(found) for found in result.findings] == [("path", "line 2", 12)]


def test_a_key_block_goes_whole():
    text = "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabcd\n-----END RSA PRIVATE KEY-----\nb"  # noqa: E501 - a pattern or table reads better whole
    assert scrub_text(text) == "a\n<secret>\nb"


def test_a_value_on_the_line_after_its_key_goes():
    assert scrub_text("password:\n  hunter two\nline: 3") == (
        "password:\n  <secret>\nline: 3"
    )


def test_a_rule_that_fails_costs_the_line_and_is_counted():
    def fail(_subject):
        raise RuntimeError

    policy = Policy(Identity(), (Rule("broken", fail, ("/",)),))
    result = scrub_with(policy, "innocent words\n/home/al")
    assert result.text == f"innocent words\n{DROPPED}"
    assert [found.rule for found in result.findings] == ["error"]


def test_what_is_no_text_is_dropped():
    result = scrub(None)  # type: ignore[arg-type]
    assert result.text == DROPPED
    assert [found.rule for found in result.findings] == ["error"]


def test_an_identity_that_cannot_be_read_drops_the_text():
    class Broken:
        @property
        def user(self):
            raise RuntimeError

    assert scrub_text("hello", identity=Broken()) == DROPPED


def test_encodings_too_deep_are_dropped():
    text = "/home/al"
    for _ in range(9):
        text = "".join(f"%{ord(character):02X}" for character in text)[:3000]
    assert DROPPED in scrub_text(text)


def test_every_mapping_and_object_can_be_an_identity():
    class Person:
        user = "alicew"

    assert scrub_text("x alicew", identity=Person()) == "x <user>"
    assert scrub_text("x alicew", identity={"user": "alicew"}) == "x <user>"


def test_an_ordinary_login_is_found_only_where_a_person_is_meant():
    person = {"user": "test", "home": "/home/test"}
    text = "run test in main, /home/test/a.py, test@box, /usr/lib/python3.11/test/x.py"
    assert scrub_text(text, identity=person) == (
        "run test in main, <home>/a.py, <email>, /usr/lib/python3.11/test/x.py"
    )


def test_innocent_lines_have_no_spans():
    policy = Policy(Identity())
    for line in UNTOUCHED:
        if policy.innocence.holds(line):
            assert find_spans(policy, line) == []


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("~प्रियंका/x.py not found", "प्रियंका"),
        ("/opt/../root/diary/x", "diary"),
        ("%USERPROFILE%\\diary\\x", "diary"),
        ("\\\\?\\UNC\\burrow\\Users\\zoe", "burrow"),
        ("S-1-5-21-397955417-626881126-188441444-1001", "397955417"),
        ("dev_41_42_A3_44_45_46", "41_42"),
        ('"z.q"@hole.example', "z.q"),
        ("git clone burrow:diary.git", "diary"),
        ("/home/\\u001b[1mzoë\\u001b[0m/x", "zoë"),
        ("\x1bkdiary\x1b\\", "diary"),
        ("Kennwort: karotte", "karotte"),
        ("IDENTIFIED BY 'karotte'", "karotte"),
        ("phone: 0170 5379211", "5379211"),
        ("a=3Db password=3Dkarotte", "karotte"),
        ("&#27;]0;diary&#7;", "diary"),
        ('{"a": "home/Zoe Quarles/x"}', "Quarles"),
    ],
)
def test_forms_that_the_second_corpus_brought(text, gone):
    assert gone not in scrub_text(text)


@pytest.mark.parametrize("name", ["민서", "zoë"])
def test_a_name_between_invisible_letters_in_base64_goes(name):
    raw = "\u200b".join(name).encode("utf-16-le")
    text = f"got {base64.b64encode(b'..' + raw + b'......').decode()}"
    assert scrub_text(text, identity={"user": name}) == "got <secret>"
