"""The report a person is asked about: as it was made, or with what they wrote about it.

What they typed is on the disk once they agreed, and never before.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from crashwatch.cli.subject import subject_of
from crashwatch.errors import CrashwatchError
from crashwatch.personal_data import collect_identity
from crashwatch.prompts.question import Draft, comment_refused
from reports.compose import with_comment
from reports.consent.record import Category
from reports.crash_report import CrashReport
from reports.errors import WithheldError
from reports.spool.amended import approve_amended

if TYPE_CHECKING:
    from collections.abc import Callable

    from crashwatch.cli.session import Session
    from reports.payload import Payload
    from reports.spool.entry import StoredReport
    from reports.spool.records import Approval
    from scrubbers import Identity


class Drafted:
    """One pending report while its person is asked.

    Attributes:
        id: Its id.
    """

    def __init__(
        self, payload: Payload, session: Session, identity: Callable[[], Identity]
    ) -> None:
        self.id = payload.id
        self._stored = payload
        self._shown = payload
        self._session = session
        self._identity = identity

    def draft(self) -> Draft:
        """It as it stands."""
        return Draft(subject_of(self._shown, self._session), self._shown.items)

    def comment(self, text: str) -> Draft:
        """It with this comment instead; or as it was, where the walls refuse that."""
        try:
            self._shown = with_comment(
                self._stored.report_json,
                self._stored.items,
                text,
                identity=self._identity(),
            )
        except WithheldError as refusal:
            return self.draft()._replace(refused=said_of(refusal))
        return self.draft()

    def approve(self, *, how: str) -> Approval:
        """Queue what was shown, and nothing else.

        Raises:
            ReportsError: It is not what waits there any more, or cannot be stored.
        """
        sequence = self._session.consent().sequence
        spool = self._session.spool
        shown, digests = self._shown, {item.sha256 for item in self._shown.items}
        if shown.items != self._stored.items:
            return approve_amended(spool, shown, digests, how=how, sequence=sequence)
        return spool.approve(self.id, digests, how=how, sequence=sequence)


def said_of(refusal: WithheldError) -> str:
    """Why a comment was not taken, in one line without anything of it."""
    return comment_refused(rule.partition(":")[0] for rule in refusal.rules)


def commented(
    stored: StoredReport, text: str, identity: Identity
) -> tuple[Payload, str]:
    """A stored report with a comment, and the comment as it would be sent.

    Raises:
        CrashwatchError: The walls refuse it, or such a report takes none.
    """
    if stored.summary.category != Category.CRASH.value:
        raise CrashwatchError("only the report of a crash takes a comment")
    try:
        payload = with_comment(
            stored.report_json, stored.items, text, identity=identity
        )
    except WithheldError as refusal:
        raise CrashwatchError(said_of(refusal)) from None
    return payload, msgspec.json.decode(payload.report_json, type=CrashReport).comment


def approve_with_comment(
    session: Session, stored: StoredReport, text: str, *, how: str
) -> Approval:
    """Queue a stored report with a comment that is sent as it was given, or not at all.

    Raises:
        CrashwatchError: Something would be taken out of it: the hint is what is left.
        ReportsError: The report is not pending, or cannot be stored.
    """
    identity = collect_identity(os.environ)
    payload, shown = commented(stored, text, identity)
    if shown != text:
        raise CrashwatchError(
            f"the comment would be sent as: {shown or '(nothing)'}",
            "Nothing was agreed to. Give it in these words, or in others.",
        )
    sequence = session.consent().sequence
    digests = {item.sha256 for item in payload.items}
    return approve_amended(session.spool, payload, digests, how=how, sequence=sequence)
