"""A talk on a socket: one thread hears, another speaks what it is given, in order. Knows no dialect's messages."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextvars import copy_context
from types import TracebackType
from typing import Generic, Protocol, TypeVar

from backend.api.sockets import ending
from backend.core.errors import Problem
from backend.safety.websocket import Closed, Socket

NOTHING_TO_SAY = "bad-text"
"""Code of a text without words; in a talk it is no failure."""
LOOK = 0.25  # seconds between looks whether the other side is still there


class Flow(Protocol):
    """Sound of a text that is still being written."""

    def feed(self, text: str) -> None: ...
    def end(self) -> None: ...
    def close(self) -> None: ...
    def __iter__(self) -> Iterator[bytes]: ...


class Turn(Protocol):
    """What is spoken in one go."""

    def close(self) -> None:
        """From any thread, also when it is over: nothing of it is wanted any more."""


Spoken = TypeVar("Spoken", bound=Turn)


class Speaker(Generic[Spoken]):
    """The thread that speaks. What is not spoken when the hearing ends is closed: `with` it around the hearing."""

    def __init__(
        self,
        ws: Socket,
        speak: Callable[[Spoken], None],
        over: Callable[[], None],
        tell: Callable[[Problem], None] | None = None,
        mark: str = "",
    ) -> None:
        """`speak` says a turn, `over` what comes after the last one; the others are those of `ending`."""
        self._ws = ws
        self._speak = speak
        self._over = over
        self._tell = tell
        self._mark = mark
        self._news = threading.Condition()
        self._turns: deque[Spoken] = deque()
        self._leaving = False
        self._thread = threading.Thread(target=copy_context().run, args=(self._run,), name="speaker", daemon=True)

    def __enter__(self) -> Speaker[Spoken]:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for turn in self.turns:
            turn.close()
        self.leave()
        self._thread.join()

    @property
    def turns(self) -> list[Spoken]:
        """Those that are not over; the first may be under way."""
        with self._news:
            return list(self._turns)

    @property
    def leaving(self) -> bool:
        return self._leaving

    def add(self, turn: Spoken) -> None:
        with self._news:
            self._turns.append(turn)
            self._news.notify_all()

    def leave(self) -> None:
        """It ends after what is waiting."""
        with self._news:
            self._leaving = True
            self._news.notify_all()

    def await_room(self, most: int) -> None:
        """Wait until fewer turns than that are left. Raises Closed."""
        with self._news:
            while not self._news.wait_for(lambda: len(self._turns) < most, LOOK):
                if self._ws.closed:
                    raise Closed

    def _run(self) -> None:
        with ending(self._ws, self._tell, self._mark):
            while (turn := self._next()) is not None:
                self._speak(turn)
                with self._news:
                    self._turns.popleft()
                    self._news.notify_all()
            self._over()

    def _next(self) -> Spoken | None:
        with self._news:
            self._news.wait_for(lambda: self._turns or self._leaving)
            return self._turns[0] if self._turns else None
