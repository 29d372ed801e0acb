"""A run whose children are watched too: what must reach them, and what came of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crashwatch.supervisor.child_door import VARIABLE, Door
from crashwatch.supervisor.launch import with_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from crashwatch.linux.signal_descriptor import SignalDescriptor
    from crashwatch.supervisor.children import ChildEnding, Children
    from crashwatch.supervisor.held import Reader


class Following:
    """Made before the program starts; a watch that stays drives it.

    Attributes:
        variables: What the program and its children must have in their environment.
        on_child: Told how each child ended, where there is something to tell.
        on_leave: Called after the last of them.
    """

    def __init__(self, environment: Mapping[bytes, bytes], folder: bytes) -> None:
        """Open the door.

        Args:
            environment: The program's.
            folder: That of our ``sitecustomize``.

        Raises:
            OSError: There can be no door here.
        """
        self._door = Door()
        self.variables = {
            b"PYTHONPATH": with_folder(folder, environment.get(b"PYTHONPATH")),
            VARIABLE: self._door.place.encode(),
        }
        self.on_child: Callable[[ChildEnding], None] = lambda _ended: None
        self.on_leave: Callable[[], None] = lambda: None
        self._children: Children | None = None

    def begin(
        self,
        signals: SignalDescriptor,
        read: Reader,
        may_capture: Callable[[], bool],
    ) -> Callable[[], set[int]]:
        """Let children in; returns what tells the pids of our own children for them."""
        from crashwatch.supervisor.children import Children  # noqa: PLC0415 -- late

        self._children = Children(self._door, signals, read, may_capture)
        try:
            self._door.new_guard()
        except OSError:
            self._door.close()  # without one a child could wait without end
        return self._children.guards

    def handlers(self) -> dict[int, Callable[[], None]]:
        """What to call for each descriptor that is readable."""
        return {} if self._children is None else self._children.handlers()

    @property
    def has_news(self) -> bool:
        """Whether ``tell`` has something to tell."""
        return self._children is not None and self._children.has_news

    def tell(self) -> None:
        """Tell of one child, if there is something to tell."""
        if self._children is not None and self._children.has_news:
            self.on_child(self._children.next_ended())

    def has_read(self, pid: int) -> bool:
        """Whether a crash of this process came in as that of a child.

        The program itself is one of them where it became a Python late, as a shell
        script does that ends by ``exec python``.
        """
        return self._children is not None and self._children.has_read(pid)

    def leave(self) -> None:
        """The program has ended: deal with those that wait at their crash."""
        if self._children is not None:
            self._children.settle()
        while self.has_news:
            self.tell()
        self.on_leave()
