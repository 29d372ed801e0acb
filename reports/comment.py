"""What a person wrote about a crash, through the second wall. Pure.

It is the one text in a report that is not ours or the program's: it is scrubbed with
all that is known of its person, shown to them as it came out, and agreed to with the
rest. The last wall sees it too.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from reports import known_names
from reports.crash_report import LONGEST_COMMENT, Removal
from scrubbers import scrub

if TYPE_CHECKING:
    from reports.crash_report import CrashReport
    from scrubbers import Identity

PLACE = "comment"
_MOST_TYPED = 10 * LONGEST_COMMENT


def commented(report: CrashReport, text: str, identity: Identity) -> CrashReport:
    """The report with this comment in place of any other it had.

    Args:
        report: Without or with an earlier comment.
        text: As typed. What is longer than a comment may be is cut, after scrubbing, so
            that a cut cannot hide a name from its rule.
        identity: Who must not be named.
    """
    # An invisible letter would split a name, and show to nobody.
    seen = "".join(c for c in text[:_MOST_TYPED] if unicodedata.category(c) != "Cf")
    scrubbed = scrub(known_names.one_line(seen, _MOST_TYPED), identity=identity)
    found = Counter(finding.rule for finding in scrubbed.findings)
    return msgspec.structs.replace(
        report,
        comment=known_names.one_line(scrubbed.text, LONGEST_COMMENT).strip(),
        removed=(
            *(removal for removal in report.removed if removal.place != PLACE),
            *(Removal(rule, PLACE, count) for rule, count in sorted(found.items())),
        ),
    )
