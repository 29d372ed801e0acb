"""From evidence to payload: what passes each wall, and that doubt means no."""

from __future__ import annotations

import json
import re

import msgspec
import pytest

from reports import compose as composing
from reports.compose import compose
from reports.crash_report import CaptureFacts, CrashReport, ProcessFacts, SystemFacts
from reports.envelope import parse_envelope
from reports.errors import WithheldError
from reports.evidence import RawException, RawFrame
from reports.sanitize import sanitize
from scrubbers import Identity
from tests.doubles.sample_evidence import (
    APP,
    SITE,
    STDLIB,
    in_app,
    one_thread,
    sample_evidence,
)
from tests.doubles.sample_snapshot import sample

ID = "0123456789abcdef0123456789abcdef"
NOBODY = Identity()
TOKEN = "ghp_" + "aB3" * 12
QUARLES = Identity(user="quarlesz", home="/home/quarlesz", host="holehost77")


def report_of(evidence, identity=NOBODY):
    payload = compose(evidence, identity=identity, report_id=ID)
    return msgspec.json.decode(payload.report_json, type=CrashReport)


def removed(report):
    return {(r.rule, r.place): r.count for r in report.removed}


def picture():
    return sanitize(sample(), identity=NOBODY)


def test_a_crash_as_it_leaves():
    report = report_of(sample_evidence())
    crashed, other = report.threads
    assert [(f.function, f.file, f.line) for f in crashed.frames] == [
        ("string_at", "<stdlib>/ctypes/__init__.py", 519),
        ("crash", "<app>/crashes.py", 8),
        ("<module>", "<app>/main.py", 3),
    ]
    assert other.name == "Thread-1"
    assert (report.id, report.program, report.release) == (ID, "main.py", "1.2.3")
    assert report.created.isoformat() == "2023-11-14T22:13:20+00:00"
    assert removed(report) == {("path", "frames"): 4, ("thread name", "threads"): 1}


def test_the_same_evidence_gives_the_same_bytes():
    evidence = sample_evidence(picture=picture())
    one, two = (compose(evidence, identity=QUARLES, report_id=ID) for _ in range(2))
    assert one == two


def test_without_an_id_each_report_gets_its_own():
    ids = {compose(sample_evidence(), identity=NOBODY).id for _ in range(3)}
    assert len(ids) == 3
    assert all(re.fullmatch(r"[0-9a-f]{12}4[0-9a-f]{19}", text) for text in ids)


def test_the_envelope_holds_the_items_that_are_hashed():
    payload = compose(sample_evidence(picture=picture()), identity=NOBODY, report_id=ID)
    assert parse_envelope(payload.envelope).items == payload.items
    event, minidump = payload.items
    assert (event.type, minidump.name) == ("event", "minidump.dmp")
    assert json.loads(payload.report_json)["minidump_bytes"] == len(minidump.data)


def test_private_code_has_neither_path_nor_name():
    frame = RawFrame("quarles_taxes", "/home/quarlesz/taxes.py", 9)
    report = report_of(sample_evidence(threads=one_thread(frame)), QUARLES)
    assert msgspec.to_builtins(report.threads[0].frames) == (
        {"function": "<private>", "file": "<private>"},
    )
    assert removed(report)["private code", "frames"] == 1


def test_a_login_below_a_root_is_scrubbed_away():
    frame = in_app("quarlesz", "quarlesz/x.py")
    payload = compose(
        sample_evidence(threads=one_thread(frame)), identity=QUARLES, report_id=ID
    )
    assert b"quarlesz" not in payload.report_json + payload.envelope


def test_a_folder_below_a_root_that_spells_the_home_is_private():
    """The tripwire would take ``<app>/root/x.py`` for /root, and withhold it all."""
    frames = (in_app("f", "root/x.py"), in_app("g"))
    evidence = sample_evidence(threads=one_thread(*frames))
    report = report_of(evidence, Identity(user="root", home="/root"))
    assert [frame.file for frame in report.threads[0].frames] == [
        "<private>",
        "<app>/main.py",
    ]


def test_a_login_in_a_library_s_name_is_scrubbed_away():
    frame = RawFrame("f", "", None, module="libquarlesz.so", address=16)
    report = report_of(sample_evidence(threads=one_thread(frame)), QUARLES)
    assert "quarlesz" not in str(report.threads)


def test_a_login_in_an_exception_s_class_is_scrubbed_away():
    raised = RawException("quarlesz.bank", "Error", frames=(in_app("f"),))
    report = report_of(sample_evidence(exception=raised), QUARLES)
    assert "quarlesz" not in str(report.exception)


@pytest.mark.parametrize(
    ("module", "name", "innermost", "told"),
    [
        ("builtins", "ValueError", "/home/quarlesz/x.py", "ValueError"),
        ("builtins", "EncodingWarning", f"{APP}/x.py", "EncodingWarning"),
        # A class made by exec() in an empty namespace says that it is a builtin.
        ("builtins", "TaxesOfZoe", "/home/quarlesz/x.py", "<private>"),
        ("taxes", "Unpaid", "/home/quarlesz/taxes.py", "<private>"),
        ("pachy.errors", "Lost", f"{APP}/x.py", "pachy.errors.Lost"),
        ("json.decoder", "JSONDecodeError", f"{STDLIB}/json/decoder.py",
         "json.decoder.JSONDecodeError"),
        ("requests.exceptions", "Timeout", f"{SITE}/requests/api.py",
         "requests.exceptions.Timeout"),
        # A private class that a library was handed and raised.
        ("taxes", "Unpaid", f"{STDLIB}/contextlib.py", "<private>"),
        ("pachy", "make.<locals>.Lost", f"{APP}/x.py", "pachy.make.Lost"),
        ("pachy", "a.<lambda>.Lost", f"{APP}/x.py", "<private>"),
        ("pachy", "Lost\n", f"{APP}/x.py", "<private>"),
    ],
)  # fmt: skip
def test_an_exception_s_class_is_told_where_its_code_is_known(
    module, name, innermost, told
):
    # Whatever runs a script is itself known code, and proves nothing about a class.
    frames = (RawFrame("f", innermost, 1), RawFrame("run", f"{STDLIB}/runpy.py", 2))
    report = report_of(
        sample_evidence(exception=RawException(module, name, "", frames))
    )
    assert report.exception.type == told


def test_a_chain_of_causes_is_bounded():
    raised = None
    for _ in range(5000):
        raised = RawException("builtins", "ValueError", "", (in_app("f"),), raised)
    link, depth = report_of(sample_evidence(exception=raised)).exception, 0
    while link is not None:
        link, depth = link.cause, depth + 1
    assert depth == 8


@pytest.mark.parametrize("created", [float("nan"), float("inf"), -1e30, 1e30, -1.0])
def test_an_impossible_time_is_no_reason_to_fail(created):
    assert report_of(sample_evidence(created=created)).created.year in {1970, 9999}


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_json_has_not_are_left_out(number):
    facts = ProcessFacts(uptime=number, cpu_user=number, cpu_system=number)
    capture = CaptureFacts(method="hold", seconds=number)
    report = report_of(sample_evidence(process=facts, capture=capture))
    assert report.process == ProcessFacts()
    assert report.capture.seconds == 0.0


@pytest.mark.parametrize(
    "name",
    ["x\udc80.py", "x\ny.py", "x\u202egnp.py", "x/" * 400 + "y.py"],
    ids=["undecodable", "newline", "reversed", "long"],
)
def test_a_path_of_no_allowed_form_is_private_and_the_rest_stays(name):
    frames = (in_app("f", name), in_app("main"))
    first, second = (
        report_of(sample_evidence(threads=one_thread(*frames))).threads[0].frames
    )
    assert (first.function, first.file, first.line) == ("<private>", "<private>", None)
    assert second.function == "main"


@pytest.mark.parametrize("number", [-1, 2**63, 2**80])
def test_impossible_lines_and_addresses_are_left_out(number):
    frames = (
        in_app("f", line=number),
        RawFrame("g", "", None, module="libc.so.6", address=number),
    )
    one, two = report_of(sample_evidence(threads=one_thread(*frames))).threads[0].frames
    assert (one.line, two.address) == (None, None)
    assert two.file == "<module>/libc.so.6"


def test_soft_errors_are_scrubbed_short_and_few():
    errors = ("/home/quarlesz/x: EIO\n\x1b[2J", "y" * 5000, *["maps: OSError"] * 500)
    capture = CaptureFacts(method="hold", soft_errors=errors)
    told = report_of(sample_evidence(capture=capture), QUARLES).capture.soft_errors
    assert len(told) <= 64
    assert all(len(line) <= 200 and line.isprintable() for line in told)
    assert "quarlesz" not in str(told)


def test_a_word_that_is_none_withholds():
    facts = ProcessFacts(status="sleeping at 12 Hole Road")
    with pytest.raises(WithheldError) as refusal:
        compose(sample_evidence(process=facts), identity=NOBODY)
    assert refusal.value.rules == ("form:report",)
    assert "Hole Road" not in str(refusal.value)


def test_what_fails_inside_withholds_and_tells_no_value(monkeypatch):
    def fails(*_):
        raise RuntimeError("zoë's secret")

    monkeypatch.setattr(composing, "event_of", fails)
    with pytest.raises(WithheldError) as refusal:
        compose(sample_evidence(), identity=NOBODY)
    assert refusal.value.rules == ("failure:report",)
    assert "secret" not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_a_scrubber_that_fails_costs_the_value_and_is_counted(monkeypatch):
    real = composing.scrub

    def fails_on_crash(text, *, identity):
        if text == "crash":
            raise RuntimeError(text)
        return real(text, identity=identity)

    # Nothing that can be handed in makes a scrubber fail: it catches its own.
    monkeypatch.setattr(composing, "scrub", fails_on_crash)
    report = report_of(sample_evidence())
    assert report.threads[0].frames[1].function == "<private>"
    assert removed(report)["scrubber failure", "function"] == 1


def test_the_tripwire_names_rule_and_place_only():
    # "main.py" is told as the program: no wall before this one knows the host.
    evidence = sample_evidence(program="holehost77")
    payload = compose(evidence, identity=NOBODY, report_id=ID)
    with pytest.raises(WithheldError) as refusal:
        composing.search(payload, QUARLES)
    assert refusal.value.rules == ("host:envelope", "host:report.program")
    assert "holehost77" not in str(refusal.value)


def words_of(data):
    return set(re.findall(r"[\w.-]{5,}", data.decode("latin-1")))


def with_extras(*values, user=""):
    kinds = ("argument", "environment")
    return Identity(user=user, extra=tuple((k, v) for v in values for k in kinds))


@pytest.mark.parametrize("with_dump", [False, True])
def test_no_word_that_every_report_holds_withholds_it(with_dump):
    """``pachyterm threads`` is an innocent command; so is HOSTTYPE=x86_64."""
    evidence = sample_evidence(picture=picture() if with_dump else None)
    payload = compose(evidence, identity=NOBODY, report_id=ID)
    words = words_of(payload.report_json + payload.items[0].data) - {ID}
    assert {"threads", "x86_64", "1.2.3", "resident_bytes", "SIGSEGV"} <= words
    compose(evidence, identity=with_extras(*words), report_id=ID)


@pytest.mark.parametrize(
    ("value", "frame"),
    [
        ("crash", in_app("crash", "crashes.py")),
        ("crashes", in_app("crash", "crashes.py")),
        ("src/pkg/lines.py", in_app("draw", "src/pkg/lines.py")),
        ("pkg.lines", in_app("pkg.lines.draw", "pkg/lines.py")),
        ("/nowhere:lines.py", in_app("draw", "pkg/lines.py")),
        ("calculate", in_app("recalculate_all")),
        ("libalpha.so.7", RawFrame("f", "", None, module="libalpha.so.7")),
    ],
)
def test_what_the_code_names_itself_is_no_secret(value, frame):
    told = (
        report_of(sample_evidence(threads=one_thread(frame)), with_extras(value))
        .threads[0]
        .frames[0]
    )
    assert (
        told
        == report_of(sample_evidence(threads=one_thread(frame))).threads[0].frames[0]
    )


def test_a_release_set_by_the_environment_stays():
    assert report_of(sample_evidence(), with_extras("1.2.3")).release == "1.2.3"
    evidence = sample_evidence(release="2.3.1-beta")
    assert report_of(evidence, with_extras("2.3.1-beta")).release == "2.3.1-beta"


def test_what_the_code_names_does_not_excuse_a_login():
    frame = in_app("greet_quarlesz", "quarlesz.py")
    identity = with_extras("quarlesz", user="quarlesz")
    report = report_of(sample_evidence(threads=one_thread(frame)), identity)
    assert "quarlesz" not in str(report)


def test_a_secret_beside_a_told_part_of_a_value_is_still_searched_for():
    """PYTHONPATH=/srv/told:/srv/secret: only the told part is taken out."""
    errors = ("maps: planX77secret",)
    evidence = sample_evidence(capture=CaptureFacts(method="hold", soft_errors=errors))
    identity = with_extras("crashes.py:planX77secret")
    assert "planX77" not in str(report_of(evidence, identity).capture)


@pytest.mark.parametrize(
    "changes",
    [
        {"process": ProcessFacts(status=TOKEN)},
        {"system": SystemFacts("Linux", "6.1", TOKEN, "CPython", "3.11.7")},
        {"system": SystemFacts(TOKEN, "6.1", "x86_64", "CPython", "3.11.7")},
        {"capture": CaptureFacts(method=TOKEN)},
        {"capture": CaptureFacts(method="hold", sources=("wait4", TOKEN))},
    ],
    ids=["status", "machine", "system", "method", "source"],
)
def test_a_secret_among_our_own_words_withholds_the_report(changes):
    with pytest.raises(WithheldError) as caught:
        compose(sample_evidence(**changes), identity=NOBODY)
    assert caught.value.rules == ("form:report",)
