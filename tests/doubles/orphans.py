"""A program that leaves orphans behind, and tells how many of them nobody collected."""

_LEAVES_ORPHANS = """
import os, time
ends, told = os.pipe()
for leave in (%s):
    if os.fork() == 0:
        if os.fork() == 0:
            os.write(told, b"%%d " %% os.getpid())
            os.close(told)
            leave()
        os._exit(0)
    os.wait()
os.close(told)
pids = []
while data := os.read(ends, 4096):
    pids += map(int, data.split())

def left():
    return [pid for pid in pids if os.path.exists(f"/proc/{pid}")]

limit = time.monotonic() + 20
while (uncollected := left()) and time.monotonic() < limit:
    os.sched_yield()
print(len(pids), "orphans,", len(uncollected), "left", flush=True)
raise SystemExit(5)
"""

ENDS = "lambda: os._exit(3)"
CRASHES = "lambda: __import__('ctypes').string_at(0)"


def leaves_orphans(*ways: str) -> str:
    """The program; each way is how one of them ends. It exits with 5."""
    return _LEAVES_ORPHANS % "".join(f"{way}, " for way in ways)
