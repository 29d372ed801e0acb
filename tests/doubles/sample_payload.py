"""A payload made by hand: a made-up crash, for tests of what happens to payloads."""

from __future__ import annotations

import json
from uuid import uuid4

from reports.envelope import build_envelope, event_bytes
from reports.payload import Item, Payload, make_payload

CREATED = "2026-03-04T05:06:07Z"


def sample_report_json(
    report_id: str, *, category: str = "crash", created: str = CREATED
) -> bytes:
    """A minimal ``report.json``, written without the report's own types."""
    report = {
        "schema": 1,
        "id": report_id,
        "created": created,
        "category": category,
        "program": "pachyterm",
        "reason": {"kind": "signal", "signal": "SIGSEGV"},
        "threads": [],
        "process": {},
        "system": {"system": "Linux", "release": "6.1.0", "machine": "x86_64"},
        "capture": {"method": "hold"},
    }
    return json.dumps(report).encode()


def sample_event(report_id: str, *, padding: str = "") -> dict[str, object]:
    """A Sentry event with two threads, an exception and tags."""

    def stack(*functions: str) -> dict[str, object]:
        frames = [
            {
                "function": function,
                "filename": f"<app>/{function}.py",
                "lineno": 7 + position,
                "in_app": True,
            }
            for position, function in enumerate(functions)
        ]
        return {"frames": frames}

    return {
        "event_id": report_id,
        "timestamp": 1772600767.25,
        "platform": "python",
        "level": "fatal",
        "release": "pachyterm@1.2.3",
        "tags": {"outcome": "signal", "signal": "SIGSEGV"},
        "exception": {
            "values": [
                {
                    "type": "SIGSEGV",
                    "value": "null read" + padding,
                    "stacktrace": stack("main", "draw"),
                    "thread_id": 1,
                }
            ]
        },
        "threads": {
            "values": [
                {
                    "id": 1,
                    "name": "MainThread",
                    "crashed": True,
                    "stacktrace": stack("main", "draw"),
                },
                {
                    "id": 2,
                    "name": "reader",
                    "crashed": False,
                    "stacktrace": stack("run", "read"),
                },
            ]
        },
    }


def sample_payload(
    report_id: str = "",
    *,
    category: str = "crash",
    created: str = CREATED,
    minidump: bytes | None = None,
    padding: str = "",
) -> Payload:
    """A payload with a fresh id unless one is given."""
    report_id = report_id or uuid4().hex
    items = [Item("event", "", event_bytes(sample_event(report_id, padding=padding)))]
    if minidump is not None:
        items.append(Item("attachment", "minidump.dmp", minidump))
    return make_payload(
        id=report_id,
        category=category,
        report_json=sample_report_json(report_id, category=category, created=created),
        envelope=build_envelope(report_id, items),
        items=tuple(items),
    )


def digests(payload: Payload) -> frozenset[str]:
    """The SHA-256 of every item: what a person agrees to who agrees to all."""
    return frozenset(item.sha256 for item in payload.items)
