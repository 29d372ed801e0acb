"""The words of the question, the answers, and what each answer does. No widget.

Every face (terminal, window, the next start's notice) says these words. Refusing takes
as much as agreeing: one letter. Nothing is chosen beforehand, and no answer at all is
"don't send".
"""

from __future__ import annotations

import enum
import textwrap
from typing import TYPE_CHECKING, Literal, NamedTuple, assert_never

from crashwatch.prompts.screen_text import shortened
from crashwatch.prompts.size_text import size_text
from reports.crash_report import LONGEST_COMMENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reports.payload import Item

WIDEST = 78


class Answer(enum.Enum):
    """What a person can say. ``UNANSWERED`` is also the end of the time-out.

    ``VIEW`` and ``READ`` show something and then the question again; ``COMMENT`` takes
    a line in the person's own words first. ``YES`` answers only ``safe_start_lines``,
    and agrees to nothing else.
    """

    SEND_ONCE = "send once"
    ALWAYS = "always"
    DONT_SEND = "don't send"
    NEVER = "never"
    COMMENT = "comment"
    VIEW = "view"
    READ = "read"
    UNANSWERED = "unanswered"
    YES = "yes"


class Reply(NamedTuple):
    """An answer, and where it came from in a few words ("time-out", "interrupted")."""

    answer: Answer
    why: str


class Subject(NamedTuple):
    """What the question is about; all of it may be foreign text.

    Attributes:
        program: Base name of the program.
        reason: What happened, in one line ("died of SIGSEGV in its main thread").
        holds: What the report holds, in a few words.
        removed: What was taken out of it ("7 paths, 2 user names"), or empty.
        size: Bytes that would be sent.
        recipient: Host it would be sent to; empty: no DSN is set.
        report: The report's id, for the commands named to the person.
        comment: What they wrote about it, as it would be sent; or empty.
        command: What they type to run crashwatch.
    """

    program: str
    reason: str
    holds: str
    removed: str
    size: int
    recipient: str = ""
    report: str = ""
    comment: str = ""
    command: str = "crashwatch"


class Draft(NamedTuple):
    """A report as it stands before the person: without a comment, or with one.

    Attributes:
        subject: What the question says about it.
        items: What would be sent, and what an answer agrees to.
        refused: Why their comment was not taken, in one line; the rest is then as it
            was before.
    """

    subject: Subject
    items: Sequence[Item]
    refused: str = ""


class Consequences(NamedTuple):
    """What an answer does.

    Attributes:
        approve: This report, and only it, may be sent.
        set_crash: State to record for the category ``crash``, or None.
        keep_pending: The report stays; it can be approved later by its id.
        discard: The report is deleted.
    """

    approve: bool
    set_crash: Literal["always", "never"] | None
    keep_pending: bool
    discard: bool


class Option(NamedTuple):
    """One answer as it is offered: its key, its word, what it means."""

    answer: Answer
    key: str
    word: str
    meaning: str


# "n" is "no", which a hand types unasked: it must not be "never", nor an agreement.
OPTIONS: tuple[Option, ...] = (
    Option(Answer.SEND_ONCE, "s", "send", "send this report, once"),
    Option(Answer.ALWAYS, "a", "always", "always send crash reports, this one too"),
    Option(Answer.DONT_SEND, "n", "no", "don't send; keep it on this machine"),
    Option(Answer.NEVER, "x", "never", "never ask: delete it, and make no more"),
    Option(Answer.COMMENT, "c", "comment", "add a comment; see it as it would be sent"),
    Option(Answer.VIEW, "v", "view", "view exactly what would be sent"),
    Option(Answer.READ, "r", "read", "read the whole disclosure"),
)

STATE = "A report was made. It is on this machine, and nothing has been sent."
_NOTHING = "nothing had to be"
_NOWHERE = "nowhere yet: no DSN is set, nothing is sent whatever you choose"
NEVER_HELD = "screen contents, input, arguments, environment, your name or files"


def consequences(answer: Answer) -> Consequences:
    """What ``answer`` does to the record and to the report."""
    match answer:
        case Answer.SEND_ONCE:
            return Consequences(True, None, keep_pending=False, discard=False)
        case Answer.ALWAYS:
            return Consequences(True, "always", keep_pending=False, discard=False)
        case Answer.NEVER:
            return Consequences(False, "never", keep_pending=False, discard=True)
        case (
            Answer.DONT_SEND
            | Answer.COMMENT
            | Answer.VIEW
            | Answer.READ
            | Answer.UNANSWERED
            | Answer.YES
        ):
            return Consequences(False, None, keep_pending=True, discard=False)
        case _:
            assert_never(answer)


def answer_of(typed: str) -> Answer | None:
    """The answer a typed line is; an empty one is "don't send"; None for any other."""
    word = typed.strip().lower()
    if not word:
        return Answer.DONT_SEND
    return next((o.answer for o in OPTIONS if word in (o.key, o.word)), None)


def question_lines(
    subject: Subject, *, columns: int = 80, plain: bool = False
) -> tuple[str, ...]:
    """The question, without the line the answer is typed on.

    Args:
        subject: What it is about.
        columns: Width of the screen; at 80 the question has fewer than 20 lines.
        plain: Whole sentences instead of columns, for a reader of speech or braille.
    """
    width = max(20, min(WIDEST, columns - 2))
    body = _plain_lines(subject) if plain else _table_lines(subject)
    return tuple(line for label, text in body for line in _wrapped(label, text, width))


def input_line() -> str:
    """What stands before the person's answer."""
    keys = ", ".join(option.key for option in OPTIONS)
    return f"Type {keys} and Enter (Enter alone: don't send): "


def comment_lines() -> tuple[str, ...]:
    """What stands before a comment; it is typed on the line below."""
    most = f"{LONGEST_COMMENT} letters at most"
    return (
        f"Your comment, {most}. Kept and sent only if you agree afterwards.",
        "Enter ends it; Enter alone: no comment.",
    )


def comment_refused(rules: Iterable[str]) -> str:
    """Said when the walls do not let a comment through, by the names of their rules."""
    names = ", ".join(sorted(set(rules)))
    return f"The comment was not taken: it names you ({names}). Say it in other words."


def not_understood() -> str:
    """Said when a line is none of the answers."""
    return "That is none of the answers. Nothing was sent."


def farewell(reply: Reply, subject: Subject) -> str:
    """One line after the answer: what happens now."""
    report = shortened(subject.report, 40) or "ID"
    ours = subject.command
    match reply.answer:
        case Answer.SEND_ONCE:
            return "Agreed to, this report only." + _when(subject)
        case Answer.ALWAYS:
            return f"Agreed to, from now on. Undo: {ours} consent revoke crash"
        case Answer.NEVER:
            return f"Deleted. To allow them again: {ours} consent grant crash"
        case (
            Answer.DONT_SEND
            | Answer.COMMENT
            | Answer.VIEW
            | Answer.READ
            | Answer.UNANSWERED
            | Answer.YES
        ):
            because = f" ({reply.why})" if reply.answer is Answer.UNANSWERED else ""
            return f"Not sent{because}. Kept: {ours} reports show {report}"
        case _:
            assert_never(reply.answer)


def again(subject: Subject, *, before: str, deaths: int) -> str:
    """One line instead of the question: this crash was asked about, or is one of many.

    Args:
        subject: What would be asked about.
        before: Id of the report of the same crash, or empty.
        deaths: How often the program died lately.
    """
    report = shortened(subject.report, 40)
    kept = f"Kept, not sent: {subject.command} reports show {report}"
    why = (
        f"The same crash as in report {before[:8]}; not asked twice a day."
        if before
        else f"{deaths} crashes within 10 minutes; not asked again."
    )
    return f"{headline(subject)} {why} {kept}"


def safe_start_lines(
    program: str, deaths: int, arguments: Sequence[str]
) -> tuple[str, ...]:
    """What is asked of a person whose program crashes in a loop."""
    words = " ".join(shortened(word, 40) for word in arguments)
    name = shortened(program, 30)
    return (
        f"{name} crashed {deaths} times within 10 minutes.",
        f"It can be started with: {shortened(words, 200)}",
        f"Type y and Enter to start {name} so (Enter alone: don't): ",
    )


def _when(subject: Subject) -> str:
    return "" if subject.recipient else " No DSN is set, so it stays here for now."


def headline(subject: Subject) -> str:
    """What happened, in one line."""
    return f"{shortened(subject.program, 30)} {shortened(subject.reason, 90)}."


def _goes_to(subject: Subject) -> str:
    if subject.recipient:
        return shortened(subject.recipient, 60)
    return _NOWHERE


def facts(subject: Subject) -> Iterator[tuple[str, str]]:
    """Name and text of each thing to know before the choice."""
    yield "Holds", shortened(subject.holds, 130)
    yield "Never", NEVER_HELD
    yield "Removed", shortened(subject.removed, 130) or _NOTHING
    yield "Size", size_text(subject.size)
    yield "Goes to", _goes_to(subject)
    if subject.comment:
        yield "Comment", shortened(subject.comment, LONGEST_COMMENT)


def _table_lines(subject: Subject) -> Iterator[tuple[str, str]]:
    """Label and text of each paragraph."""
    yield "", headline(subject)
    yield "", STATE
    yield "", ""
    for name, text in facts(subject):
        yield f"  {name:<8} ", text
    yield "", ""
    for option in OPTIONS:
        yield f"  {option.key}  ", option.meaning
    yield "", ""


def _plain_lines(subject: Subject) -> Iterator[tuple[str, str]]:
    yield "", headline(subject)
    yield "", STATE
    yield "", f"It holds {shortened(subject.holds, 130)}."
    yield "", f"It never holds {NEVER_HELD}."
    yield "", f"Removed from it: {shortened(subject.removed, 130) or _NOTHING}."
    yield "", f"Its size is {size_text(subject.size)}."
    yield "", f"It goes {'to ' if subject.recipient else ''}{_goes_to(subject)}."
    if subject.comment:
        yield "", f"Your comment: {shortened(subject.comment, LONGEST_COMMENT)}"
    for option in OPTIONS:
        yield "", f"{option.word}, or {option.key}: {option.meaning}."


def _wrapped(label: str, text: str, width: int) -> list[str]:
    """The paragraph in lines; all but the first stand under its text, not its label."""
    lines = textwrap.wrap(
        text,
        width,
        initial_indent=label,
        subsequent_indent=" " * len(label),
        break_on_hyphens=False,
    )
    return lines or [label.rstrip()]
