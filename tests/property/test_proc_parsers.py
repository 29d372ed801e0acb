"""The /proc parsers give a value or the declared error; what was written is read."""

import contextlib
import struct
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crashwatch.linux.proc_parsers import (
    SAFE_STATUS_FIELDS,
    ProcParseError,
    TaskStat,
    TaskSyscall,
    parse_auxv,
    parse_comm,
    parse_maps,
    parse_stat,
    parse_status,
    parse_syscall,
)
from reports.snapshot import Mapping, Protection
from tests.doubles.synthetic_elf import synthetic_elf
from tests.fuzz.proc_parsers import PARSERS, TARGET

WORD = st.integers(0, (1 << 64) - 1)
NAME = st.binary(max_size=15).filter(lambda name: b"\0" not in name)
LINE = st.text("0123456789abcdefx -:()rwp[]/\n\t kB", max_size=80)


@given(st.binary(max_size=4096) | LINE.map(str.encode))
@example(synthetic_elf(build_id=b"\1" * 20, soname=b"libx.so.1", debug=5))
@example(b"1 (a b) c) (d\n) S 0 " + b"1 " * 40)
@example(b"-1 0x1 0x2\n")
def test_any_bytes_are_a_value_or_the_declared_error(data: bytes):
    TARGET(data)


@given(st.binary(max_size=64), st.integers(0, 4095), st.integers(0, 255))
def test_any_damage_to_an_elf_image_too(extra: bytes, where: int, value: int):
    image = bytearray(synthetic_elf(build_id=b"\1" * 20, soname=b"libx.so.1", debug=5))
    image[where] = value
    TARGET(bytes(image) + extra)


UNITS = [b"0", b" ", b"(", b") ", b"0-1 ", b"\n", b"a:\t1\n", b"\\012", bytes(16)]


@pytest.mark.parametrize("unit", UNITS)
def test_a_megabyte_takes_less_than_a_second(unit: bytes):
    TARGET(unit * ((1 << 20) // len(unit)))


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("unit", [*UNITS, b"0-1 ---p 0 0:0 0\n"])
def test_a_megabyte_takes_less_than_64(parser, unit: bytes):
    data = unit * ((1 << 20) // len(unit))
    tracemalloc.start()
    with contextlib.suppress(ProcParseError):
        parser(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64 << 20


@given(
    st.lists(st.integers(0, (1 << 52) - 1), unique=True, min_size=2, max_size=40),
    st.lists(st.binary(max_size=30), min_size=20, max_size=20),
    st.lists(st.integers(0, 15), min_size=20, max_size=20),
)
def test_maps_as_the_kernel_writes_them_are_read_back(bounds, paths, letters):
    pages = sorted(bounds)
    lines, expected = [], []
    for (start, end), path, bits in zip(
        zip(pages[::2], pages[1::2], strict=False), paths, letters, strict=False
    ):
        name = b"/" + path.replace(b"\\012", b"")
        shown = "".join(
            letter if bits >> place & 1 else "-" for place, letter in enumerate("rwx")
        ) + ("s" if bits & 8 else "p")
        head = f"{start << 12:08x}-{end << 12:08x} {shown} 00001000 fd:01 17 "
        lines.append(head.encode().ljust(73) + name.replace(b"\n", b"\\012"))
        text = name.decode("utf-8", "surrogateescape")
        expected.append(Mapping(start << 12, end << 12, Protection(bits), 0x1000, text))
    data = b"".join(line + b"\n" for line in lines)
    assert parse_maps(data) == tuple(expected)
    assert parse_maps(data[:-1]) == tuple(expected[:-1])


@given(NAME, st.sampled_from("RSDZTtXI"), st.integers(1, 1 << 22), WORD)
@example(b"a) R 1 (b", "S", 5, 7)
@example(b"\n) S 0 0\n", "S", 5, 7)
def test_stat_with_any_name_is_read_back(
    name: bytes, state: str, number: int, start: int
):
    rest = b" ".join([b"0"] * 17 + [b"%d" % start] + [b"0"] * 30)
    data = b"%d (%s) %s %d %s\n" % (number, name, state.encode(), number + 1, rest)
    shown = name.decode("utf-8", "replace")
    assert parse_stat(data) == TaskStat(number, shown, state, number + 1, start)


@given(NAME)
def test_any_name_in_comm_is_read_back(name: bytes):
    assert parse_comm(name + b"\n") == name.decode("utf-8", "replace")


@given(st.lists(st.tuples(st.integers(1, 60), WORD), max_size=40))
def test_auxv_is_read_back(pairs):
    data = b"".join(struct.pack("<QQ", *pair) for pair in pairs)
    assert parse_auxv(data + bytes(16) + b"left over") == tuple(pairs)
    assert parse_auxv(data[:-3]) == tuple(pairs[:-1])


@given(st.integers(0, 600), st.lists(WORD, min_size=8, max_size=8))
def test_syscall_is_read_back(number: int, words: list[int]):
    text = " ".join([str(number), *(f"{word:#x}" for word in words)]) + "\n"
    expected = TaskSyscall(number, tuple(words[:6]), words[6], words[7])
    assert parse_syscall(text.encode()) == expected
    outside = f"-1 {words[6]:#x} {words[7]:#x}\n".encode()
    assert parse_syscall(outside) == TaskSyscall(-1, (), words[6], words[7])
    assert parse_syscall(b"running\n") is None


@given(st.text(max_size=60), st.text(max_size=60))
def test_status_keeps_nothing_but_safe_fields(name: str, value: str):
    """Whatever a name contains, also lines that look like other fields."""
    data = f"Name:\t{name}\nUmask:\t0022\n{value}\nThreads:\t5\n".encode()
    fields = dict(parse_status(data))
    assert set(fields) <= SAFE_STATUS_FIELDS
    assert fields["Threads"] == "5"
    for shown in fields.values():
        assert len(shown) <= 25
        assert shown.isascii()


@pytest.mark.parametrize(
    ("parser", "data"),
    [
        (parse_maps, b"zzz\n"),
        (parse_maps, b"2000-1000 r--p 0 0:0 0\n"),
        (parse_maps, b"1000-3000 r--p 0 0:0 0\n2000-4000 r--p 0 0:0 0\n"),
        (parse_maps, b"1000-2000 rwxq 0 0:0 0\n"),
        (parse_stat, b""),
        (parse_stat, b"1 (x) S 0 0"),
        (parse_stat, b"x (x) S " + b"0 " * 40),
        (parse_status, b"no fields here\n"),
        (parse_auxv, bytes(5000)),
        (parse_syscall, b""),
        (parse_syscall, b"-1 0x1 0x2 0x3"),
        (parse_syscall, b"5 0x1 0x2"),
        (parse_syscall, b"5 1 2 3 4 5 6 7 8"),
        (parse_comm, b"x" * 70),
        (parse_comm, b"cut short"),
    ],
)
def test_what_the_kernel_never_writes_is_refused(parser, data: bytes):
    with pytest.raises(ProcParseError):
        parser(data)
