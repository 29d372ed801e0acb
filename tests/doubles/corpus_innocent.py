"""Payloads that name nobody, as a crash report's bytes really look: for the tripwire."""  # noqa: E501 - a pattern or table reads better whole

from __future__ import annotations

import base64
import json
import random
import struct

from tests.doubles.corpus_carriers import innocent_lines

_WORDS = (  # noqa: SIM905 - a pattern or table reads better whole
    "test_suite aliceblue api pip spin root_window rootdir vm_page vmlinux piped alias"
    " testing malice chalice update zoom zone pixel testcase latest vmware pidfd rootfs"
).split()
_EVENT = {
    "platform": "python",
    "level": "fatal",
    "environment": "production",
    "release": "pachyterm@2.1.0",
    "contexts": {
        "runtime": {"name": "CPython", "version": "3.11.7"},
        "os": {"name": "Linux", "kernel_version": "6.1.0-18-amd64"},
    },
    "tags": {"capture": "hold", "test": "false", "root": "yes"},
}


def innocent_payload(seed: int, number: int) -> bytes:
    """One payload: an event in JSON, and often a binary or base64 attachment."""
    rng = random.Random(f"{seed}/innocent/{number}")
    lines = [line for _ in range(4) for line in innocent_lines(rng)[0]]
    event = dict(
        _EVENT, event_id=f"{rng.getrandbits(128):032x}", timestamp=rng.random() * 2e9
    )
    event["exception"] = {"values": [{"type": "ValueError", "value": "list index <…>"}]}
    event["stack"] = lines
    event["counters"] = {rng.choice(_WORDS): rng.randrange(10**6) for _ in range(5)}
    body = json.dumps(event, ensure_ascii=rng.random() < 0.5).encode()
    kind = rng.randrange(4)
    if kind == 0:
        return body
    if kind == 1:
        return body + b"\n" + rng.randbytes(rng.randrange(500, 4000))
    if kind == 2:
        return body + b"\n" + base64.b64encode(rng.randbytes(rng.randrange(500, 4000)))
    words = [
        rng.choice((0, 1, 0x7FFC00000000 + rng.randrange(2**20), 0x0DEFACED0DEFACED))
        for _ in range(rng.randrange(100, 500))
    ]
    return body + b"\nMDMP" + struct.pack(f"<{len(words)}Q", *words)
