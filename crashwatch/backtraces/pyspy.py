"""Run ``py-spy dump --json`` on a stopped process, with a deadline, and parse it.

``--nonblocking`` because the process is stopped already: py-spy's own attach would fail
on it. The JSON is a list of threads: ``pid``, ``thread_id``, ``thread_name``,
``os_thread_id``, ``active``, ``owns_gil``, ``frames`` (innermost first, each ``name``,
``filename``, ``module``, ``short_filename``, ``line``, ``is_entry``, and from 3.12 on
``is_shim_entry``: whether C code called it). ``thread_id`` is ``pthread_self``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import Any

from reports.evidence import RawFrame, RawThread

_OUTPUT_LIMIT = 8 * 1024 * 1024


class PySpyError(Exception):
    """py-spy gave no stacks; the message says why, without personal data."""


class PySpyDump:
    """A py-spy run in the background: ``start``, do something else, ``result``."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    @classmethod
    def start(cls, pid: int) -> PySpyDump:
        """Start py-spy on a stopped process.

        Raises:
            PySpyError: It is not installed, or does not start.
        """
        program = find_pyspy()
        if program is None:
            raise PySpyError("py-spy is not installed")
        command = [program, "dump", "--json", "--nonblocking", "--pid", str(pid)]
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={"PATH": os.defpath},
            )
        except OSError as error:
            raise PySpyError(f"py-spy does not start: {error.strerror}") from error
        return cls(process)

    def result(self, seconds: float) -> tuple[RawThread, ...]:
        """Wait for it and parse what it said.

        Raises:
            PySpyError: Too slow, failed, or not understood.
        """
        try:
            output, _ = self._process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise PySpyError("py-spy was too slow") from None
        finally:
            self.close()
        if self._process.returncode != 0:
            raise PySpyError(f"py-spy failed with {self._process.returncode}")
        return parse_pyspy(output)

    def close(self) -> None:
        """End it, whatever it is doing."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def find_pyspy() -> str | None:
    """The py-spy that was installed with us, else the one on PATH."""
    beside = os.path.join(os.path.dirname(sys.executable), "py-spy")
    return beside if os.access(beside, os.X_OK) else shutil.which("py-spy")


def parse_pyspy(output: bytes) -> tuple[RawThread, ...]:
    """Turn py-spy's JSON into threads.

    Raises:
        PySpyError: Not the JSON described above.
    """
    if len(output) > _OUTPUT_LIMIT:
        raise PySpyError("py-spy's answer is too long")
    try:
        threads = json.loads(output)
        return tuple(_thread(thread) for thread in threads)
    except (
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        OverflowError,
        RecursionError,
    ) as error:
        raise PySpyError(f"py-spy's answer: {type(error).__name__}") from error


def _thread(thread: dict[str, Any]) -> RawThread:
    tid = thread.get("os_thread_id")
    # Names live in ``threading``, which many programs never import.
    unnamed = "MainThread" if tid is not None and tid == thread.get("pid") else ""
    return RawThread(
        name=str(thread.get("thread_name") or unnamed),
        crashed=False,
        frames=tuple(_frame(frame) for frame in thread["frames"]),
        tid=int(tid) if tid is not None else None,
        pointer=_number(thread.get("thread_id")),
    )


def _frame(frame: dict[str, Any]) -> RawFrame:
    line = frame.get("line")
    return RawFrame(
        function=str(frame["name"]),
        file=str(frame["filename"]),
        line=int(line) if line else None,
        entry=bool(frame.get("is_entry") or frame.get("is_shim_entry")),
    )


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None
