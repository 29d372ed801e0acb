import base64
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from scrubbers import Identity, Tripwire

HOME = "/home/zoë quarles"
TRIPWIRE = Tripwire(Identity(user="zoë quarles", home=HOME))
WRAPPINGS = st.lists(
    st.sampled_from(
        [
            base64.b64encode,
            lambda raw: base64.b64encode(b"q" + raw),
            lambda raw: base64.b64encode(b"qq" + raw),
            lambda raw: quote(raw, safe="").encode(),
            lambda raw: raw.decode("latin-1").encode("ascii", "backslashreplace"),
            lambda raw: raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"'),
        ]
    ),
    max_size=2,
)


@given(
    st.binary(max_size=60),
    st.binary(max_size=60),
    st.sampled_from(["utf-8", "latin-1", "utf-16-le", "utf-32-le"]),
    WRAPPINGS,
)
@settings(max_examples=400)
def test_a_home_in_any_bytes_is_seen(before, after, encoding, wrappings):
    raw = HOME.encode(encoding)
    for wrap in wrappings:
        raw = wrap(raw)
    assert TRIPWIRE.search(before + b" " + raw + b" " + after)
