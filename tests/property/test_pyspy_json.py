"""Any JSON at all is threads or a PySpyError."""

import json

from hypothesis import example, given
from hypothesis import strategies as st

from tests.fuzz.pyspy_json import TARGET

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", "12", "MainThread", "/x.py", "\udc80"])
)
KEYS = st.sampled_from(
    ["name", "filename", "line", "frames", "thread_name", "os_thread_id", "pid"]
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner),
    max_leaves=20,
)
FRAMES = st.lists(
    st.fixed_dictionaries({"name": LEAVES, "filename": LEAVES, "line": LEAVES})
)
THREADS = st.lists(st.fixed_dictionaries({"frames": FRAMES, "os_thread_id": LEAVES}))


@given(JSON | THREADS)
@example([{"frames": [], "os_thread_id": float("inf")}])
def test_any_json(value):
    TARGET(json.dumps(value).encode())


@given(st.binary(max_size=100))
@example(b"[" * 100_000)
@example(b"9" * 5000)
def test_any_bytes(data):
    TARGET(data)
