# The file that one terminal counts into: where each word of it is.
#
# Made by ``reports.usage.counter_file`` before the terminal starts, filled by the
# terminal through a mapping, merged by ``reports.usage.merge`` after its death. Its
# room on the disk is reserved and it never shrinks: a store into a hole of a full disk,
# or beyond the end, would kill the terminal. Words are 8 bytes, aligned, in the
# machine's byte order:
#
# ====== =========================================================================
# offset
# ====== =========================================================================
# 0      magic and version of this layout: ``CWCOUNT\2``
# 8      bytes of the file
# 16     offset of the first section
# 24     words of a section: 8, then its slots
# 32     number of sections
# 40     bytes of the table, which begins at 256
# 48     CRC-32 of bytes 0 to 47 and 96 to the table's end
# 56     pid of the process, 0 before it is known
# 64     its start time in clock ticks since boot, as in ``/proc/PID/stat``
# 72     ``CLOCK_MONOTONIC`` in nanoseconds when it was started
# 80     1: memory only, because the disk was full
# 88     sections in use
# 96     16 bytes: this boot's id
# 112    32 bytes: SHA-256 of the registry
# ====== =========================================================================
#
# The table is text, a line for each metric: kind, category, first slot, name. A
# histogram has ``BUCKETS`` slots, every other kind one. Kinds: ``c`` counter,
# ``h`` histogram, ``f`` feature, ``p`` plugin; categories by their number, 0 to 3.
#
# A counter stands at the sum of two parts of its word: the upper eight bits and the
# rest. The terminal raises the upper ones, as a byte, until they are full, then shares
# the sum out anew, in one store; so the rest may be below zero, modulo 2^56. All other
# words are plain numbers.
#
# A section is what was counted on one UTC day under the same grants: word 0 the days
# since 1970-01-01, words 1 to 4 the grants as in ``flags_page``; the day is written
# last.

import sys

MAGIC = b"CWCOUNT\2"
HEAD = 256
BYTES, FIRST, WORDS, SECTIONS, TABLE_BYTES, CHECK = 8, 16, 24, 32, 40, 48
PID, START_TIME, SPAWNED, MEMORY_ONLY, USED = 56, 64, 72, 80, 88
SECTION_WORDS = 8
BUCKETS = 64
DAY_SECONDS = 86400
BITS = 56
REST = (1 << BITS) - 1
FINE = 7 if sys.byteorder == "little" else 0
"""The byte of a counter's word that is raised alone."""
MOST = 1 << 54
"""No counter is raised to this."""


def bucket_of(value: int) -> int:
    # 0, 1, 2, 3, then two buckets for each power of two; the last takes the rest.
    if value < 4:
        return max(value, 0)
    bits = value.bit_length()
    place = 2 * bits - 2 + (value >> (bits - 2) & 1)
    return place if place < BUCKETS else BUCKETS - 1
