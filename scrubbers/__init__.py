"""Remove personal data from text, trees and memory. Pure: no I/O, no clock."""

from scrubbers.finding import Finding, Scrubbed, summarize
from scrubbers.identity import Identity, as_identity
from scrubbers.text import scrub, scrub_text
from scrubbers.tree import scrub_tree
from scrubbers.tripwire import Hit, Tripwire

__all__ = [
    "Finding",
    "Hit",
    "Identity",
    "Scrubbed",
    "Tripwire",
    "as_identity",
    "scrub",
    "scrub_text",
    "scrub_tree",
    "summarize",
]
