r"""Letters of names that ``\w`` leaves out: vowel signs, points, joiners."""

from __future__ import annotations

from typing import Final

MARKS: Final = (
    r"\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0dff\u0e00-\u0eff\u200b-\u200d"
)
"""Of NFD, Hebrew, Arabic, India's scripts, Thai and Lao: for a class in brackets."""
