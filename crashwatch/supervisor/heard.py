"""What a client has told so far: a bounded list of messages, and where it wants a text.

Nothing of a message is trusted: one that does not make sense is left out.
"""

from __future__ import annotations

from crashwatch.client.inside.messages import MessageError, decode

TYPE_CHECKING = False
if TYPE_CHECKING:  # a wake must be quick
    from crashwatch.supervisor.ending import Records

MOST_MESSAGES = 64
_LONGEST_NUMBER = 18


class Heard:
    """The messages of one client.

    Attributes:
        messages: Those that were kept, the first ones.
        raw: The same as they came, for a launcher that sleeps and wakes again.
        fault_wish: The descriptor, in the client, that faulthandler was given by the
            program: its traceback is written there too. None: none was.
    """

    __slots__ = ("fault_wish", "messages", "raw")

    def __init__(self) -> None:
        self.messages: list[Records] = []
        self.raw: list[bytes] = []
        self.fault_wish: int | None = None

    def take(self, data: bytes) -> Records | None:
        """Take one message; returns it where it was kept."""
        try:
            records = decode(data)
        except MessageError:
            return None
        kind, *fields = records[0]
        if kind == "fault":
            self.fault_wish = number_of(fields[0]) if fields else None
        elif len(self.messages) < MOST_MESSAGES:
            self.raw.append(data)
            self.messages.append(records)
            return records
        return None


def number_of(text: str) -> int | None:
    """A descriptor, line or place as the client writes it; None for anything else.

    Python refuses to read a number of thousands of digits, by an error.
    """
    known = text.isascii() and text.isdecimal() and len(text) <= _LONGEST_NUMBER
    return int(text) if known else None
