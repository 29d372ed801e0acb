"""A launcher that only hands shared pages on: for tests of the client that counts.

Starts a Python with the client armed as `crashwatch run` would: two sockets, a run
page, a flags page and a counter file through the ticket. It shares no code with the
launcher.
"""

import contextlib
import mmap
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
INJECTED = ROOT / "crashwatch" / "client" / "injected"

IMPORT = "import os, sys\nfrom crashwatch import client\n"
"""How each terminal of these begins."""

GRANTS = {"usage": 101, "performance": 102, "features": 103, "plugins": 104}

_BECOME = """
import os, sys
start = open("/proc/self/stat").read().rpartition(")")[2].split()[19]
shared = [int(n) for n in os.environ.pop("SHARED").split(",")]
ticket = ["0", str(os.getpid()), start]
for number in shared:
    ticket += [str(number), str(os.fstat(number).st_ino)]
environment = dict(os.environ, CRASHWATCH_ATTACH=":".join(ticket))
environment["PYTHONPATH"] = os.environ.pop("INJECTED")
if len(shared) > 4:
    import struct, time
    own = struct.pack("=3Q", os.getpid(), int(start), time.monotonic_ns())
    os.pwrite(shared[4], own, 56)
os.execve(sys.argv[1], sys.argv[1:], environment)
"""

RUN_MAGIC = b"CWRUN\0\0\1"
FLAGS_MAGIC = b"CWFLAG\0\1"


@dataclass
class Pages:
    """What the double's terminal and the test share."""

    run: mmap.mmap
    flags: mmap.mmap | None
    descriptors: tuple[int, ...]

    def word(self, offset: int) -> int:
        """A word of the run page."""
        return int(struct.unpack_from("=Q", self.run, offset)[0])

    def allow(self, grants: Mapping[str, int]) -> None:
        """Set the flags page, as its writer would."""
        assert self.flags is not None
        allow(self.flags, grants)


def allow(page: mmap.mmap, grants: Mapping[str, int]) -> None:
    """Put grants into a page; by each change its state byte changes."""
    page[8] = 0
    page[48] = page[48] % 255 + 1
    for place, category in enumerate(GRANTS):
        struct.pack_into("=Q", page, 16 + 8 * place, grants.get(category, 0))
    if grants:
        page[8] = page[48]


def _page(name: str, magic: bytes) -> tuple[int, mmap.mmap]:
    descriptor = os.memfd_create(name)
    os.ftruncate(descriptor, 4096)
    page = mmap.mmap(descriptor, 4096)
    page[:8] = magic
    return descriptor, page


@contextlib.contextmanager
def shared_pages(counters: int | None, *, inherit: bool = True) -> Iterator[Pages]:
    """Sockets and pages for one terminal; closed at the end.

    Args:
        counters: Descriptor of its counter file; None: nothing is granted.
        inherit: Let programs that are started have them.
    """
    sockets = [
        end
        for _ in range(2)
        for end in socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ]
    theirs = [sockets[1].fileno(), sockets[3].fileno()]
    run, run_page = _page("run", RUN_MAGIC)
    made, flags_page = [run], None
    if counters is not None:
        flags, flags_page = _page("flags", FLAGS_MAGIC)
        allow(flags_page, GRANTS)
        made += [flags]
    shared = (*theirs, *made, *([] if counters is None else [counters]))
    if inherit:
        for descriptor in shared:
            os.set_inheritable(descriptor, True)
    try:
        yield Pages(run_page, flags_page, shared)
    finally:
        for end in sockets:
            end.close()
        for descriptor in made:
            with contextlib.suppress(OSError):
                os.close(descriptor)


def start_armed(
    pages: Pages,
    arguments: Sequence[str],
    *,
    python: str = sys.executable,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start ``python arguments`` with the client armed in it; streams are pipes."""
    given = dict(os.environ if environment is None else environment)
    given |= {
        "SHARED": ",".join(map(str, pages.descriptors)),
        "INJECTED": f"{INJECTED}{os.pathsep}{ROOT}",
    }
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _BECOME, python, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=pages.descriptors,
        env=given,
    )
