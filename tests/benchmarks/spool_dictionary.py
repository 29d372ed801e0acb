"""Train the spool's dictionary; or, without arguments, measure what it is worth.

``train FILE`` writes a dictionary: from made-up reports alone, so that nothing of
anybody is in it, and the same bytes each time with the same zstd and the same code of
ours. A shipped one is never replaced, only followed by one with the next number: what
was stored with it shall still be read. ``HOME…`` measures the reports of those homes
instead of made-up ones.
"""

from __future__ import annotations

import statistics
import sys
import time
import zlib
from pathlib import Path

import zstandard

from reports.home import read_home
from reports.lifecycle import State
from reports.spool import at_rest
from reports.spool.directory import Spool
from tests.doubles.made_up_reports import made_up_payloads

SEED = 20_261_127
REPORTS = 300
DICTIONARY_BYTES = 32 * 1024
USED_BYTES = 16 * 1024
"""Of each sample; beyond are words of memory, of which no two reports share any."""


def train(number: int, reports: int = REPORTS, size: int = DICTIONARY_BYTES) -> bytes:
    """A dictionary with that number."""
    samples = [
        data[:USED_BYTES]
        for payload in made_up_payloads(reports, SEED)
        for data in (payload.report_json, payload.envelope)
    ]
    return zstandard.train_dictionary(size, samples, dict_id=number).as_bytes()


def measured(homes: list[str]) -> dict[str, list[bytes]]:
    """What is compressed, by kind; other made-up reports than those trained with."""
    pairs = [
        (stored.report_json, stored.envelope)
        for home in homes
        for spool in [Spool(read_home(Path(home)))]
        for found in spool.walk(State.PENDING, State.QUEUED, State.SENT)
        for stored in [spool.read(found.id)]
    ] or [(p.report_json, p.envelope) for p in made_up_payloads(60, SEED + 1)]
    return {
        "report.json": [report for report, _ in pairs],
        "event alone": [e for _, e in pairs if len(e) < 4096],
        "event and minidump": [e for _, e in pairs if len(e) >= 4096],
    }


def milliseconds(act, times: int) -> float:
    """Processor time of each, the best of five rounds."""
    rounds = []
    for _ in range(5):
        began = time.process_time()
        act()
        rounds.append((time.process_time() - began) * 1000 / times)
    return min(rounds)


def row(name: str, level: int, dictionary, samples: dict[str, list[bytes]]) -> None:
    """One line of the table: mean bytes and time of each kind."""

    def compressor() -> zstandard.ZstdCompressor:
        more = {"dict_data": zstandard.ZstdCompressionDict(dictionary)}
        return zstandard.ZstdCompressor(
            level=level, write_checksum=True, **(more if dictionary else {})
        )

    cells = []
    for kind in samples.values():
        sizes = [len(compressor().compress(data)) for data in kind]
        spent = milliseconds(
            lambda k=kind: [compressor().compress(data) for data in k], len(kind)
        )
        cells.append(f"{statistics.mean(sizes):8.0f} {spent:7.2f} ms")
    print(f"{name:<18} {level:>5}  " + "   ".join(cells))


def table(homes: list[str]) -> None:
    """Sizes and times with and without, by level and by size of dictionary."""
    samples = measured(homes)
    bare = [f"{statistics.mean(map(len, kind)):8.0f}" for kind in samples.values()]
    print(f"zstd {'.'.join(map(str, zstandard.ZSTD_VERSION))}; mean bytes, and time of")
    print("the processor for each, the dictionary's loading with it")
    heads = "   ".join(f"{name:>19}" for name in samples)
    print(f"{'dictionary':<18} level  {heads}")
    print(f"{'(as it is)':<18}        " + "              ".join(bare))
    shipped = Path(at_rest.dictionary_path(at_rest.NEWEST)).read_bytes()
    for level in (1, 3, 6, 9, 12, 19):
        row("none", level, b"", samples)
        row(f"shipped, {len(shipped) >> 10} KiB", level, shipped, samples)
    for kib in (8, 16, 64, 110):
        row(f"{kib} KiB", at_rest.LEVEL, train(1 << 16, size=kib << 10), samples)


def main(words: list[str]) -> None:
    """Train, or measure."""
    if words[:1] == ["train"]:
        path = Path(words[1])
        number = int(path.stem.rpartition("-")[2])
        data = train(number)
        path.write_bytes(data)
        print(f"{number}: 0x{zlib.crc32(data):08X}, {len(data)} bytes")
    else:
        table(words)


if __name__ == "__main__":
    main(sys.argv[1:])
