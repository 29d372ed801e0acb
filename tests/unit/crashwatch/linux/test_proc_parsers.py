"""The parsers on files of a real process, and on hostile ones."""

from pathlib import Path

from crashwatch.linux.proc_parsers import (
    parse_auxv,
    parse_comm,
    parse_maps,
    parse_stat,
    parse_status,
    parse_syscall,
    without_deleted_suffix,
)
from reports.snapshot import Protection

PROC = Path(__file__).parents[4] / "fixtures" / "proc"
REAL = PROC / "python311_held"
HOSTILE = PROC / "hostile"
READ_EXECUTE = Protection.READ | Protection.EXECUTE


def test_maps_of_a_real_process():
    mappings = parse_maps((REAL / "maps").read_bytes())
    lines = (REAL / "maps").read_text().splitlines()
    assert len(mappings) == len(lines)
    assert mappings[0].path == "/usr/bin/python3.11"
    assert mappings[0].start == 0x400000
    assert {"[heap]", "[stack]", "[vdso]"} <= {each.path for each in mappings}
    assert sum(Protection.EXECUTE in each.protection for each in mappings) == sum(
        line.split()[1][2] == "x" for line in lines
    )


def test_hostile_paths_in_maps():
    mappings = parse_maps((HOSTILE / "maps").read_bytes())
    assert [each.path for each in mappings] == [
        "/opt/a b/c - d (deleted)",
        "",
        "/opt/two\nlines/r-xp 00000000 fd:01 1 /etc",
        "[anon:[stack]]",
        "/memfd:code (deleted)",
        "/opt/na\udcefve.so",
        "[vsyscall]",
    ]
    assert mappings[0].protection == READ_EXECUTE
    assert mappings[2].protection == Protection.READ | Protection.SHARED
    assert mappings[2].offset == 0x1000
    assert mappings[-1].start == 0xFFFFFFFFFF600000


def test_only_the_kernels_mark_is_cut_off():
    assert without_deleted_suffix("/opt/a (deleted)") == "/opt/a"
    assert without_deleted_suffix("/opt/(deleted)/a") == "/opt/(deleted)/a"


def test_stat_of_a_real_process():
    stat = parse_stat((REAL / "stat").read_bytes())
    assert (stat.name, stat.state) == ("python3.11", "t")
    assert stat.start_ticks > 0


def test_a_name_cannot_pretend_to_be_fields_of_stat():
    stat = parse_stat((HOSTILE / "stat").read_bytes())
    assert stat.tid == 4711
    assert stat.name == "a) R 1 1 (b)\nState:\t"
    assert (stat.state, stat.parent, stat.start_ticks) == ("S", 4000, 123456)


def test_a_name_keeps_its_newlines():
    assert parse_comm((HOSTILE / "comm").read_bytes()) == "a) R 1 1 (b\nc"
    assert parse_comm((REAL / "comm").read_bytes()) == "python3.11"


def test_a_name_cut_inside_a_character_is_still_text():
    assert parse_comm("füü".encode()[:4] + b"\n") == "fü\ufffd"


def test_status_of_a_real_process_without_its_person():
    fields = dict(parse_status((REAL / "status").read_bytes()))
    assert fields["Threads"] == "2"
    assert fields["State"] == "t (tracing stop)"
    assert fields["VmRSS"].endswith(" kB")
    assert not {"Name", "Uid", "Gid", "Groups", "PPid"} & set(fields)


def test_a_name_cannot_pretend_to_be_lines_of_status():
    fields = dict(parse_status((HOSTILE / "status").read_bytes()))
    assert fields == {
        "Threads": "3",
        "VmSize": "12 kB",
        "State": "S (sleeping)",
        "VmRSS": "4321 kB",
        "SigCgt": "00000000000004ca",
    }


def test_auxv_of_a_real_process():
    pairs = dict(parse_auxv((REAL / "auxv").read_bytes()))
    assert pairs[6] == 4096  # AT_PAGESZ
    assert pairs[3] == 0x400040  # AT_PHDR of an executable at a fixed address
    assert 0 not in pairs


def test_syscall_of_a_thread_held_in_write():
    blocked = parse_syscall((REAL / "syscall").read_bytes())
    assert blocked is not None
    assert blocked.number == 1
    assert len(blocked.arguments) == 6
    stack = parse_maps((REAL / "maps").read_bytes())
    assert any(each.start <= blocked.stack_pointer < each.end for each in stack)
