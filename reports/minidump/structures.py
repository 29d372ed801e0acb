"""Numbers and packed layouts of the minidump format, under the specification's names.

Little-endian, no padding unless a field says so. Every "RVA" is an offset from the
start of the file; a LOCATION is size then RVA. Sources: Microsoft's minidumpapiset.h,
Breakpad's minidump_format.h, Crashpad's minidump_extensions.h. Sizes were checked
against dumps those programs wrote.
"""

from __future__ import annotations

import enum
from struct import Struct

MINIDUMP_SIGNATURE = 0x504D444D
"""``MDMP`` as it lies in the file."""

MINIDUMP_VERSION = 0xA793
"""Low half of the version word; the high half is the writer's own."""


class StreamType(enum.IntEnum):
    """Streams we can read; the names are what error messages say."""

    UNUSED = 0
    THREAD_LIST = 3
    MODULE_LIST = 4
    MEMORY_LIST = 5
    EXCEPTION = 6
    SYSTEM_INFO = 7
    MEMORY64_LIST = 9
    MISC_INFO = 15
    MEMORY_INFO_LIST = 16
    THREAD_NAMES = 24
    CRASHPAD_INFO = 0x43500001
    PYTHON_STACKS = 0x43570001
    LINUX_CPU_INFO = 0x47670003
    LINUX_PROC_STATUS = 0x47670004
    LINUX_LSB_RELEASE = 0x47670005
    LINUX_CMD_LINE = 0x47670006
    LINUX_ENVIRON = 0x47670007
    LINUX_AUXV = 0x47670008
    LINUX_MAPS = 0x47670009
    LINUX_DSO_DEBUG = 0x4767000A
    MOZ_LINUX_LIMITS = 0x4D7A0003
    MOZ_SOFT_ERRORS = 0x4D7A0004


FOREIGN_STREAMS = {
    8: "THREAD_EX_LIST",
    10: "COMMENT_A",
    11: "COMMENT_W",
    12: "HANDLE_DATA",
    13: "FUNCTION_TABLE",
    14: "UNLOADED_MODULE_LIST",
    17: "THREAD_INFO_LIST",
    18: "HANDLE_OPERATION_LIST",
    19: "TOKEN",
    21: "SYSTEM_MEMORY_INFO",
    22: "PROCESS_VM_COUNTERS",
    0x47670001: "BREAKPAD_INFO",
    0x47670002: "ASSERTION_INFO",
}
"""Streams of others that we list by name and never open."""


class ProcessorArchitecture(enum.IntEnum):
    """``PROCESSOR_ARCHITECTURE_*``, with Breakpad's additions above 0x8000."""

    X86 = 0
    AMD64 = 9
    ARM64 = 12
    ARM64_OLD = 0x8003


class PlatformId(enum.IntEnum):
    """``PlatformId`` of SystemInfo: Windows' own, then Breakpad's."""

    WIN32_NT = 2
    MAC = 0x8101
    LINUX = 0x8201
    ANDROID = 0x8203


HEADER = Struct("<IIIIIIQ")
"""signature, version, stream count, directory RVA, checksum, time, flags: 32 bytes."""

DIRECTORY_ENTRY = Struct("<III")
"""stream type, size, RVA: 12 bytes."""

COUNT = Struct("<I")
"""The count that opens a list, or the length of a string in bytes."""

LOCATION = Struct("<II")
"""size, RVA: 8 bytes."""

MEMORY_DESCRIPTOR = Struct("<QII")
"""address, size, RVA: 16 bytes."""

MEMORY64_HEADER = Struct("<QQ")
"""count, RVA of the first range's bytes; the others follow it without gaps."""

MEMORY64_DESCRIPTOR = Struct("<QQ")
"""address, size: 16 bytes."""

THREAD = Struct("<IIIIQQIIII")
"""tid, suspend count, priority class, priority, TEB, stack address, stack size,
stack RVA, context size, context RVA: 48 bytes."""

THREAD_NAME = Struct("<IQ")
"""tid, RVA of the name (64 bits, unaligned): 12 bytes."""

MODULE = Struct("<QIIII52sIIII16x")
"""base, size, checksum, time, name RVA, VS_FIXEDFILEINFO, CodeView size and RVA,
miscellaneous size and RVA, 16 reserved: 108 bytes."""

CV_SIGNATURE_ELF = b"LEpB"
"""``BpEL`` as it lies in the file; the raw build id follows, without a length."""

CV_SIGNATURE_PDB70 = b"RSDS"
"""GUID (16), age (4), then a zero-terminated name."""

EXCEPTION = Struct("<I4xIIQQI4x120sII")
"""tid; signal number, si_code, next record, address, parameter count, 15 parameters;
context size and RVA: 168 bytes."""

SYSTEM_INFO = Struct("<HHHBBIIIIIHH24s")
"""architecture, level, revision, processor count, product, major, minor, build,
platform, RVA of the version text, suite, reserved, CPU facts: 56 bytes."""

CPU_X86 = Struct("<12sIII")
"""vendor text, CPUID 1 EAX, CPUID 1 EDX, extended features: the CPU facts on x86."""

CPU_ARM = Struct("<II16x")
"""MIDR, AT_HWCAP: the CPU facts on ARM."""

MISC_INFO = Struct("<IIIIII")
"""size, flags (1 pid, 2 times), pid, create time, user time, kernel time: 24 bytes."""

MEMORY_INFO_HEADER = Struct("<IIQ")
"""size of this header, size of an entry, count: 16 bytes."""

MEMORY_INFO = Struct("<QQI4xQIII4x")
"""base, allocation base, allocation protection, region size, state, protection,
type: 48 bytes."""

MEM_COMMIT = 0x1000
MEM_PRIVATE = 0x20000
MEM_MAPPED = 0x40000
MEM_IMAGE = 0x1000000

AUXV = Struct("<QQ")
"""type, value of one auxiliary vector entry of a 64-bit process."""

DSO_DEBUG = Struct("<III4xQQQ")
"""version, RVA of the link map, its count, r_brk, r_ldbase, address of ``_DYNAMIC``:
40 bytes; the bytes of the dynamic section follow. Breakpad writes the C structure
with its padding."""

LINK_MAP = Struct("<QI4xQ")
"""l_addr, name RVA, l_ld: 24 bytes, padded likewise."""

DSO_DEBUG_PACKED = Struct("<IIIQQQ")
"""The same without padding, 36 bytes, as writers in Rust have it."""

LINK_MAP_PACKED = Struct("<QIQ")
"""The same without padding: 20 bytes."""

CRASHPAD_INFO = Struct("<I16s16sIIII")
"""version, report id, client id, LOCATION of the simple annotations, LOCATION of the
module list: 52 bytes."""

CRASHPAD_PAIR = Struct("<II")
"""RVA of the key, RVA of the value; both MinidumpUTF8String."""

CRASHPAD_MODULE_LINK = Struct("<III")
"""module index, LOCATION of its MinidumpModuleCrashpadInfo."""

CRASHPAD_MODULE = Struct("<IIIIIII")
"""version, LOCATIONs of list annotations, simple annotations, annotation objects."""

CRASHPAD_OBJECT = Struct("<IHHI")
"""name RVA, type (1 is text), reserved, RVA of a length-prefixed byte array."""

EXCEPTION_DUMP_REQUESTED = 0xFFFFFFFF
"""Exception code of a dump that no crash caused."""
