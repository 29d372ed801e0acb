"""What is told of an exception: the text of known code's source, scrubbed; no other."""

import json

import msgspec
import pytest

from reports.compose import compose
from reports.crash_report import CrashReport, Outcome, Reason
from reports.evidence import RawException, RawMessage
from scrubbers import Identity
from tests.doubles.sample_evidence import APP, SITE, STDLIB, in_app, sample_evidence

QUARLES = Identity(user="quarlesz", home="/home/quarlesz", full_name="Zoë Quarles")
HERE = (f"{APP}/main.py",)


def raised(message=None, **more):
    frames = (in_app("f"),)
    return RawException("builtins", "ValueError", "", frames, None, message, **more)


def payload_of(exception, identity=QUARLES):
    reason = Reason(kind=Outcome.UNCAUGHT_MAIN)
    evidence = sample_evidence(exception=exception, reason=reason)
    return compose(evidence, identity=identity)


def told(exception, identity=QUARLES):
    payload = payload_of(exception, identity)
    return msgspec.json.decode(payload.report_json, type=CrashReport).exception


@pytest.mark.parametrize(
    "files",
    [
        HERE,
        (f"{SITE}/pyte/screens.py",),
        (f"{STDLIB}/json/decoder.py", f"{APP}/main.py"),
        ("<frozen importlib._bootstrap>",),
        ("<built-in>",),
    ],
)
def test_known_code_is_told(files):
    text = RawMessage(("no such user ", " here"), files)
    assert told(raised(text)).message == "no such user <…> here"


@pytest.mark.parametrize(
    "files",
    [
        (),
        ("",),
        ("<string>",),
        ("/home/quarlesz/script.py",),
        (f"{APP}/main.py", "/home/quarlesz/script.py"),
        ("main.py",),
    ],
)
def test_other_code_is_not(files):
    report = payload_of(raised(RawMessage(("no such user ", ""), files)))
    assert b"no such user" not in report.report_json + report.envelope
    removed = json.loads(report.report_json)["removed"]
    assert {"rule": "private code", "place": "message", "count": 1} in removed


def test_nothing_but_holes_needs_no_file():
    assert told(raised(RawMessage(("", "")))).message == "<…>"


def test_a_message_of_which_nothing_is_told_is_counted():
    report = payload_of(raised(RawMessage(())))
    removed = json.loads(report.report_json)["removed"]
    assert {"rule": "exception message", "place": "message", "count": 1} in removed
    assert told(raised(RawMessage(()))).message == ""


def test_a_source_that_names_the_person_is_scrubbed():
    text = RawMessage(("mail zoe@quarles.example, /home/quarlesz/x ", ""), HERE)
    message = told(raised(text)).message
    assert "quarles" not in message
    assert message.startswith("mail <")


def test_what_would_change_a_screen_is_not_told():
    text = RawMessage(("a\x1b]0;x\x07\n\u202eb\ud800 ", "c" * 900), HERE)
    message = told(raised(text)).message
    assert message.isprintable()
    assert message.startswith("a ")


def test_a_long_text_is_cut():
    text = RawMessage(("many words " * 90, ""), HERE)
    assert len(told(raised(text)).message) == 400


def test_an_argument_that_the_source_names_is_no_reason_to_withhold():
    person = Identity(user="quarlesz", extra=(("argument", "fullscreen-mode"),))
    text = RawMessage(("cannot enter fullscreen-mode: ", ""), HERE)
    assert "fullscreen-mode" in told(raised(text), person).message


def test_notes_and_members():
    member = raised(RawMessage(("in ", ""), HERE))
    group = raised(
        RawMessage(("of ", ""), HERE),
        notes=(RawMessage(("noted ", ""), HERE), RawMessage(())),
        group=(member, member),
    )
    found = told(group)
    assert (found.message, found.notes) == ("of <…>", ("noted <…>",))
    assert [one.message for one in found.group] == ["in <…>"] * 2


def test_depth_and_width_are_bounded():
    inner = raised(RawMessage(("x",), HERE))
    for _ in range(30):
        inner = raised(group=(inner,) * 2)
    wide = raised(group=(raised(),) * 30, notes=(RawMessage(("n",), HERE),) * 30)
    depth, link = 0, told(inner)
    while link.group:
        link, depth = link.group[0], depth + 1
    assert depth == 7
    assert (len(told(wide).group), len(told(wide).notes)) == (8, 8)


def test_the_event_shows_a_group_as_a_tree():
    cause = raised(RawMessage(("why",), HERE))
    member = raised(RawMessage(("in ", ""), HERE))
    other = RawException(
        "builtins", "ExceptionGroup", "", (in_app("f"),), cause,
        RawMessage(("of it",), HERE), (RawMessage(("noted",), HERE),), (member,),
    )  # fmt: skip
    event = json.loads(payload_of(other).items[0].data)
    values = event["exception"]["values"]
    assert [value["value"] for value in values] == ["in <…>", "why", "of it\nnoted"]
    keys = ("exception_id", "parent_id", "source", "is_exception_group")
    joined = [[value["mechanism"].get(key) for key in keys] for value in values]
    assert joined == [
        [2, 0, "exceptions[0]", None],
        [1, 0, "__cause__", None],
        [0, None, None, True],
    ]


def test_without_a_group_the_event_is_a_plain_list():
    chain = raised(RawMessage(("of ", ""), HERE))
    (value,) = json.loads(payload_of(chain).items[0].data)["exception"]["values"]
    assert value["value"] == "of <…>"
    assert value["mechanism"] == {"type": "crashwatch", "handled": False}
