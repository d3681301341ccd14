"""Who uses what is in memory: several borrowers of one thing at once, or one who changes what is there. In the order of
asking: who waits is overtaken by nobody. Knows no engines.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from backend.core.errors import Cancelled, MemoryShared

WAIT_STEP = 0.2  # seconds between two looks at whether the waiting borrower was cancelled


class Borrowers:
    """A door, before which all stand in line, and those inside. Only who stands first at the door may change anything,
    and only while nobody is inside; or the only one who is."""

    def __init__(self) -> None:
        self._moved = threading.Condition()
        self._line: deque[object] = deque()
        self._inside = 0
        self._changing = False

    @property
    def busy(self) -> bool:
        return bool(self._inside or self._line)

    @contextmanager
    def inside(
        self, may_join: Callable[[int], bool], prepare: Callable[[], None], cancelled: Callable[[], bool]
    ) -> Iterator[None]:
        """Enter beside so many others where `may_join` says so of their number, else when all have left and after
        `prepare`. Raises Cancelled while it waits, and what the two raise."""
        with self._at_the_door(cancelled):
            with self._moved:
                self._wait(lambda: not self._changing and (not self._inside or may_join(self._inside)), cancelled)
                alone = not self._inside
                self._inside += not alone
            if alone:
                prepare()  # at the door: nobody else gets in meanwhile
                with self._moved:
                    self._inside += 1
        try:
            yield
        finally:
            with self._moved:
                self._inside -= 1
                self._moved.notify_all()

    @contextmanager
    def alone(self, cancelled: Callable[[], bool] = lambda: False) -> Iterator[None]:
        """When all have left, and nobody enters. Raises Cancelled while it waits."""
        with self._at_the_door(cancelled):
            with self._moved:
                self._wait(lambda: not self._inside, cancelled)
            yield

    @contextmanager
    def alone_now(self) -> Iterator[bool]:
        """The same without waiting; False where somebody is there."""
        ticket = object()
        with self._moved:
            free = not self.busy
            if free:
                self._line.append(ticket)
        try:
            yield free
        finally:
            if free:
                self._leave_line(ticket)

    @contextmanager
    def only_one(self) -> Iterator[None]:
        """For one who is inside: nobody else comes in. Raises MemoryShared where somebody else is."""
        with self._moved:
            if self._inside > 1:
                raise MemoryShared("The memory did not suffice for all who speak.", hint="Ask for less at once.")
            self._changing = True
        try:
            yield
        finally:
            with self._moved:
                self._changing = False
                self._moved.notify_all()

    @contextmanager
    def _at_the_door(self, cancelled: Callable[[], bool]) -> Iterator[None]:
        ticket = object()
        with self._moved:
            self._line.append(ticket)
        try:
            with self._moved:
                self._wait(lambda: self._line[0] is ticket, cancelled)
            yield
        finally:
            self._leave_line(ticket)

    def _leave_line(self, ticket: object) -> None:
        with self._moved:
            self._line.remove(ticket)
            self._moved.notify_all()

    def _wait(self, ready: Callable[[], bool], cancelled: Callable[[], bool]) -> None:
        while not self._moved.wait_for(ready, WAIT_STEP):
            if cancelled():
                raise Cancelled("Cancelled while waiting for the engine.")
