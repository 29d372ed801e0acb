"""Random strings go; the names of code, however terse, stay."""

import pytest

from scrubbers import scrub_text

RANDOM = (
    "glHpKeho8sYweefCqFaXDQDCni2pmltSW",
    "eucnqcceapbmh5tx613awugq9w5wufm8432cwmysl",
    "MQWSBMRIITG4YR3BEPKADZA4EUKJD7RCX4CQ",
    "62YN6CNDFUPSFAUHQBEGRHRAMSJDBGMEZDNINMFA",
    "hT9-kQ2_vB7xLmZ4wR8yNc3pJf6s",
)
NAMES = (
    "glUniformMatrix2x4fv_of_epoxy",
    "epoxy_glMultiTexCoord3hNV",
    "sqlite3VdbeMemClearAndResize",
    "LLVMConstZExtOrBitCast",
    "_ZN4core3fmt9Formatter12pad_integral17h5b8e4f2a9c1d3e7fE",
    "/lib/x86_64-linux-gnu/libxkbcommon-x11.so.0",
    "test_scrubbing_twice_changes_nothing",
    "core::ptr::drop_in_place::h3b0a5c1de2f4a678",
    "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
    "7b4536f41cdaa5888408e82d0836e33dcf436466",
)


@pytest.mark.parametrize("text", RANDOM)
def test_a_random_string_goes(text):
    assert scrub_text(f"got {text} back") == "got <secret> back"


@pytest.mark.parametrize("text", NAMES)
def test_a_name_or_a_hash_stays(text):
    assert scrub_text(f"got {text} back") == f"got {text} back"
