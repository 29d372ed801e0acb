"""The machine's facts, without its name."""

import os

import pytest

from crashwatch.linux.system_facts import (
    Machine,
    find_architecture,
    gather_system_facts,
    read_machine,
)
from reports.snapshot import Architecture


def machine(cpuinfo: str, name: str = "x86_64") -> Machine:
    uname = os.uname_result(("Linux", "alices-laptop", "6.1.0", "#1 SMP", name))
    return Machine(uname, cpuinfo.encode(), 8)


INTEL = """processor\t: 0
vendor_id\t: GenuineIntel
cpu family\t: 6
model\t\t: 142
model name\t: Intel(R) Core(TM)
stepping\t: 12

processor\t: 1
cpu family\t: 7
"""
AMD = "vendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 1\nstepping\t: 1\n"
ARM = """processor\t: 0
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x3
CPU part\t: 0xd0c
CPU revision\t: 1
"""


def test_the_node_name_is_left_out():
    facts = gather_system_facts(machine(INTEL), 0)
    assert facts.kernel == "Linux 6.1.0 #1 SMP x86_64"
    assert facts.cpu_count == 8


@pytest.mark.parametrize(
    ("text", "vendor", "level", "revision", "signature"),
    [
        (INTEL, b"GenuineIntel", 6, 0x8E0C, 0x806EC),
        (AMD, b"AuthenticAMD", 25, 0x0101, 0xA00F11),
        ("", b"", 0, 0, 0),
        ("cpu family: x\nvendor_id: short\n", b"", 0, 0, 0),
    ],
)
def test_x86_processors(text, vendor, level, revision, signature):
    """Signatures are those that ``cpuid`` prints for these processors."""
    facts = gather_system_facts(machine(text), 0x178BFBFF)
    assert facts.cpu_vendor == vendor
    assert (facts.cpu_level, facts.cpu_revision) == (level, revision)
    assert facts.cpu_signature == signature
    assert facts.cpu_features == 0x178BFBFF


def test_an_arm_processor():
    facts = gather_system_facts(machine(ARM, "aarch64"), 0x1_0000_00FB)
    assert facts.cpu_signature == 0x413FD0C1
    assert (facts.cpu_level, facts.cpu_features) == (8, 0xFB)
    assert facts.cpu_vendor == b""


def test_architectures():
    assert find_architecture("x86_64") is Architecture.AMD64
    assert find_architecture("aarch64") is Architecture.ARM64
    assert find_architecture("riscv64") is None


def test_this_machine():
    here = read_machine()
    assert here.uname == os.uname()
    assert len(here.cpuinfo) <= 4096
    assert here.cpu_count >= 1
