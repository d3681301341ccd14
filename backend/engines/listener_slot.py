"""The recogniser in memory: one at a time, beside what speaks, lent out by `with`. Knows no requests and no files.

It makes room for itself only where nobody uses the speech model that lies in the way.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from backend.core.errors import Cancelled, EngineFailed, OutOfMemory, Problem
from backend.engines import device as devices
from backend.engines.listening import DeviceListener, TranscriptionEngine

WAIT_STEP = 0.2  # seconds between two looks at whether the waiting borrower was cancelled
SPARE = 300
"""Megabytes that stay free for the work of listening itself."""
GIGABYTE = 1000.0

MakeRoom = Callable[[int, str], None]
"""Free so many megabytes on a device (`cuda` or `cpu`), as far as that can be done now."""


class ListenerSlot:
    """One borrower at a time; a second one waits."""

    def __init__(
        self,
        listeners: Mapping[str, TranscriptionEngine],
        ttl: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`ttl` in seconds, 0 for ever."""
        self.listeners = dict(listeners)
        self._resident: TranscriptionEngine | None = None
        self._lock = threading.Lock()
        self._ttl = ttl
        self._clock = clock
        self._used = clock()

    @contextmanager
    def lend(
        self, one: TranscriptionEngine, make_room: MakeRoom, cancelled: Callable[[], bool]
    ) -> Iterator[TranscriptionEngine]:
        """Raises Cancelled while it waits, EngineUnavailable, EngineFailed, OutOfMemory."""
        while not self._lock.acquire(timeout=WAIT_STEP):
            if cancelled():
                raise Cancelled("Cancelled while waiting for the recogniser.")
        try:
            self._bring(one, make_room)
            yield one
        finally:
            self._used = self._clock()
            self._lock.release()

    def holds(self, one: TranscriptionEngine) -> bool:
        return self._resident is one

    def give_way(self) -> bool:
        """Give the memory back unless somebody listens; whether there was something to give."""
        if self._resident is None or not self._lock.acquire(blocking=False):
            return False
        try:
            return self._empty()
        finally:
            self._lock.release()

    def empty(self) -> None:
        """Give the memory back once nobody listens."""
        with self._lock:
            self._empty()

    def let_go_when_idle(self) -> bool:
        """Give the memory back when nobody listened for long; whether that was done now."""
        return bool(self._ttl) and self._clock() - self._used >= self._ttl and self.give_way()

    def facts(self) -> list[dict[str, Any]]:
        """Rows as the manager's `facts` has them. Any thread may ask."""
        one = self._resident
        if one is None:
            return []
        facts = {"engine": one.info.name, "variant": one.info.name, "key": one.info.name, "state": "resident"}
        return [{**facts, "title": one.info.title, "memory_mb": one.info.memory_mb, "listens": True}]

    def _empty(self) -> bool:
        one, self._resident = self._resident, None
        if one is not None:
            one.unload()
        return one is not None

    def _bring(self, one: TranscriptionEngine, make_room: MakeRoom) -> None:
        if self._resident is one:
            return
        self._empty()
        kind = one.device().kind if isinstance(one, DeviceListener) and one.availability().ok else "cpu"
        need = one.info.memory_mb + SPARE
        if devices.memory(kind)[0] < need:
            make_room(need, kind)
        free = devices.memory(kind)[0]
        if free < need:
            raise OutOfMemory(
                f"{one.info.title} needs {need / GIGABYTE:.1f} GB; {free / GIGABYTE:.1f} GB are free.",
                hint="Close other programs, or take a smaller recogniser.",
            )
        _load(one)
        self._resident = one


def _load(one: TranscriptionEngine) -> None:
    try:
        one.load()
    except Problem:
        one.unload()
        raise
    except MemoryError:
        one.unload()
        raise OutOfMemory(f"{one.info.title} does not fit.", hint="Take a smaller recogniser.") from None
    except Exception as error:  # a model library may raise anything; the user gets its name
        one.unload()
        raise EngineFailed(
            f"{one.info.title} could not be loaded: {type(error).__name__}.",
            hint="Check its model files, or take another recogniser.",
        ) from error
