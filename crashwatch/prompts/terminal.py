"""Ask on a terminal: keyboard only, and whatever goes wrong means "don't send".

No colour and no cursor movement are used. Every line is ended by Enter. What was typed
before the question stood on the screen is thrown away.
"""

from __future__ import annotations

import contextlib
import os
import select
import termios
import textwrap
import time
from typing import TYPE_CHECKING, NamedTuple

from crashwatch.prompts import tty_state
from crashwatch.prompts.comment_input import Written, write
from crashwatch.prompts.line_input import Ended, Typed, press
from crashwatch.prompts.payload_text import payload_lines
from crashwatch.prompts.question import (
    Answer,
    Draft,
    Reply,
    Subject,
    answer_of,
    comment_lines,
    input_line,
    not_understood,
    question_lines,
)
from crashwatch.prompts.screen_text import columns_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

TRIES = 10
"""Lines that are no answer before that is taken for one: a pasted text, a cat."""

_NO_HAND = 0.05
"""Seconds after Enter within which no hand presses another key."""

_LINE_ENDS, _SPACE = b"\r\n", 0x20

_TICK = 0.5
"""Seconds between two looks at the screen's size."""


class Terminal(NamedTuple):
    """Where to ask.

    Attributes:
        source: Descriptor to read keys from; a terminal.
        screen: Descriptor to write to; the same terminal.
        saved: Its attributes before the program started, as ``tty_state.save`` gave
            them.
        plain: Send no escape sequence and no columns: a dumb terminal, or a person
            who listens.
    """

    source: int
    screen: int
    saved: tty_state.Attributes | None = None
    plain: bool = False


def ask(
    draft: Draft,
    *,
    comment: Callable[[str], Draft],
    disclosure: str,
    terminal: Terminal,
    timeout: float,
    clock: Callable[[], float],
) -> Reply:
    """Ask, and wait ``timeout`` seconds for each line. Never raises, never hangs.

    What the answer does is the caller's to do, and ``question.farewell`` says it after
    it was done.

    Args:
        draft: What the question is about; "view" shows what would be sent.
        comment: Gives the same with what the person typed, which is asked about anew.
        disclosure: The whole text, shown by "read".
        terminal: Where.
        timeout: Seconds without a line that count as "don't send".
        clock: Seconds that only grow; ``time.monotonic``.
    """
    if not tty_state.in_foreground(terminal.source):
        return Reply(Answer.UNANSWERED, "another job has the terminal")
    talk = _Talk(terminal, timeout, clock)
    try:
        with tty_state.question_mode(terminal.source, terminal.saved):
            return _converse(talk, draft, comment, disclosure)
    except _GaveUpError as reason:
        return Reply(Answer.UNANSWERED, str(reason))
    except KeyboardInterrupt as end:
        with contextlib.suppress(OSError):
            os.write(terminal.screen, b"\r\n")  # what is said next begins a line
        return Reply(Answer.UNANSWERED, str(end) or "interrupted")
    except (OSError, termios.error):
        return Reply(Answer.UNANSWERED, "the terminal went away")


def put_right(terminal: Terminal) -> None:
    """Undo what a crash left, where something is said and nothing asked."""
    try:
        with tty_state.question_mode(terminal.source, terminal.saved):
            _Talk(terminal, 1.0, time.monotonic).put_right()
    except (_GaveUpError, OSError, termios.error):
        pass  # nobody reads it


def ask_whether(lines: Sequence[str], *, terminal: Terminal, timeout: float) -> Reply:
    """Ask a question of yes or no, whose last line stands before the answer.

    Never raises but KeyboardInterrupt, never hangs; all but "y" and "yes" is no.
    """
    if not tty_state.in_foreground(terminal.source):
        return Reply(Answer.UNANSWERED, "another job has the terminal")
    talk = _Talk(terminal, timeout, time.monotonic)
    try:
        with tty_state.question_mode(terminal.source, terminal.saved):
            talk.put_right()
            talk.say(lines[:-1])
            tty_state.discard_input(terminal.source)
            line = talk.line(lines[-1])
    except _GaveUpError as reason:
        return Reply(Answer.UNANSWERED, str(reason))
    except (OSError, termios.error):
        return Reply(Answer.UNANSWERED, "the terminal went away")
    if isinstance(line, Reply):
        return line
    agreed = not line.spoiled and line.text.lower() in {"y", "yes"}
    return Reply(Answer.YES if agreed else Answer.DONT_SEND, "the person's answer")


class _GaveUpError(Exception):
    """The terminal does not take what is written to it."""


class _Resized(NamedTuple):
    """The screen has another size, so the question is shown again."""


def _converse(
    talk: _Talk, draft: Draft, comment: Callable[[str], Draft], disclosure: str
) -> Reply:
    talk.put_right()
    talk.question(draft.subject)
    for _ in range(TRIES):
        line = talk.line(input_line(), again=draft.subject)
        if isinstance(line, Reply):
            return line
        answer = answer_of(line.text) if not line.spoiled else None
        stopped: Reply | None = None
        if answer is Answer.VIEW:
            stopped = talk.pages(payload_lines(draft.items))
        elif answer is Answer.READ:
            stopped = talk.pages(disclosure.splitlines())
        elif answer is Answer.COMMENT:
            written = talk.comment()
            if isinstance(written, Reply):
                return written
            draft = comment(written)
            talk.say([draft.refused])
        elif answer is None:
            talk.say([not_understood()])
            continue
        else:
            return Reply(answer, "the person's answer")
        if stopped:
            return stopped
        talk.question(draft.subject)
    return Reply(Answer.UNANSWERED, "no answer was understood")


class _Talk:
    """Lines to and from one terminal."""

    def __init__(
        self, terminal: Terminal, timeout: float, clock: Callable[[], float]
    ) -> None:
        self._terminal = terminal
        self._timeout = timeout
        self._clock = clock
        self._size = self._look()

    def put_right(self) -> None:
        """Undo what the crash left on the screen, and forget what was typed before."""
        os.set_blocking(self._terminal.screen, True)
        if not self._terminal.plain:
            self._put(tty_state.RESTORE_SCREEN)
        self._put("\n")

    def question(self, subject: Subject) -> None:
        """Show the question; only what is typed from now on counts."""
        self._size = self._look()
        self.say(
            question_lines(
                subject, columns=self._size.columns, plain=self._terminal.plain
            )
        )
        tty_state.discard_input(self._terminal.source)

    def say(self, lines: Iterable[str]) -> None:
        """Write whole lines."""
        self._put("".join(f"{line}\n" for line in lines))

    def line(self, before: str, again: Subject | None = None) -> Typed | Reply:
        """The next line, or the reply that no line is.

        Args:
            before: What stands before the input.
            again: The question to repeat when the screen's size changes.
        """
        self._put(self._fitted(before))
        typed, deadline = Typed(), self._clock() + self._timeout
        while True:
            byte = self._byte(deadline)
            if byte is None:
                self._put("\n")
                return Reply(Answer.UNANSWERED, "time-out")
            if isinstance(byte, _Resized):
                if again is not None and not self._terminal.plain:
                    self._put("\n\n")
                    self.question(again)
                    self._put(self._fitted(before))
                    typed = Typed()
                continue
            pressed = press(typed, byte)
            typed = pressed.typed
            self._put(pressed.echo)
            if pressed.ended is Ended.ENTER:
                return typed
            if pressed.ended is not None:
                return Reply(Answer.UNANSWERED, pressed.ended.value)

    def _fitted(self, before: str) -> str:
        """Broken between words where the screen is narrower."""
        if columns_of(before) < self._size.columns:
            return before
        return "\n".join(textwrap.wrap(before, self._size.columns - 1)) + " "

    def comment(self) -> str | Reply:
        """A line in the person's own words, or the reply that ends the question."""
        self.say(comment_lines())
        written = Written()
        while True:
            byte = self._byte(self._clock() + self._timeout)
            if byte is None:
                self._put("\n")
                return Reply(Answer.UNANSWERED, "time-out")
            if isinstance(byte, _Resized):
                continue
            if byte in _LINE_ENDS and self._is_pasted():
                byte = _SPACE
            written, echo, ended = write(written, byte, self._size.columns)
            self._put(echo)
            if ended is Ended.ENTER:
                return written.text
            if ended is not None:
                return Reply(Answer.UNANSWERED, ended.value)

    def _is_pasted(self) -> bool:
        """Whether more comes at once: the next line of a paste would be an answer."""
        return _is_ready(self._terminal.source, select.POLLIN, _NO_HAND)

    def pages(self, lines: Iterable[str]) -> Reply | None:
        """Show lines a screen at a time; the reply if that ended the question."""
        page: list[str] = []
        room = 0
        for line in lines:
            rows = self._rows(line)
            if page and rows > room:
                self.say(page)
                more = self.line("-- Enter: more; q and Enter: back to the question: ")
                if isinstance(more, Reply):
                    return more
                if more.text.lower().startswith("q"):
                    return None
                page = []
            if not page:
                self._size = self._look()
                room = max(1, self._size.lines - 2)
            page.append(line)
            room -= rows
        self.say([*page, "-- End."])
        return None

    def _rows(self, line: str) -> int:
        return max(1, -(-columns_of(line) // self._size.columns))

    def _look(self) -> os.terminal_size:
        try:
            size = os.get_terminal_size(self._terminal.screen)
        except OSError:
            size = os.terminal_size((0, 0))
        return os.terminal_size((size.columns or 80, size.lines or 24))

    def _byte(self, deadline: float) -> int | _Resized | None:
        """The next byte; None when the time is over."""
        for left in self._ticks(deadline):
            if _is_ready(self._terminal.source, select.POLLIN, left):
                try:
                    data = os.read(self._terminal.source, 1)
                except BlockingIOError:
                    continue
                return data[0] if data else 0x04
            size = self._look()
            if size != self._size:
                self._size = size
                return _Resized()
        return None

    def _put(self, text: str) -> None:
        """Write, but not for ever: output may be stopped, and nobody there.

        Raises:
            _GaveUpError: The time is over.
        """
        data = memoryview(text.encode("utf-8", errors="backslashreplace"))
        deadline = self._clock() + self._timeout
        while data:
            for left in self._ticks(deadline):
                if _is_ready(self._terminal.screen, select.POLLOUT, left):
                    break
            else:
                raise _GaveUpError("time-out")
            # A terminal that takes a little may not take a lot without blocking.
            data = data[os.write(self._terminal.screen, data[:256]) :]

    def _ticks(self, deadline: float) -> Iterator[float]:
        """Seconds to wait next, again and again until the deadline."""
        while (left := deadline - self._clock()) > 0:
            yield min(_TICK, left)


def _is_ready(descriptor: int, event: int, seconds: float) -> bool:
    """Whether a read or write would not block; a hang-up is ready, too."""
    poll = select.poll()
    poll.register(descriptor, event)
    return bool(poll.poll(seconds * 1000))
