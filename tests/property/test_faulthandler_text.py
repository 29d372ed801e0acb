"""A traceback whose pieces were lost is still read where it can be."""

from hypothesis import example, given
from hypothesis import strategies as st

from crashwatch.backtraces.faulthandler_text import parse_faulthandler
from tests.fuzz.faulthandler_text import TARGET

WHOLE = (
    b"Fatal Python error: Segmentation fault\n\n"
    b"Thread 0x00007f3c2c174740 [reader] (most recent call first):\n"
    b'  File "/usr/lib/python3.11/threading.py", line 327 in wait\n\n'
    b"Current thread 0x00007f3c2c174741 (most recent call first):\n"
    b'  File "/usr/lib/python3.11/ctypes/__init__.py", line 519 in string_at\n'
    b'  File "/opt/pachy/zo\\xeb.py", line 3 in <module>\n'
)


@given(st.binary(max_size=300))
@example(WHOLE)
def test_any_bytes(data):
    TARGET(data)
    TARGET(WHOLE + data)


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 30)), max_size=6))
def test_lost_pieces_add_nothing(holes):
    text = WHOLE
    for at, size in holes:
        text = text[:at] + text[at + size :]
    TARGET(text)
    found = parse_faulthandler(text)
    assert len(found.threads) <= 2
    assert sum(len(thread.frames) for thread in found.threads) <= 3
