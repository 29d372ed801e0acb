"""Reports of made-up crashes, exceptions and days, the same for the same seed.

For what needs many reports that look like real ones: made by ``reports.compose`` from
evidence in which only names of code are real (the standard library's and CPython's).
"""

from __future__ import annotations

import random
import struct
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from reports.compose import compose, compose_usage
from reports.crash_report import (
    CaptureFacts,
    Outcome,
    ProcessFacts,
    Reason,
    SystemFacts,
)
from reports.evidence import RawException, RawFrame, RawNativeFrame, RawThread
from reports.sanitize import sanitize
from reports.snapshot import Mapping, MemoryBlock, Module, SignalDetails, ThreadPicture
from reports.usage_report import MetricTold, UsageReport
from scrubbers import Identity
from tests.doubles.sample_evidence import APP, STDLIB, in_app, sample_evidence
from tests.doubles.sample_snapshot import _R, _W, _X, registers, sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.payload import Payload

_BEGAN = 1_767_225_600  # 2026-01-01
_LIBRARY_BYTES = 0x20_0000

_LIBRARIES = {
    "/usr/bin/python3.11": ("_start", "main"),
    "/usr/lib/x86_64-linux-gnu/libpython3.11.so.1.0": (
        "_PyEval_EvalFrameDefault",
        "_PyEval_Vector",
        "_PyObject_MakeTpCall",
        "_PyFunction_Vectorcall",
        "PyEval_EvalCode",
        "PyObject_Call",
        "PyObject_Vectorcall",
        "Py_BytesMain",
        "Py_RunMain",
        "_PyRun_SimpleFileObject",
        "_PyRun_AnyFileObject",
        "run_mod",
        "run_eval_code_obj",
        "cfunction_call",
        "method_vectorcall",
        "thread_run",
        "pythread_wrapper",
        "lock_PyThread_acquire_lock",
        "PyThread_acquire_lock_timed",
        "take_gil",
        "builtin_exec",
    ),
    "/usr/lib/x86_64-linux-gnu/libc.so.6": (
        "__libc_start_call_main",
        "__libc_start_main",
        "start_thread",
        "clone3",
        "__futex_abstimed_wait_common",
        "__poll",
        "epoll_wait",
        "read",
        "write",
        "raise",
        "abort",
        "__strlen_avx2",
        "__memmove_avx_unaligned_erms",
        "pthread_kill",
    ),
    "/usr/lib/x86_64-linux-gnu/libm.so.6": ("exp", "pow"),
    "/usr/lib/x86_64-linux-gnu/libffi.so.8.1.2": ("ffi_call", ""),
    "/usr/lib/x86_64-linux-gnu/libz.so.1.2.13": ("inflate",),
    "/usr/lib/x86_64-linux-gnu/libexpat.so.1.8.10": ("",),
    "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2": ("_dl_start",),
    "/usr/lib/python3.11/lib-dynload/_ctypes.cpython-311-x86_64-linux-gnu.so": (
        "_ctypes_callproc",
        "PyCFuncPtr_call",
        "string_at",
    ),
}

_OFTEN = (1, 16, 6, 1, 2, 1, 1, 1, 3)
"""How often each of the libraries is in a stack."""

_STDLIB_CALLS = (
    ("string_at", "ctypes/__init__.py"),
    ("Condition.wait", "threading.py"),
    ("Event.wait", "threading.py"),
    ("Thread.run", "threading.py"),
    ("Thread._bootstrap_inner", "threading.py"),
    ("Thread._bootstrap", "threading.py"),
    ("Thread.join", "threading.py"),
    ("Queue.get", "queue.py"),
    ("_worker", "concurrent/futures/thread.py"),
    ("EpollSelector.select", "selectors.py"),
    ("BaseEventLoop._run_once", "asyncio/base_events.py"),
    ("BaseEventLoop.run_forever", "asyncio/base_events.py"),
    ("BaseEventLoop.run_until_complete", "asyncio/base_events.py"),
    ("Handle._run", "asyncio/events.py"),
    ("Runner.run", "asyncio/runners.py"),
    ("run", "asyncio/runners.py"),
    ("Popen.communicate", "subprocess.py"),
    ("Popen._wait", "subprocess.py"),
    ("run", "subprocess.py"),
    ("socket.accept", "socket.py"),
    ("loads", "json/__init__.py"),
    ("JSONDecoder.decode", "json/decoder.py"),
    ("compile", "re/__init__.py"),
    ("Logger._log", "logging/__init__.py"),
    ("StreamHandler.emit", "logging/__init__.py"),
    ("_run_code", "runpy.py"),
    ("_run_module_as_main", "runpy.py"),
    ("import_module", "importlib/__init__.py"),
)
_APP_CALLS = (
    ("main", "main.py"),
    ("<module>", "main.py"),
    ("Window.draw", "window.py"),
    ("Window.on_resize", "window.py"),
    ("Window.on_key", "window.py"),
    ("Screen.feed", "screen.py"),
    ("Screen.scroll", "screen.py"),
    ("Parser.feed", "parser.py"),
    ("Parser.sequence", "parser.py"),
    ("Pty.read", "pty.py"),
    ("Pty.write", "pty.py"),
    ("Tab.close", "tabs.py"),
    ("Tabs.open", "tabs.py"),
    ("Renderer.frame", "render/renderer.py"),
    ("Glyphs.shape", "render/glyphs.py"),
    ("Settings.load", "settings.py"),
    ("Plugin.start", "plugins/plugin.py"),
    ("Search.find", "search.py"),
)
_SIGNALS = (
    ("SIGSEGV", "SEGV_MAPERR", 11, 1),
    ("SIGSEGV", "SEGV_ACCERR", 11, 2),
    ("SIGABRT", "SI_TKILL", 6, -6),
    ("SIGBUS", "BUS_ADRERR", 7, 2),
    ("SIGFPE", "FPE_INTDIV", 8, 1),
    ("SIGILL", "ILL_ILLOPN", 4, 2),
)
_ERRORS = ("ValueError", "KeyError", "TypeError", "OSError", "RuntimeError")
_COUNTED = {
    "usage": (
        *(f"{name}/opened" for name in ("tabs", "windows", "panes")),
        "terminal/starts",
        "terminal/minutes",
        "output/chunks",
    ),
    "performance": ("frame_time", "input_delay", "start_up_time", "peak_memory"),
    "features": ("search", "tabs", "splits", "hyperlinks", "images", "ligatures"),
    "plugins": ("plugin/git-status", "plugin/other"),
}
_KINDS = {
    "usage": "counter",
    "performance": "histogram",
    "features": "feature",
    "plugins": "plugin",
}


def made_up_payloads(number: int, seed: int) -> Iterator[Payload]:
    """So many payloads: of five, three crashes, one exception, one day."""
    dice = random.Random(seed)
    for place in range(number):
        kind = place % 5
        yield (
            _day(dice) if kind == 4 else _exception(dice) if kind == 3 else _crash(dice)
        )


def _crash(dice: random.Random) -> Payload:
    signal, code, number, si_code = dice.choice(_SIGNALS)
    bases = _bases(dice)
    count = dice.choice((1, 2, 3, 3, 4, 6, 8, 12))
    pid = dice.randrange(300, 99_999)
    tids = [pid + place for place in range(count)]
    evidence = sample_evidence(
        **_facts(dice, count),
        reason=Reason(kind=Outcome.SIGNAL, signal=signal, signal_code=code),
        threads=tuple(_thread(dice, tid, crashed=tid == pid) for tid in tids),
        picture=sanitize(
            sample(
                pid=pid,
                threads=tuple(_picture(dice, tid, bases) for tid in tids),
                modules=tuple(_module(dice, path, at) for path, at in bases.items()),
                mappings=tuple(_mappings(bases)),
                signal=SignalDetails(pid, number, si_code, dice.randrange(1 << 47), 14),
                memory=(),
                soft_errors=(),
            ),
            identity=Identity(),
        ),
    )
    return compose(evidence, identity=Identity(), report_id=_id(dice))


def _exception(dice: random.Random) -> Payload:
    raised = RawException("builtins", dice.choice(_ERRORS), frames=_frames(dice))
    if dice.random() < 0.3:
        cause = RawException("builtins", dice.choice(_ERRORS), frames=_frames(dice))
        raised = RawException("builtins", "RuntimeError", "", raised.frames, cause)
    kinds = (Outcome.UNCAUGHT_MAIN, Outcome.UNCAUGHT_THREAD, Outcome.UNRAISABLE)
    evidence = sample_evidence(
        **_facts(dice, 1),
        reason=Reason(kind=dice.choice(kinds), exit_code=1),
        exception=raised,
        threads=(),
    )
    return compose(evidence, identity=Identity(), report_id=_id(dice))


def _day(dice: random.Random) -> Payload:
    category = dice.choice(sorted(_COUNTED))
    day = date(2026, 1, 1) + timedelta(days=dice.randrange(700))
    names = [name for name in _COUNTED[category] if dice.random() < 0.8]
    report = UsageReport(
        schema=1,
        id=_id(dice),
        created=datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=25),
        category=category,
        day=day,
        release=_release(dice),
        metrics=tuple(_metric(dice, name, _KINDS[category]) for name in names),
    )
    return compose_usage(report, names, identity=Identity())


def _metric(dice: random.Random, name: str, kind: str) -> MetricTold:
    if kind == "counter":
        return MetricTold(name, kind, "times", ((0, dice.randrange(1, 3000)),))
    if kind == "histogram":
        least = dice.randrange(3, 12)
        buckets = ((1 << n, dice.randrange(1, 900)) for n in range(least, least + 9))
        return MetricTold(name, kind, "microseconds", tuple(buckets))
    days = dice.randrange(1, 8)
    return MetricTold(name, kind, days_7=days, days_28=days + dice.randrange(20))


def _facts(dice: random.Random, threads: int) -> dict[str, object]:
    resident = dice.randrange(4000, 60_000) * 4096
    sources = ("wait4", "client", "psutil", "ptrace", "py-spy", "faulthandler")
    return {
        "created": float(_BEGAN + dice.randrange(60_000_000)),
        "release": _release(dice),
        "program": f"{APP}/{dice.choice(('pachyterm', 'main.py'))}",
        "system": SystemFacts(
            "Linux",
            f"6.{dice.randrange(20)}.0-{dice.randrange(30)}-amd64",
            dice.choice(("x86_64", "x86_64", "aarch64")),
            "CPython",
            f"3.{dice.randrange(11, 14)}.{dice.randrange(10)}",
        ),
        "process": ProcessFacts(
            status=dice.choice(("tracing-stop", "stopped", "zombie")),
            uptime=round(dice.uniform(0.2, 90_000), 6),
            resident_bytes=resident,
            peak_resident_bytes=resident + dice.randrange(4000) * 4096,
            cpu_user=round(dice.uniform(0.01, 900), 6),
            cpu_system=round(dice.uniform(0.01, 90), 6),
            thread_count=threads,
        ),
        "capture": CaptureFacts(
            method="hold", sources=sources, seconds=round(dice.uniform(0.05, 0.9), 4)
        ),
    }


def _release(dice: random.Random) -> str:
    return f"{dice.randrange(3)}.{dice.randrange(20)}.{dice.randrange(9)}"


def _thread(dice: random.Random, tid: int, *, crashed: bool) -> RawThread:
    native = tuple(_native(dice) for _ in range(dice.randrange(2, 24)))
    name = "MainThread" if crashed else dice.choice(("", "Thread-1 (worker)"))
    return RawThread(name, crashed, _frames(dice), tid, native)


def _frames(dice: random.Random) -> tuple[RawFrame, ...]:
    calls = [*dice.choices(_STDLIB_CALLS, k=dice.randrange(1, 6))]
    frames = [
        RawFrame(name, f"{STDLIB}/{file}", dice.randrange(1, 2400))
        for name, file in calls
    ]
    for name, file in dice.choices(_APP_CALLS, k=dice.randrange(1, 8)):
        frames.append(in_app(name, file, dice.randrange(1, 900)))
    return tuple(frames)


def _native(dice: random.Random) -> RawNativeFrame:
    path = dice.choices([*_LIBRARIES], _OFTEN)[0]
    name = dice.choice(_LIBRARIES[path])
    return RawNativeFrame(name, path, path, dice.randrange(0x1000, _LIBRARY_BYTES))


def _bases(dice: random.Random) -> dict[str, int]:
    """Where each library is: the program low, the others high, in no known place."""
    at = 0x7F00_0000_0000 + dice.randrange(1 << 24) * 4096
    paths = [*_LIBRARIES]
    high = {path: at + 0x40_0000 * n for n, path in enumerate(paths)}
    return high | {paths[0]: 0x5500_0000_0000 + dice.randrange(1 << 24) * 4096}


def _module(dice: random.Random, path: str, at: int) -> Module:
    name = path.rpartition("/")[2]
    return Module(at, _LIBRARY_BYTES, path, name, dice.randbytes(20))


def _mappings(bases: dict[str, int]) -> Iterator[Mapping]:
    for path, at in sorted(bases.items(), key=lambda item: item[1]):
        code, data = at + 0x2_8000, at + _LIBRARY_BYTES - 0x1_0000
        yield Mapping(at, code, _R, 0, path)
        yield Mapping(code, data, _R | _X, 0x2_8000, path)
        yield Mapping(data, at + _LIBRARY_BYTES, _R | _W, data - at, path)


def _picture(dice: random.Random, tid: int, bases: dict[str, int]) -> ThreadPicture:
    stack = 0x7E00_0000_0000 + dice.randrange(1 << 24) * 4096
    count = dice.choice((64, 128, 256, 512, 1024))
    held = [_word(dice, stack, bases) for _ in range(count)]
    at = registers(
        _code(dice, bases), stack, rax=_word(dice, stack, bases), rbp=stack + 96
    )
    block = MemoryBlock(stack, struct.pack(f"<{count}Q", *held))
    return ThreadPicture(tid, "python3", at, block)


def _word(dice: random.Random, stack: int, bases: dict[str, int]) -> int:
    """What stacks hold: mostly pointers to data, which become the marker."""
    kind = dice.random()
    if kind < 0.55:
        return dice.randrange(1 << 40, 1 << 46)
    if kind < 0.80:
        return dice.choice((0, 0, 0, 1, 2, 8, dice.randrange(4096)))
    if kind < 0.92:
        return _code(dice, bases)
    return stack + dice.randrange(1024) * 8


def _code(dice: random.Random, bases: dict[str, int]) -> int:
    return dice.choice([*bases.values()]) + dice.randrange(0x2_8000, 0x10_0000)


def _id(dice: random.Random) -> str:
    return f"{dice.getrandbits(128):032x}"
