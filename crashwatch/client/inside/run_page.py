# The page that the terminal and its supervisor share for one run: where each word is.
#
# A memfd of one page, made by the launcher and handed to the client with the sockets.
# The terminal writes, the supervisor and the sleeper read (``pread``). Words are 8
# bytes, aligned, in the machine's byte order:
#
# ====== =========================================================================
# offset
# ====== =========================================================================
# 0      magic and version of this layout: ``CWRUN\0\0\1``
# 8      heartbeats so far
# 16     ``CLOCK_MONOTONIC`` in nanoseconds at the first ``ready()``; 0: not yet
# 24     1 when a heartbeat found that the program has replaced the SIGSEGV handler
# ====== =========================================================================
#
# Memory, not a file: nothing of it is kept, and it needs no consent.

MAGIC = b"CWRUN\0\0\1"
PAGE_BYTES = 4096
HEARTBEATS = 8
READY_AT = 16
HANDLER_REPLACED = 24
