"""Nobody is there, or nobody may be asked: so nobody is, and nothing is agreed to."""

from __future__ import annotations

from crashwatch.prompts.question import Answer, Reply


def answer_unattended(why: str) -> Reply:
    """No answer: the report stays pending. Reads and writes nothing."""
    return Reply(Answer.UNANSWERED, why)
