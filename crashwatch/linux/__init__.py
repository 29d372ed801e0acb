"""Everything that touches ptrace, /proc or another process's memory. Linux only."""
