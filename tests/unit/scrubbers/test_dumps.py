"""Memory written as numbers goes; machine code and addresses stay."""

import pytest

from scrubbers import scrub_text

CASES = [
    (
        "00000010  65 6e 3a 20 51 6c 33 37  34 72 61 34 4c 75 48 72  |en: Ql37 |",
        "00000010  <secret>",
    ),
    (
        "00000000: 7469 746c 6520 582d 4175 7468 2d54 6f6b  title X-Auth-Tok",
        "00000000: <secret>",
    ),
    ("data: 2f 68 6f 6d 65 2f 7a 6f 65", "data: <secret>"),
    ("data: 2F:68:6F:6D:65:2F:7A:6F:65", "data: <secret>"),
    ("data: d0 b4 d0 bc d0 b8 d1 82 d1 80", "data: <secret>"),
    ("0x7ffd10: 0x2f\t0x68\t0x6f\t0x6d\t0x65\t0x2f", "0x7ffd10: <secret>"),
    ("{0x2f, 0x68, 0x6f, 0x6d, 0x65, 0x2f, 0x7a}", "{<secret>}"),
    ("[47, 104, 111, 109, 101, 47, 122, 111, 101]", "[<secret>]"),
    ("panic: [47 104 111 109 101 47 122 111 101]", "panic: [<secret>]"),
    ("0000000 682f 6d6f 2f65 6f7a 0065", "0000000 <secret>"),
    ("blob 0x2f686f6d652f7a6f65", "blob 0x<secret>"),
    ("blob 0X2F686F6D652F7A6F65", "blob 0X<secret>"),
]

INNOCENT = [
    "Code: 48 8b 05 11 22 33 44 85 c0 74 0a 55 48 89 e5 53 48 83 ec 08 <0f> 0b",
    "  401136:\t55 48 89 e5 53 48 83 ec 08\tpush   %rbp",
    "00 01 02 03 04 05 06 07 08",
    "RSP: 0x4c4943533653 RIP: 0x00007f2b1c3d4740",
    "[100, 120, 110, 100, 120, 90, 80, 80, 100]",
    "0x7ffe3c: 0x00 0x01 0x7f 0x45 0x4c 0x46 0x02 0x01",
    "sizes 640 480 320 240 160 120 100 80 60",
    "0000000 0001 7f45 4c46 0201",
    "12 34 56 78",
    "| 12345678  20 frames | 3 |",
]


@pytest.mark.parametrize(("line", "scrubbed"), CASES)
def test_text_in_numbers_goes(line: str, scrubbed: str):
    assert scrub_text(line) == scrubbed
    assert scrub_text(scrubbed) == scrubbed


@pytest.mark.parametrize("line", INNOCENT)
def test_other_numbers_stay(line: str):
    assert scrub_text(line) == line
