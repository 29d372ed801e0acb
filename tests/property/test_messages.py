"""Messages survive their way, whatever the program named things."""

from hypothesis import given
from hypothesis import strategies as st

from crashwatch.client.inside.messages import MESSAGE_LIMIT, decode, encode
from tests.fuzz.messages import TARGET

PLAIN = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40)
ANY = st.text(max_size=900) | st.text(
    st.characters(min_codepoint=0xD7FE, max_codepoint=0xE002)
)


@given(st.lists(st.lists(PLAIN, min_size=1, max_size=5), min_size=1, max_size=20))
def test_plain_records_come_back_as_they_were(records):
    assert decode(encode(records)) == records


@given(st.lists(st.lists(ANY, min_size=1, max_size=6), min_size=1, max_size=60))
def test_any_records_make_a_message_that_can_be_read(records):
    data = encode(records)
    assert len(data) <= MESSAGE_LIMIT
    read = decode(data)
    assert len(read) <= len(records)
    for got, given_ in zip(read, records, strict=False):
        assert len(got) == len(given_)


@given(st.binary(max_size=300))
def test_any_bytes(data):
    TARGET(data)
    TARGET(data.replace(b"\x00", b"\x1e").replace(b"\x01", b"\x1f"))


def test_a_message_too_long_keeps_its_beginning():
    records = [["exception", "main", ""], *([["@", "x" * 600, "1", "f"]] * 500)]
    read = decode(encode(records))
    assert read[0] == records[0]
    assert 50 < len(read) < 500
