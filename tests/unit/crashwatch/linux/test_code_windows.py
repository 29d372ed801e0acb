"""Which code is read, and that nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashwatch.linux.address_space import AddressSpace
from crashwatch.linux.code_windows import plan_code_windows
from reports.snapshot import Architecture, Mapping, Protection, Registers

READ, WRITE, EXECUTE = Protection.READ, Protection.WRITE, Protection.EXECUTE
SHARED = Protection.SHARED
CODE = Mapping(0x10000, 0x20000, READ | EXECUTE, 0x1000, "/opt/lib.so")
DATA = Mapping(0x20000, 0x30000, READ | WRITE, 0x11000, "/opt/lib.so")
VDSO = Mapping(0x40000, 0x41000, READ | EXECUTE, 0, "[vdso]")
SPACE = AddressSpace([CODE, DATA, VDSO])


def thread(rip: int, **general: int) -> Registers:
    names = {"rip": rip, "rsp": 0, "rax": 0, "eflags": 0, **general}
    return Registers(Architecture.AMD64, names)


def planned(*threads: Registers, space: AddressSpace = SPACE, budget: int = 1 << 20):
    return plan_code_windows(threads, space, budget)


def test_around_the_crashing_instruction():
    assert planned(thread(0x18000)) == (range(0x18000 - 128, 0x18000 + 128),)


def test_around_the_instruction_of_another_thread():
    found = planned(thread(0), thread(0x18000))
    assert found == (range(0x18000 - 16, 0x18000 + 48),)


def test_around_a_register_that_points_to_code():
    found = planned(thread(0, rax=0x18000))
    assert found == (range(0x18000 - 16, 0x18000 + 48),)


def test_on_arm64_the_link_register_counts_and_pc_is_asked_for_once():
    general = {"pc": 0x18000, "sp": 0, "x30": 0x14000, "pstate": 0x15000}
    registers = Registers(Architecture.ARM64, general)
    assert planned(registers) == (
        range(0x14000 - 16, 0x14000 + 48),
        range(0x18000 - 128, 0x18000 + 128),
    )


def test_windows_stay_inside_their_mapping():
    assert planned(thread(0x10010)) == (range(0x10000, 0x10010 + 128),)
    assert planned(thread(0x1FFF0)) == (range(0x1FFF0 - 128, 0x20000),)


def test_the_vdso_is_code():
    assert planned(thread(0x40100)) == (range(0x40100 - 128, 0x40100 + 128),)


def test_touching_windows_are_one():
    found = planned(thread(0x18000), thread(0x18000 + 144))
    assert found == (range(0x18000 - 128, 0x18000 + 192),)


@pytest.mark.parametrize("value", [0, 0x20000, 0x2FFFF, 0x35000, (1 << 64) - 1])
def test_data_and_nowhere_are_not_read(value: int):
    assert planned(thread(0, rax=value)) == ()


@pytest.mark.parametrize(
    ("protection", "path"),
    [
        (READ | WRITE | EXECUTE, "/opt/lib.so"),
        (READ | EXECUTE | SHARED, "/opt/lib.so"),
        (READ | EXECUTE, ""),
        (READ | EXECUTE, "[anon:jit]"),
        (READ | EXECUTE, "/memfd:jit (deleted)"),
        (READ | EXECUTE, "/dev/zero (deleted)"),
        (EXECUTE, "/opt/lib.so"),
        (READ, "/opt/lib.so"),
    ],
)
def test_memory_that_a_program_fills_itself_is_not_code(protection, path):
    space = AddressSpace([Mapping(0x10000, 0x20000, protection, 0, path)])
    assert planned(thread(0x18000, rax=0x18000), space=space) == ()


@pytest.mark.parametrize("name", ["eflags", "fs_base", "orig_rax"])
def test_registers_that_are_no_pointers_do_not_count(name: str):
    assert planned(thread(0, **{name: 0x18000})) == ()


def test_instruction_pointers_come_first_when_there_is_little_room():
    first = thread(0x12000, rax=0x14000)
    second = thread(0x16000)
    assert planned(first, second, budget=320) == (
        range(0x12000 - 128, 0x12000 + 128),
        range(0x16000 - 16, 0x16000 + 48),
    )


@given(st.lists(st.integers(0, 0x50000), max_size=30), st.integers(0, 20000))
def test_windows_are_code_ascending_and_apart(addresses, budget):
    threads = [thread(address, rax=address ^ 0x3F0) for address in addresses]
    end = -1
    for window in planned(*threads, budget=budget):
        assert end < window.start < window.stop
        end = window.stop
        home = SPACE.find_code(window.start)
        assert home is not None
        assert window.stop <= home.end
