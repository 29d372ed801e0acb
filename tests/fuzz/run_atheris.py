"""Fuzz one target under atheris, for as long as wanted; not part of the tests.

usage: python tests/fuzz/run_atheris.py TARGET [OPTION of libFuzzer…]

    pip install atheris                                      # CPython 3.11 to 3.13
    PYTHONPATH=. python tests/fuzz/run_atheris.py minidump_reader -max_total_time=300

What it learns is kept in test-artifacts/fuzz/TARGET and tried first the next time. A
failure is written there as crash-…; make it a test before it is repaired. Beside the
target's own invariant each input may take 64 MB for each MB of it (at least one).
"""

from __future__ import annotations

import importlib
import sys
import tracemalloc
from pathlib import Path

import atheris

ROOT = Path(__file__).parents[2]
OURS = ("crashwatch", "reports", "scrubbers")
MEGABYTE = 1 << 20
EVERY = 50
"""Memory is measured at one input in so many: tracemalloc makes all slower."""


def seeds(target: str) -> list[bytes]:
    """What real programs and kernels write, for the targets that read it."""
    doubles = importlib.import_module
    if target == "minidump_reader":
        ours = doubles("tests.property.test_minidump_hostile").OURS
        return [ours, doubles("tests.doubles.synthetic_minidump").small_dump().build()]
    if target == "proc_parsers":
        elf = doubles("tests.doubles.synthetic_elf").synthetic_elf(
            build_id=b"\1" * 20, soname=b"libx.so.1", debug=5
        )
        return [elf, *(p.read_bytes() for p in (ROOT / "fixtures/proc").glob("*/*"))]
    if target == "signal_frame":
        frames = doubles("tests.doubles.synthetic_frame")
        made = [frames.amd64_frame(8, {"rip": 3}), frames.arm64_stack(0, [3] * 34)]
        return [bytes(8) + frame for frame in made]
    return []


def main() -> None:
    """Instrument our packages, then hand over to libFuzzer."""
    name, *options = sys.argv[1:] or ["--help"]
    if name.startswith("-"):
        sys.exit(__doc__)
    corpus = ROOT / "test-artifacts" / "fuzz" / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(name)):
        (corpus / f"seed-{number}").write_bytes(seed)
    with atheris.instrument_imports(include=list(OURS)):
        target = importlib.import_module(f"tests.fuzz.{name}").TARGET
    print(target.__doc__.splitlines()[0])
    tried = 0

    def test_one_input(data: bytes) -> None:
        nonlocal tried
        tried += 1
        if tried % EVERY:
            target(data)
            return
        tracemalloc.start()
        try:
            target(data)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak <= 64 * max(MEGABYTE, len(data)), f"{peak} bytes for {len(data)}"

    places = [f"-artifact_prefix={corpus}/", "-max_len=65536", str(corpus)]
    atheris.Setup([sys.argv[0], *options, *places], test_one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
