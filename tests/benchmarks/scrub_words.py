"""Print how long 88 KB of stack take to sanitize (the size of five real threads)."""

import os
import time

from scrubbers.words import Ranges, sanitize_stack

STACK = (0x7FFC_0000_0000, 0x7FFC_0010_0000)
CODE = Ranges(
    (0x7F00_0000_0000 + at, 0x7F00_0000_8000 + at) for at in range(0, 1 << 24, 1 << 16)
)


def main() -> None:
    """Print the best of twenty, for random words and for a quiet stack."""
    quiet = bytes(88 * 1024)
    for name, data in (("random words", os.urandom(88 * 1024)), ("zeros", quiet)):
        times = []
        for _ in range(20):
            start = time.process_time()
            sanitize_stack(
                data,
                STACK[0],
                STACK[0],
                own_stack=STACK,
                executable=CODE,
                is_return_address=lambda _: False,
            )
            times.append(time.process_time() - start)
        print(f"{name:14} {min(times) * 1000:.2f} ms")


if __name__ == "__main__":
    main()
