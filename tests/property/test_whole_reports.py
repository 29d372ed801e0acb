"""Whole reports: what the corpora plant in any field of a raw capture does not leave.

From the raw capture to the payload's bytes by the one function there is for it. A
report may be withheld instead, but hardly ever is. Seed 20261124.
"""

import os

import pytest

from reports.compose import compose
from reports.crash_report import CaptureFacts, ProcessFacts, SystemFacts
from reports.errors import WithheldError
from reports.evidence import (
    CodeRoots,
    RawException,
    RawFrame,
    RawMessage,
    RawNativeFrame,
    RawThread,
)
from scrubbers import Identity
from tests.doubles import corpus, other_corpus, stranger_corpus
from tests.doubles.corpus_leaks import leaks
from tests.doubles.other_corpus_wrappings import still_readable
from tests.doubles.relay_opinion import opinion_of_envelope
from tests.doubles.sample_evidence import APP, SITE, STDLIB, sample_evidence
from tests.doubles.stranger_leaks import is_readable

SEED = 20261124
COUNT = int(os.environ.get("CRASHWATCH_CORPUS", "60"))
BY_LINE = (*stranger_corpus.BROKEN, "csv", "table", "apart")
SYSTEM = SystemFacts("Linux", "6.1.0-18-amd64", "x86_64", "CPython", "3.11.7")


def in_private_code(text):
    """The text in every field whose content nobody vouches for."""
    frames = (
        RawFrame("run", f"/srv/{text}/x.py", 3),
        RawFrame(text, "/srv/x.py", 3),
        RawFrame(text, text, 3),
        RawFrame(text, f"<frozen {text}>", 3),
        RawFrame("<module>", f"{STDLIB}/runpy.py", 88),
    )
    native = (
        RawNativeFrame(text, f"/srv/{text}/libx.so", "/<private>/libx.so", 16),
        RawNativeFrame(text, text, "<private>"),
    )
    told = RawMessage((text, text), (text,))
    raised = RawException(
        text, text, text, frames, message=told, notes=(told,), group=()
    )
    return {
        "program": text,
        "release": text,
        "roots": CodeRoots((STDLIB,), (SITE,), (APP,), (f"/srv/{text}",)),
        "threads": (
            RawThread(text, crashed=True, frames=frames, native=native),
            RawThread(f"Thread-1 ({text})", crashed=False, frames=()),
        ),
        "exception": RawException(
            text, text, text, frames, cause=raised, message=told, group=(raised,)
        ),
        "process": ProcessFacts(status="running"),
        "system": SystemFacts("Linux", text, "x86_64", "CPython", text),
        "capture": CaptureFacts(method="hold", soft_errors=(text, f"no {text}")),
    }


def in_known_code(name):
    """A person's name in names of code under known roots."""
    frames = tuple(
        RawFrame(f"draw_{name}", f"{root}/{name}/{name}_app.py", 5, module=name)
        for root in (APP, SITE, STDLIB)
    )
    told = RawMessage((f"no {name}", " here"), (f"{APP}/x.py",))
    return {
        "threads": (RawThread("MainThread", crashed=True, frames=frames),),
        "exception": RawException(
            f"app.{name}", f"{name}Error", "", frames, None, told
        ),
        "roots": CodeRoots((STDLIB,), (SITE,), (APP, f"/home/{name}/app")),
    }


def payload_of(changes, identity):
    """The payload's bytes; empty where a wall withheld it."""
    try:
        payload = compose(sample_evidence(**changes), identity=identity)
    except WithheldError:
        return b"", b""
    return payload.envelope, payload.report_json


def identity_of(parts):
    return Identity(**parts) if parts else Identity()


def all_corpora():
    """Case, planted text, identity, and which of the planted values can be read."""
    for case in corpus.cases(SEED, COUNT):
        known = identity_of(case.identity())
        yield (case.number, case.family), case.text, known, case.planted, leaks
    for case in other_corpus.cases(SEED, COUNT):
        known = identity_of(case.who.known() if case.is_known else None)
        yield (case.number, case.fact), case.text, known, case.secrets, still_readable
    for case in stranger_corpus.cases(SEED, COUNT):
        # A field holds one line, words before it, and a program's file name is told.
        if case.carrier in BY_LINE or case.planted.family == "path":
            continue
        known = identity_of(case.identity)
        name, planted = (case.number, case.carrier), case.planted
        yield name, case.text, known, planted.private, is_whole_in(case)


def is_whole_in(case):
    """Whether a value of the third corpus can be read, and is not the carrier's."""

    def readable(text, private):
        return is_readable(text, private, case.innocent, in_pieces=False)

    return readable


@pytest.mark.slow
def test_nothing_planted_in_a_raw_capture_leaves():
    leaked, withheld, looked = [], [], 0
    for name, text, known, planted, readable in all_corpora():
        line = max(text.split("\n"), key=lambda each: sum(p in each for p in planted))
        envelope, report = payload_of(in_private_code(line), known)
        looked += 1
        if not envelope:
            withheld.append(name)
            continue
        if readable((envelope + report).decode(), planted):
            leaked.append(name)
        if opinion_of_envelope(envelope):
            leaked.append((*name, "relay"))
    assert leaked == []
    assert len(withheld) <= looked / 100, withheld


@pytest.mark.slow
def test_a_known_person_is_not_named_by_known_code():
    leaked, withheld, looked = [], [], 0
    for case in other_corpus.cases(SEED, COUNT // 3):
        who = case.who.known()
        for part in ("user", "host", "full_name"):
            envelope, report = payload_of(in_known_code(who[part]), Identity(**who))
            looked += 1
            withheld += [(case.number, part)] * (not envelope)
            if still_readable((envelope + report).decode(), (who[part],)):
                leaked.append((case.number, part))
    assert leaked == []
    assert len(withheld) <= looked / 100, withheld
