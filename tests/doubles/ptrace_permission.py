"""Whether this process may trace a child, found by trying it once."""

import ctypes
import functools
import os
import subprocess
from pathlib import Path
from typing import Final

PTRACE_SEIZE: Final = 0x4206

REMEDY: Final = (
    "run outside a sandbox, with `docker run --cap-add=SYS_PTRACE` or as root, and "
    "with kernel.yama.ptrace_scope 0 or 1 (sysctl)"
)


@functools.cache
def why_ptrace_fails() -> str:
    """Empty where PTRACE_SEIZE on a child works, else a sentence with the cause."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as child:
        libc = ctypes.CDLL(None, use_errno=True)
        result = libc.ptrace(PTRACE_SEIZE, child.pid, None, None)
        cause = os.strerror(ctypes.get_errno()) if result < 0 else ""
        child.kill()
    return cause and f"ptrace on a child fails ({cause}; {_yama_scope()})"


def _yama_scope() -> str:
    try:
        scope = Path("/proc/sys/kernel/yama/ptrace_scope").read_text(encoding="ascii")
    except OSError:
        return "no Yama here"
    return f"kernel.yama.ptrace_scope is {scope.strip()}"
