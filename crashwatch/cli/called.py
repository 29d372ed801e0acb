"""What the person types to reach what this process keeps."""

from __future__ import annotations

import os


def called() -> str:
    """``crashwatch``; what ``sudo`` started keeps it for root: with ``sudo`` again."""
    by_sudo = os.environ.get("SUDO_UID", "0") != "0" and os.geteuid() == 0
    return "sudo crashwatch" if by_sudo else "crashwatch"
