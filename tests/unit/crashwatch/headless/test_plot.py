"""What a program used, drawn: numbers to path data, and a picture that is XML."""

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashwatch.headless.pages import plot_picture
from crashwatch.headless.plot import HEIGHT, WIDTH, plot, processor_use, seconds_text
from crashwatch.supervisor.timeline import Sample
from tests.doubles.sample_report import samples

ELEMENTS = {"svg", "style", "rect", "g", "text", "path", "circle"}
SVG = "{http://www.w3.org/2000/svg}"


def sample(seconds, cpu=0.0, memory=0, threads=0, files=0, children=0):
    return Sample(seconds, cpu, memory, threads, files, children)


def test_a_line_from_the_left_bottom_to_the_right_top():
    memory = plot([sample(1.0), sample(2.0, memory=500), sample(3.0, memory=1000)])
    panel = memory.panels[1]
    assert panel.line == "M0 64L360 32L720 0"
    assert panel.area == "M0 64L360 32L720 0V64H0Z"
    assert panel.said == "Memory: at most 1.0 KB, at the end 1.0 KB"
    assert (memory.begins, memory.ends) == ("1.0 s", "3.0 s")


def test_a_quantity_that_is_nothing_lies_on_the_ground():
    children = plot([sample(0.0), sample(1.0)]).panels[4]
    assert children.line == "M0 64L720 64"
    assert children.most == "0"


def test_use_of_a_processor_is_over_a_quarter_second():
    """Ticks of 10 ms: looked at every 50 ms, half a processor would read 40 or 60."""
    looks = [sample(n * 0.05, cpu=0.01 * (n * 5 // 2)) for n in range(20)]
    assert all(45 <= used <= 55 for used in processor_use(looks)[6:])


def test_use_of_two_processors():
    looks = [sample(float(n), cpu=2.0 * n) for n in range(4)]
    assert processor_use(looks) == [200.0] * 4


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0.0 s"), (59.94, "59.9 s"), (250, "4 min 10 s"), (7385, "2 h 3 min")],
)
def test_times_are_told_as_people_read_them(seconds, text):
    assert seconds_text(seconds) == text


rows = st.lists(
    st.builds(
        Sample,
        seconds=st.floats(0, 1e6),
        cpu_seconds=st.floats(0, 1e6),
        resident_bytes=st.integers(0, 2**48),
        threads=st.integers(0, 2**16),
        descriptors=st.integers(0, 2**20),
        children=st.integers(0, 2**16),
    ),
    min_size=2,
    max_size=40,
).map(lambda found: sorted(found, key=lambda each: each.seconds))


@given(rows)
def test_every_point_is_inside_the_box(found):
    for panel in plot(found).panels:
        points = re.findall(r"[ML]([^ ]+) ([^LV]+)", panel.line)
        assert len(points) == len(found)
        assert all(0 <= float(x) <= WIDTH for x, _ in points)
        assert all(0 <= float(y) <= HEIGHT for _, y in points)


@pytest.mark.parametrize("number", [0, 1, 2, 500])
def test_the_picture_is_xml_with_nothing_from_outside(number):
    root = ET.fromstring(plot_picture(samples(number), "SIGSEGV"))
    assert root.tag == f"{SVG}svg"
    names = {element.tag for element in root.iter()}
    assert {name.removeprefix(SVG) for name in names} <= ELEMENTS
    assert not [name for e in root.iter() for name in e.attrib if "href" in name]
    assert len(root.findall(f"{SVG}g")) == (5 if number > 1 else 0)


def test_the_end_is_marked_where_it_has_a_name():
    assert 'class="mark"' in plot_picture(samples(), "SIGSEGV")
    assert "3.0 s, SIGSEGV" in plot_picture(samples(61), "SIGSEGV")
    assert 'class="mark"' not in plot_picture(samples())
