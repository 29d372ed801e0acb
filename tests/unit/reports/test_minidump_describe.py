"""What ``crashwatch inspect`` prints of a dump."""

from __future__ import annotations

import json

import pytest

from reports.minidump import Minidump, write_minidump
from reports.minidump.describe import inspect_minidump, to_json, visible
from reports.minidump.tables import sections
from reports.sanitize import sanitize
from scrubbers import Identity
from tests.doubles.sample_snapshot import LIBRARY, STACK, sample
from tests.doubles.synthetic_minidump import (
    SyntheticMinidump,
    amd64_context,
    small_dump,
    u32,
    x86_context,
)


def ours(**changes):
    picture = sanitize(sample(**changes), identity=Identity())
    return write_minidump(picture, {"release": "r@1"}, b'[{"os_thread_id":4242}]')


def shown(data):
    return json.loads(to_json(inspect_minidump(Minidump(data))))


def test_our_own_dump_as_json():
    told = shown(ours())
    assert told["problems"] == []
    assert told["pid"] == 4242
    assert told["exception"] == {
        "tid": 4242,
        "code": 11,
        "signal": "SIGSEGV",
        "si_code": 1,
        "address": "0x10",
    }
    first, second = told["threads"]
    assert first == {
        "tid": 4242,
        "name": "python3",
        "crashed": True,
        "instruction_pointer": hex(LIBRARY + 0x1234),
        "stack_pointer": hex(STACK + 0xF00),
        "module": "libone.so.1+0x1234",
        "stack_address": hex(STACK + 0xF00),
        "stack_size": 32,
    }
    assert (second["name"], second["crashed"]) == ("gmain", False)
    assert told["modules"][0]["build_id"] == bytes(range(20)).hex()
    assert told["regions"][1]["protection"] == "r-x"
    assert told["python_stacks"] == [{"os_thread_id": 4242}]
    assert told["soft_errors"] == ["the stack of a thread could not be read"]
    assert {"name": "release", "value": "r@1"} in told["annotations"]
    assert told["link_map"] == [{"name": "", "value": "0x555555554000"}]
    assert told["status"] == [
        {"name": "VmRSS", "value": "1200 kB"},
        {"name": "Threads", "value": "2"},
    ]


def test_the_exceptions_registers_are_those_of_the_crashed_thread():
    """Breakpad keeps the handler's registers in the thread, the fault's here."""
    built = SyntheticMinidump()
    built.system()
    built.listed(3, [built.thread(7, amd64_context(rip=0x100, rsp=1))])
    built.exception(7, 11, 1, 0, amd64_context(rip=0x200, rsp=2))
    (thread,) = shown(built.build())["threads"]
    assert (thread["instruction_pointer"], thread["stack_pointer"]) == ("0x200", "0x2")


def test_a_dump_without_a_crash():
    told = shown(ours(signal=None))
    assert told["exception"]["signal"] == "requested"
    assert not any(thread["crashed"] for thread in told["threads"])


def test_a_negative_si_code_is_shown_negative():
    built = SyntheticMinidump()
    built.system()
    built.exception(1, 6, 0xFFFFFFFA)
    assert shown(built.build())["exception"]["si_code"] == -6


@pytest.mark.parametrize(
    ("number", "text", "shown_text"),
    [
        ((0, 0, 0), "Linux 6.1.0-18 #1", "Linux 6.1.0-18 #1"),
        ((6, 1, 44), "-18 #1 SMP", "6.1.44-18 #1 SMP"),
        ((6, 1, 0), "Linux 6.1.0-18 #1", "Linux 6.1.0-18 #1"),
        ((10, 0, 22), "", "10.0.22"),
    ],
    ids=["breakpad", "crashpad", "ours", "windows"],
)
def test_versions_as_number_text_or_both(number, text, shown_text):
    built = SyntheticMinidump()
    built.system(text=text, version=number)
    assert shown(built.build())["system"]["version"] == shown_text


@pytest.mark.parametrize(
    ("cpu", "vendor"),
    [(b"AuthenticAMD", "AuthenticAMD"), (b"L\x89B\xff\0\0\0\0\1\2\3\4", "")],
    ids=["breakpad", "crashpad"],
)
def test_the_vendor_where_there_is_one(cpu, vendor):
    built = SyntheticMinidump()
    built.system(cpu=cpu)
    assert shown(built.build())["system"]["cpu"] == vendor


def test_a_windows_dump():
    built = SyntheticMinidump()
    built.system(architecture=0, platform=2, text="Service Pack 1")
    built.listed(3, [built.thread(9, x86_context(eip=0x401000, esp=0x1000))])
    record = b"RSDS" + bytes(16) + u32(1) + b"a.pdb\0"
    built.listed(4, [built.module(0x400000, 0x2000, "C:\\x\\a.exe", record=record)])
    built.exception(9, 0xC0000005)
    told = shown(built.build())
    assert told["system"]["platform"] == "Windows"
    assert told["system"]["architecture"] == "X86"
    assert told["threads"][0]["module"] == "a.exe+0x1000"
    assert (told["exception"]["code"], told["exception"]["signal"]) == (0xC0000005, "")
    assert told["problems"] == []


def test_a_broken_stream_is_a_problem_and_the_rest_is_shown():
    raw = bytearray(small_dump().build())
    dump = Minidump(bytes(raw))
    entry = next(e for e in dump.directory if e.name == "MODULE_LIST")
    raw[entry.location.rva : entry.location.rva + 4] = u32(99)
    told = shown(bytes(raw))
    assert told["modules"] == []
    assert len(told["threads"]) == 2
    (problem,) = told["problems"]
    assert problem["stream"] == "MODULE_LIST"
    assert problem["offset"] == entry.location.rva + 4
    assert "99 entries, room for 2" in problem["message"]


def test_names_cannot_speak_to_the_terminal():
    built = SyntheticMinidump()
    built.listed(4, [built.module(1, 1, "/a\x1b]0;owned\x07\u202e.so")])
    (module,) = shown(built.build())["modules"]
    assert (
        module["name"]
        == "/a\N{REPLACEMENT CHARACTER}]0;owned"
        + ("\N{REPLACEMENT CHARACTER}" * 2)
        + ".so"
    )
    assert visible("plain text, ü") == "plain text, ü"


def test_tables_leave_out_what_is_empty():
    titles = [table.title for table in sections(inspect_minidump(Minidump(ours())))]
    assert titles == [
        *("Minidump", "Streams", "Threads", "Modules", "Memory", "Regions", "Status"),
        *("Auxiliary vector", "Link map", "Annotations", "Soft errors"),
    ]


def test_every_row_of_a_table_has_its_columns():
    for data in (ours(), small_dump().build(), SyntheticMinidump().build()):
        for table in sections(inspect_minidump(Minidump(data))):
            assert {len(row) for row in table.rows} == {len(table.columns)}


def test_the_summary_says_what_happened():
    (summary, *_) = sections(inspect_minidump(Minidump(ours())))
    rows = dict(summary.rows)
    assert rows["crash"] == "SIGSEGV (code 1) at 0x10, thread 4242"
    assert rows["system"] == "Linux 6.1.0-18 #1 SMP x86_64"
    assert rows["process"] == "4242"
