"""Server-sent events: turns a followed job into bytes, and bounds how many do so at once. Knows no job's content."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Response

from backend.core.errors import Busy

Followed = Iterator[tuple[int | None, dict[str, Any]] | None]
"""Numbered events, live ones without a number, None for a heartbeat."""


class StreamSlots:
    """How many requests may hold a thread for long: event streams, and callers that wait for a result."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken = 0
        self._lock = threading.Lock()

    @property
    def taken(self) -> int:
        return self._taken

    def take(self) -> None:
        """Raises Busy when all are taken."""
        with self._lock:
            if self._taken >= self._limit:
                raise Busy(
                    "Too many streams are open.", hint="Close other pages of the studio.", code="too-many-streams"
                )
            self._taken += 1

    def give_back(self) -> None:
        with self._lock:
            self._taken -= 1

    @contextmanager
    def held(self) -> Iterator[None]:
        self.take()
        try:
            yield
        finally:
            self.give_back()


class EventStream:
    """The bytes of one stream. `close` ends the following and frees the slot, also when nothing was ever read."""

    def __init__(self, events: Followed, slots: StreamSlots) -> None:
        self._slots: StreamSlots | None = slots
        self._events = events

    def __iter__(self) -> Iterator[bytes]:
        yield b": the studio is listening\n\n"  # proxies and browsers answer at the first byte
        for event in self._events:
            yield b": still here\n\n" if event is None else _encoded(*event)

    def close(self) -> None:
        slots, self._slots = self._slots, None
        if slots is None:
            return
        slots.give_back()
        close = getattr(self._events, "close", None)
        if close is not None:
            close()


def stream(follow: Callable[[], Followed], slots: StreamSlots) -> Response:
    """The response of what `follow` returns. The slot is taken first: a refused stream submits no job."""
    slots.take()
    try:
        events = follow()
    except BaseException:
        slots.give_back()
        raise
    response = Response(EventStream(events, slots), content_type="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _encoded(number: int | None, body: dict[str, Any]) -> bytes:
    head = "" if number is None else f"id: {number}\n"
    return f"{head}data: {json.dumps(body)}\n\n".encode()
