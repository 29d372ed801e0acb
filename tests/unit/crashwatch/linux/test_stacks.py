"""Which bytes of a stack are read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashwatch.linux.address_space import AddressSpace
from crashwatch.linux.stacks import (
    GUARD_REACH,
    StackLimits,
    StackPointer,
    plan_stacks,
)
from reports.snapshot import Mapping, Protection

RW = Protection.READ | Protection.WRITE
GUARD = Mapping(0x10000, 0x11000, Protection.NONE, 0, "")
STACK = Mapping(0x11000, 0x31000, RW, 0, "")
MAIN = Mapping(0x7FF000000000, 0x7FF000021000, RW, 0, "[stack]")
SPACE = AddressSpace([GUARD, STACK, MAIN])
LIMITS = StackLimits()


def planned(pointer: int, thread_pointer: int = 0, limits: StackLimits = LIMITS):
    found = plan_stacks([StackPointer(1, pointer, thread_pointer)], SPACE, 128, limits)
    return found.get(1)


def test_from_the_red_zone_to_the_mappings_end():
    assert planned(0x20000) == range(0x20000 - 128, 0x31000)


def test_the_red_zone_does_not_leave_the_mapping():
    assert planned(0x11010) == range(0x11000, 0x31000)


@pytest.mark.parametrize("pointer", [0x10000, 0x10FF8])
def test_in_a_guard_page_the_stack_above_is_read(pointer: int):
    assert planned(pointer) == range(0x11000, 0x31000)


def test_below_the_main_stack_after_an_overflow():
    assert planned(MAIN.start - 0x500) == range(MAIN.start, MAIN.end)
    assert planned(MAIN.start - GUARD_REACH) == range(MAIN.start, MAIN.end)
    assert planned(MAIN.start - GUARD_REACH - 1) is None


def test_a_frame_larger_than_the_guard_page_is_of_the_stack_above():
    """Its stack pointer is in memory that something else has mapped."""
    below = Mapping(0xC000, 0x10000, RW, 0, "")
    space = AddressSpace([below, GUARD, STACK, MAIN])
    whole = range(0x11000, 0x30F00)
    for fault, thread_pointer, expected in (
        (0x10AAF, 0x30F00, whole),
        (0x10AAF, 0, None),  # no stack of a thread that we know
        (0x10AAF, 0x40000, None),
        (0xC100, 0x30F00, None),  # not in the guard page
        (0, 0x30F00, None),
    ):
        pointer = StackPointer(1, 0xDAB0, thread_pointer, fault)
        found = plan_stacks([pointer], space, 128, LIMITS)
        assert found == {1: expected or range(0xDAB0 - 128, 0x10000)}


@pytest.mark.parametrize("pointer", [0x40000, MAIN.end, (1 << 64) - 8])
def test_a_stack_pointer_to_nowhere_has_no_stack(pointer: int):
    assert planned(pointer) is None


def test_memory_that_cannot_be_written_is_no_stack():
    """Nor is what lies above it: a lost stack pointer may point into code."""
    code = Mapping(0x5000, 0x6000, Protection.READ | Protection.EXECUTE, 0, "/opt/a")
    data = Mapping(0x6000, 0x7000, RW, 0, "/opt/a")
    space = AddressSpace([code, data])
    assert plan_stacks([StackPointer(1, 0x5800)], space, 128, LIMITS) == {}
    found = plan_stacks([StackPointer(1, 0x6000)], space, 128, LIMITS)
    assert found == {1: range(0x6000, 0x7000)}


def test_the_threads_own_data_at_the_upper_end_are_left_out():
    assert planned(0x20000, thread_pointer=0x30700) == range(0x20000 - 128, 0x30700)
    assert planned(0x20000, thread_pointer=0x18000) == range(0x20000 - 128, 0x31000)
    assert planned(0x20000, thread_pointer=0x99999) == range(0x20000 - 128, 0x31000)


def test_limits_for_each_and_together():
    limits = StackLimits(each=0x8000, together=0x9000, least=0x800)
    pointers = [StackPointer(n, 0x7FF000000100 + n * 0x9000) for n in range(3)]
    found = plan_stacks(pointers, SPACE, 0, limits)
    assert [len(found[n]) for n in range(3)] == [0x8000, 0x1000, 0x800]


def test_two_threads_on_one_mapping_do_not_overlap():
    pointers = [StackPointer(1, 0x12000), StackPointer(2, 0x20000)]
    found = plan_stacks(pointers, SPACE, 0, LIMITS)
    assert found == {1: range(0x12000, 0x20000), 2: range(0x20000, 0x31000)}


@given(
    st.lists(st.integers(0xF000, 0x33000), max_size=8),
    st.integers(0, 0x33000),
    st.integers(0, 128),
)
def test_ranges_are_readable_and_never_overlap(pointers, thread_pointer, red_zone):
    wanted = [StackPointer(n, p, thread_pointer) for n, p in enumerate(pointers)]
    ranges = sorted(
        plan_stacks(wanted, SPACE, red_zone, LIMITS).values(), key=lambda r: r.start
    )
    end = 0
    for each in ranges:
        assert end <= each.start < each.stop
        assert STACK.start <= each.start
        assert each.stop <= STACK.end
        end = each.stop
