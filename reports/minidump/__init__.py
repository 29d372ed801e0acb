"""Read and write the minidump file format."""

from reports.minidump.reader import Minidump
from reports.minidump.writer import write_minidump

__all__ = ["Minidump", "write_minidump"]
