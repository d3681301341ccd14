"""Whose turn it is on the device: a lock that is given in the order of asking. Python's own may be taken again by who
just gave it back, while others wait.
"""

from __future__ import annotations

import threading
from collections import deque

_HANDED_OVER = -1


class Turn:
    """`with turn:`, by any thread, not twice by the same."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._owner: int | None = None

    @property
    def held(self) -> bool:
        """Whether this thread has it."""
        return self._owner == threading.get_ident()

    def __enter__(self) -> None:
        with self._guard:
            if self._owner is None:
                self._owner = threading.get_ident()
                return
            ticket = threading.Lock()
            ticket.acquire()
            self._waiting.append(ticket)
        ticket.acquire()  # given back by who leaves
        self._owner = threading.get_ident()

    def __exit__(self, *_: object) -> None:
        with self._guard:
            if self._waiting:
                self._owner = _HANDED_OVER
                self._waiting.popleft().release()
            else:
                self._owner = None
