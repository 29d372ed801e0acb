"""Readers of minidumps that others wrote: Breakpad's, rust-minidump's, lldb."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.doubles.requirement import require

ROOT = Path(__file__).parent.parent.parent
CACHE = ROOT / "test-artifacts" / "tools" / "minidump"
FOLDER = Path(os.environ.get("CRASHWATCH_MINIDUMP_TOOLS") or CACHE)
"""Read once, early: tests run without our variables (see conftest)."""

_LLDB_MODULE = re.compile(r"^\[ *\d+\] ([0-9A-F-]+) 0x[0-9a-f]+ (.*?) *$", re.MULTILINE)
HOW = "run .ci/fetch_minidump_tools, or name their folder in CRASHWATCH_MINIDUMP_TOOLS"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a reader says of a dump; addresses as numbers.

    Attributes:
        modules: Base name to build id as hexadecimal text.
    """

    threads: int
    crashed: int
    reason: str
    address: int
    pointer: int
    stack: int
    modules: dict[str, str]


def find_tool(name):
    """The path of one fetched program."""
    path = FOLDER / name
    require(path.exists(), f"the minidump reader {name} is missing", HOW)
    return path


def find_lldb():
    """The path of lldb."""
    path = shutil.which("lldb")
    require(path, "lldb is missing", "apt-get install lldb")
    return path


def run(*command):
    """The finished program; never more than a minute."""
    return subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=60,
        check=False,
    )


def breakpad_errors(path):
    """ERROR lines and exit status of Breakpad's minidump_dump."""
    done = run(find_tool("minidump_dump"), path)
    lines = [
        line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line
    ]
    return lines, done.returncode


def breakpad_walk(path):
    """What Breakpad's minidump_stackwalk says in its machine-readable form."""
    done = run(find_tool("minidump_stackwalk"), "-m", path)
    rows = [line.split("|") for line in done.stdout.splitlines() if "|" in line]
    modules = {row[1]: row[4] for row in rows if row[0] == "Module"}
    crash = next(row for row in rows if row[0] == "Crash")
    threads = {row[0] for row in rows if row[0].isdigit()}
    return done, threads, crash, modules


def rust_walk(path):
    """What rust-minidump says; ``None`` when it refuses the dump."""
    done = run(find_tool("rust_stackwalk"), "--json", path)
    if done.returncode:
        return None
    told = json.loads(done.stdout)
    crash, thread = told["crash_info"], told.get("crashing_thread") or {}
    index = crash["crashing_thread"]
    registers = thread["frames"][0].get("registers", {}) if thread else {}
    return Seen(
        told["thread_count"],
        told["threads"][index]["thread_id"] if index is not None else 0,
        crash["type"],
        int(crash["address"], 16),
        int(registers.get("rip", "0"), 16),
        int(registers.get("rsp", "0"), 16),
        {m["filename"]: m["code_id"] for m in told["modules"]},
    )


def lldb(path, *commands, search=()):
    """What lldb prints for the commands, without its own start-up lines."""
    asked = []
    if search:
        folders = " ".join(str(folder) for folder in search)
        asked += ["-O", f"settings set target.exec-search-paths {folders}"]
    asked += ["-c", path]
    for command in commands:
        asked += ["-o", command]
    return run(find_lldb(), "--no-lldbinit", "-b", *asked).stdout


def lldb_modules(text):
    """Base name to build id, of ``target modules list``."""
    lines = _LLDB_MODULE.findall(text)
    return {
        name.rpartition("/")[2]: found.replace("-", "").lower() for found, name in lines
    }
