"""Bytes, speed and time left of a download, which never go backwards."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

SMOOTH = 5.0
"""Seconds over which the speed is smoothed."""
OFTEN = 0.25
"""Seconds between two events."""


@dataclass(frozen=True)
class Progress:
    """How far a download is."""

    file: str
    done: int
    """Bytes, of all files."""
    total: int
    speed: float | None
    """Bytes per second, smoothed."""
    eta: float | None
    """Seconds."""
    provider: str
    """hf, modelscope or direct."""
    notice: str = ""


class Meter:
    """Counts. `total` is fixed once it is known."""

    def __init__(self, total: int, provider: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.total, self.provider, self.file = total, provider, ""
        self._done = 0
        self._share = 0.0
        self._clock = clock
        self._speed: float | None = None
        self._at, self._received_before = clock(), 0
        self._received = 0
        self._told = -OFTEN

    def is_at(self, done: int, received: int = 0) -> None:
        """Bytes that are there, and those that came over the network so far, which alone make the speed.

        Less than before is not shown: what is fetched anew was counted once.
        """
        self._received = received
        share = min(1.0, done / self.total) if self.total else 0.0
        self._share = max(self._share, share)
        self._done = min(self.total, max(done, int(self._share * self.total)))

    def look(self, notice: str = "", always: bool = False) -> Progress | None:
        """The present state; None while the last is still fresh."""
        now = self._clock()
        if not (notice or always or now - self._told >= OFTEN):
            return None
        self._told = now
        self._measure(now)
        eta = (self.total - self._done) / self._speed if self._speed else None
        return Progress(self.file, self._done, self.total, self._speed, eta, self.provider, notice)

    def _measure(self, now: float) -> None:
        passed = now - self._at
        if passed < OFTEN / 2:
            return
        present = max(0, self._received - self._received_before) / passed
        weight = min(1.0, passed / SMOOTH)
        if self._speed is None:
            self._speed = present or None
        else:
            self._speed += weight * (present - self._speed)
        self._at, self._received_before = now, self._received
