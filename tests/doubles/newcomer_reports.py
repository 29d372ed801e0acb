"""A raw capture with a text in one of the fields that a program may fill."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reports.crash_report import CaptureFacts, SystemFacts
from reports.evidence import (
    RawException,
    RawFrame,
    RawMessage,
    RawNativeFrame,
    RawThread,
)
from reports.sanitize import sanitize
from reports.snapshot import LinkMapEntry, MemoryBlock, Module
from tests.doubles.sample_evidence import APP, sample_evidence
from tests.doubles.sample_snapshot import LIBRARY, PROGRAM, STACK, sample

if TYPE_CHECKING:
    from reports.evidence import Evidence
    from reports.payload import Payload
    from scrubbers import Identity

FIELDS = (
    *("program", "release", "child", "thread", "function", "file", "native", "system"),
    *("message", "note", "cause", "group", "class", "soft error"),
    *(
        "kernel",
        "module",
        "thread in the dump",
        "link map",
        "stack",
        "status",
        "mapping",
    ),
    "soft error of the dump",
)


def evidence(field: str, text: str, identity: Identity) -> Evidence:
    """The capture; everything else in it is nobody's."""
    changes = _raised(field, text) | _told(field, text)
    if field in FIELDS[14:]:
        changes["picture"] = sanitize(_snapshot(field, text), identity=identity)
    return sample_evidence(**changes)


def readable(payload: Payload) -> str:
    """All of a payload that is text, in the encodings that memory has."""
    texts = [payload.report_json.decode()]
    for item in payload.items:
        texts += [item.data.decode("utf-8", "ignore"), item.data.decode("latin-1")]
        texts += [item.data[at:].decode("utf-16-le", "ignore") for at in (0, 1)]
    return "\n".join(texts)


def _told(field: str, text: str) -> dict[str, Any]:
    frames = (
        RawFrame(text if field == "function" else "draw", f"{APP}/main.py", 5),
        RawFrame("run", text if field == "file" else f"{APP}/run.py", 5),
    )
    native = RawNativeFrame("g_main", "/usr/lib/libone.so", "<module>/libone.so", 16)
    if field == "native":
        native = RawNativeFrame(text, text, "<module>/libone.so", 16)
    name = text if field == "thread" else "MainThread"
    changes: dict[str, Any] = {
        "threads": (RawThread(name, crashed=True, frames=frames, native=(native,)),)
    }
    if field in {"program", "release"}:
        changes[field] = text
    if field == "child":
        changes["child_of"] = text
    if field == "system":
        changes["system"] = SystemFacts("Linux", text, "x86_64", "CPython", text)
    if field == "soft error":
        changes["capture"] = CaptureFacts(method="hold", soft_errors=(f"no {text}",))
    return changes


def _raised(field: str, text: str) -> dict[str, Any]:
    told = RawMessage((f"cannot open {text}: ", " here"), (f"{APP}/main.py",))
    frames = (RawFrame("crash", f"{APP}/main.py", 8),)
    plain = RawException("builtins", "ValueError", frames=frames)
    inner = replace(plain, message=told)
    raised = {
        "message": inner,
        "note": replace(plain, notes=(told,)),
        "cause": replace(plain, cause=replace(inner, thread=text)),
        "group": replace(plain, name="ExceptionGroup", group=(inner,)),
        "class": RawException(text, text, text, frames),
    }
    return {"exception": raised[field]} if field in raised else {}


def _snapshot(field: str, text: str) -> Any:
    plain = sample()
    first, second = plain.threads
    raw = text.encode() + bytes(-len(text.encode()) % 8)
    linking = plain.dynamic_linking
    changes: dict[str, dict[str, Any]] = {
        "kernel": {"system": replace(plain.system, kernel=f"Linux 6.1.0 {text}")},
        "module": {
            "modules": (
                plain.modules[0],
                Module(LIBRARY, 0x3000, f"/usr/lib/{text}", text, bytes(20)),
            )
        },
        "thread in the dump": {"threads": (replace(first, name=text), second)},
        "link map": {
            "dynamic_linking": linking
            and replace(linking, link_map=(LinkMapEntry(PROGRAM, text, PROGRAM),))
        },
        "stack": {
            "threads": (replace(first, stack=MemoryBlock(STACK + 0xF00, raw)), second)
        },
        "status": {"status": (("Name", text), ("VmRSS", text), ("State", text))},
        "mapping": {
            "mappings": (*plain.mappings[:3], replace(plain.mappings[3], path=text))
        },
        "soft error of the dump": {"soft_errors": (f"no {text}",)},
    }
    return sample(**changes[field])
