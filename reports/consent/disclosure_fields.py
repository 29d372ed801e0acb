"""What each field of a report is for: the table the disclosure is written from.

A test fails when ``reports.crash_report`` has a field that is not here, or the other
way round.
"""

from __future__ import annotations

import msgspec

from reports.backtrace import Frame, Thread
from reports.crash_report import (
    CaptureFacts,
    CrashReport,
    ProcessFacts,
    RaisedException,
    Reason,
    Removal,
    SystemFacts,
)
from reports.usage_report import MetricTold, UsageReport


class Part(msgspec.Struct, frozen=True):
    """One type of the report.

    Attributes:
        title: Its heading.
        described: The type.
        fields: Field name and purpose, in the type's order.
    """

    title: str
    described: type[msgspec.Struct]
    fields: tuple[tuple[str, str], ...]


PARTS: tuple[Part, ...] = (
    Part(
        "The report",
        CrashReport,
        (
            ("schema", "number of this format, so that it can be read later"),
            ("id", "random number of this one report, so that you can point to it"),
            ("created", "when it was made, to see whether a release made it worse"),
            ("category", "which of your choices covers it"),
            ("program", "base name of the program, to know what to mend"),
            ("release", "version of the program, to know where to look"),
            ("reason", "how it ended"),
            ("threads", "what each thread was doing"),
            ("exception", "the Python exception that ended it, if one did"),
            ("process", "the state of the process"),
            ("system", "what it ran on"),
            ("capture", "how this was found out"),
            ("removed", "how much was removed from it"),
            ("minidump_bytes", "size of the attached minidump"),
            ("comment", "what you wrote about it, if you did, as you were shown it"),
            (
                "child_of",
                "base name of the program it was a child of, if one was followed",
            ),
        ),
    ),
    Part(
        "How it ended",
        Reason,
        (
            ("kind", "signal, exception, exit or hang: the kind of fault"),
            ("signal", "name of the signal, such as SIGSEGV"),
            ("signal_code", "its kind, such as an address that is not mapped"),
            ("exit_code", "the program's exit status"),
        ),
    ),
    Part(
        "A thread",
        Thread,
        (
            ("name", "its name, where it is one that programs give, not people"),
            ("crashed", "whether the fault was here"),
            ("frames", "its calls"),
            ("tid", "its number, which joins it to the minidump"),
            ("native", "its calls in native code"),
        ),
    ),
    Part(
        "A call",
        Frame,
        (
            ("function", "name of the function, of known code only"),
            ("file", "file below a known folder; any other is <private>"),
            ("line", "line in that file"),
            ("module", "base name of the native library"),
            ("address", "place in that library, not in memory"),
            ("entry", "whether native code called it, to join both kinds of calls"),
            ("guessed", "whether the call is a guess"),
        ),
    ),
    Part(
        "A Python exception",
        RaisedException,
        (
            ("type", "its class"),
            ("thread", "name of the thread it was raised in"),
            ("frames", "the calls it went through"),
            ("cause", "the exception before it, described the same way"),
            (
                "message",
                "what the source says of the reason, without what was put in",
            ),
            ("notes", "what the source added to it, kept the same way"),
            ("group", "the exceptions it joins, described the same way"),
        ),
    ),
    Part(
        "The state of the process",
        ProcessFacts,
        (
            ("status", "running, sleeping or stopped, to tell a hang from a crash"),
            ("uptime", "seconds it had run, to tell start-up faults"),
            ("resident_bytes", "memory in use, to tell faults for lack of it"),
            ("peak_resident_bytes", "the most memory it used"),
            ("cpu_user", "seconds of computing, to tell endless loops"),
            ("cpu_system", "seconds of computing in the system for it"),
            ("thread_count", "how many threads it had"),
        ),
    ),
    Part(
        "What it ran on",
        SystemFacts,
        (
            ("system", "operating system"),
            ("release", "version of its kernel"),
            ("machine", "processor family"),
            ("implementation", "kind of Python"),
            ("python", "version of Python"),
        ),
    ),
    Part(
        "How this was found out",
        CaptureFacts,
        (
            ("method", "way of capture, to judge how far to trust it"),
            ("sources", "which of them answered"),
            ("soft_errors", "what could not be read, in fixed words"),
            ("seconds", "how long the capture took"),
        ),
    ),
    Part(
        "What was removed",
        Removal,
        (
            ("rule", "name of the rule that removed something; never what"),
            ("place", "part of the report it was removed from"),
            ("count", "how often"),
        ),
    ),
)


USAGE_PARTS: tuple[Part, ...] = (
    Part(
        "A day's report of one of these categories",
        UsageReport,
        (
            ("schema", "number of this format, so that it can be read later"),
            ("id", "random number of this one report"),
            ("created", "when it was made; stays on this machine"),
            ("category", "which of your choices covers it"),
            ("day", "the day that was counted, by UTC; no other time is told"),
            ("release", "version of the program, to see what a release changed"),
            (
                "anonymous_id",
                "random, new each quarter and for each server; counts people, not days",
            ),
            ("metrics", "the counts, of the names below and of no others"),
        ),
    ),
    Part(
        "A count",
        MetricTold,
        (
            ("name", "which one, as below"),
            ("kind", "counter, histogram, feature or plugin"),
            ("unit", "what is counted"),
            ("counts", "how often; of sizes, how often each"),
            ("days_7", "of a feature or plugin: on how many of the last 7 days"),
            ("days_28", "the same of the last 28 days"),
        ),
    ),
)
"""What the report of a day's counts holds."""


class Stream(msgspec.Struct, frozen=True):
    """One stream of the minidump.

    Attributes:
        name: As ``reports.minidump.structures.StreamType`` names it.
        title: What stands before its purpose.
        holds: What is in it, and what for.
    """

    name: str
    title: str
    holds: str


MINIDUMP: tuple[Stream, ...] = (
    Stream(
        "SYSTEM_INFO", "system", "processor family, number of cores, kernel version"
    ),
    Stream("MISC_INFO", "process", "its number and when it began"),
    Stream(
        "THREAD_LIST",
        "threads",
        "their numbers and processor registers, sanitized as stacks are",
    ),
    Stream("THREAD_NAMES", "names", "of threads, those that programs give"),
    Stream("EXCEPTION", "fault", "signal, address and thread at fault"),
    Stream(
        "MODULE_LIST",
        "modules",
        "libraries in use, with their versions (build ids), below known folders",
    ),
    Stream(
        "MEMORY_LIST",
        "stacks",
        "small numbers and pointers into code or the same stack, to find the calls; "
        "every other word is overwritten before anything is written to the disk; "
        "and the machine code around the fault",
    ),
    Stream(
        "MEMORY_INFO_LIST", "regions", "places and rights of its memory, without names"
    ),
    Stream("LINUX_PROC_STATUS", "status", "its memory use and number of threads"),
    Stream("LINUX_AUXV", "start", "addresses the kernel gave it when it began"),
    Stream("LINUX_DSO_DEBUG", "linking", "addresses of the libraries it loaded"),
    Stream(
        "CRASHPAD_INFO",
        "about",
        "the report's number, versions, and the way of capture",
    ),
    Stream("MOZ_SOFT_ERRORS", "gaps", "what could not be read, in fixed words"),
    Stream("PYTHON_STACKS", "Python", "the calls of each thread, as in the report"),
)
"""What the minidump, the attachment for native debuggers, holds."""

NEVER: tuple[str, ...] = (
    "what the terminal showed, what you typed, the clipboard, window titles",
    "command lines, arguments, environment variables, values of variables",
    "texts of exceptions, but for what is written in the program's own source",
    "your user name, home folder, host name, addresses, file names of yours",
    "the contents of memory, but for the words named above",
)
"""What is in no report."""
