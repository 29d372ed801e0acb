"""The machine a process runs on, without its name."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from reports.snapshot import Architecture, SystemFacts

if TYPE_CHECKING:
    from collections.abc import Mapping

AT_HWCAP: Final = 16
"""On AMD64 the kernel puts CPUID leaf 1 EDX here, on ARM64 its capability bits."""

_ENOUGH_CPUINFO: Final = 4096
"""The first processor's paragraph; the whole file takes milliseconds on large
machines, where the kernel measures each processor's clock to write it."""

_ARCHITECTURES: Final = {
    "x86_64": Architecture.AMD64,
    "aarch64": Architecture.ARM64,
}


def find_architecture(machine: str) -> Architecture | None:
    """The architecture behind ``uname -m``; None for one we do not know."""
    return _ARCHITECTURES.get(machine)


@dataclass(frozen=True, slots=True)
class Machine:
    """What the machine says of itself.

    Attributes:
        uname: ``os.uname()``; its node name is not used.
        cpuinfo: The beginning of ``/proc/cpuinfo``: the first processor is enough.
        cpu_count: Processors online.
    """

    uname: os.uname_result
    cpuinfo: bytes
    cpu_count: int


def read_machine() -> Machine:
    """Ask this machine; without ``/proc/cpuinfo`` its processor stays unknown.

    None of it depends on the crashed process, so that it can be read beforehand.
    """
    cpuinfo = b""
    with contextlib.suppress(OSError), Path("/proc/cpuinfo").open("rb", 0) as file:
        cpuinfo = file.read(_ENOUGH_CPUINFO)
    return Machine(os.uname(), cpuinfo, os.cpu_count() or 1)


def gather_system_facts(machine: Machine, hardware: int) -> SystemFacts:
    """Turn them into facts for a report. Pure.

    Args:
        machine: From ``read_machine``.
        hardware: AT_HWCAP of the process's auxiliary vector, or 0.
    """
    uname, cpu_count = machine.uname, machine.cpu_count
    kernel = f"{uname.sysname} {uname.release} {uname.version} {uname.machine}"
    fields = _first_processor(machine.cpuinfo)
    if find_architecture(uname.machine) is Architecture.ARM64:
        return SystemFacts(
            kernel,
            cpu_count,
            cpu_level=_number(fields, "CPU architecture"),
            cpu_signature=_main_id(fields),
            cpu_features=hardware & 0xFFFFFFFF,
        )
    family, model = _number(fields, "cpu family"), _number(fields, "model")
    stepping = _number(fields, "stepping")
    return SystemFacts(
        kernel,
        cpu_count,
        cpu_level=family,
        cpu_revision=(model & 0xFF) << 8 | (stepping & 0xFF),
        cpu_vendor=_vendor(fields),
        cpu_signature=_cpuid_signature(family, model, stepping),
        cpu_features=hardware & 0xFFFFFFFF,
    )


def _first_processor(cpuinfo: bytes) -> dict[str, str]:
    fields: dict[str, str] = {}
    for line in cpuinfo.decode("latin-1").partition("\n\n")[0].split("\n"):
        key, _, value = line.partition(":")
        fields[key.strip()] = value.strip()
    return fields


def _number(fields: Mapping[str, str], name: str) -> int:
    try:
        return int(fields.get(name, "0")[:10], 0) & 0xFFFFFFFF
    except ValueError:
        return 0


def _vendor(fields: Mapping[str, str]) -> bytes:
    vendor = fields.get("vendor_id", "").encode("latin-1", "replace")
    return vendor if len(vendor) == 12 and vendor.isascii() else b""


def _cpuid_signature(family: int, model: int, stepping: int) -> int:
    """CPUID leaf 1 EAX: families from 15 on are stored as 15 plus an extension."""
    basic, extended = min(family, 15), max(family - 15, 0)
    return (
        (extended & 0xFF) << 20
        | (model >> 4 & 0xF) << 16
        | basic << 8
        | (model & 0xF) << 4
        | stepping & 0xF
    )


def _main_id(fields: Mapping[str, str]) -> int:
    """MIDR_EL1: implementer, variant, architecture (15), part, revision."""
    return (
        (_number(fields, "CPU implementer") & 0xFF) << 24
        | (_number(fields, "CPU variant") & 0xF) << 20
        | 0xF << 16
        | (_number(fields, "CPU part") & 0xFFF) << 4
        | _number(fields, "CPU revision") & 0xF
    )
