"""A report as one HTML file: whole, closed to the outside, and only text in it."""

import base64
import hashlib
import re
from html.parser import HTMLParser

from crashwatch.headless.pages import report_page
from reports.crash_report import Outcome, ProcessFacts, Reason
from reports.payload import Item
from tests.doubles.hostile_report import FORBIDDEN, hostile_report
from tests.doubles.sample_report import sample_report, samples

VOID = {"meta", "path", "circle", "br"}
LOADS = {"src", "srcset", "poster", "data", "action", "formaction", "xlink:href"}


class Reader(HTMLParser):
    """Checks that elements close; keeps their attributes and the text."""

    def __init__(self, page):
        super().__init__()
        self.open, self.attributes, self.text, self.names = [], [], [], []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.names.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    @property
    def seen(self):
        return re.sub(r"\s+", " ", " ".join(self.text))


def test_of_a_hang_it_says_what_the_program_did_meanwhile():
    process = ProcessFacts(status="spinning")
    report = sample_report(reason=Reason(Outcome.HANG), process=process)
    assert "hang, spinning" in Reader(report_page(report)).seen


def test_what_a_person_reads():
    item = Item("attachment", "minidump.dmp", b"x" * 2048)
    seen = Reader(report_page(sample_report(), (item,), samples())).seen
    assert "main.py crashed (SIGSEGV)." in seen
    assert "SEGV_MAPERR" in seen
    assert "crashed here" in seen
    assert "<app>/crashes.py:8" in seen
    assert "<stdlib>/threading.py:327" in seen
    assert "What it used until then" in seen
    assert item.sha256 in seen
    assert "2.0 KB" in seen


def test_nothing_of_a_report_is_markup():
    page = report_page(hostile_report(), (), samples())
    for bad in FORBIDDEN:
        assert bad not in page
    reader = Reader(page)
    assert "script" not in reader.names
    assert "</b><script src=x>\\x1b]0;t" in reader.seen


def test_it_needs_nothing_beside_it():
    reader = Reader(report_page(sample_report(), (), samples()))
    assert not {name for name, _ in reader.attributes} & LOADS
    assert not {"link", "img", "iframe", "object", "a"} & set(reader.names)


def test_its_policy_allows_its_own_style_and_nothing_else():
    page = report_page(sample_report())
    contents = [value for name, value in Reader(page).attributes if name == "content"]
    (policy,) = [value for value in contents if value.startswith("default-src")]
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'"
    assert "style" not in {name for name, _ in Reader(page).attributes}


def test_a_report_with_next_to_nothing_in_it():
    report = sample_report(
        threads=(), reason=Reason(Outcome.HANG), release="", program="x"
    )
    seen = Reader(report_page(report)).seen
    assert "x does not respond." in seen
    assert "None were read." in seen
    assert "What it used" not in seen


def test_one_sample_makes_no_plot():
    assert "<svg" not in report_page(sample_report(), (), samples(1))
