"""How far a performance is and how long it will take, from this machine's history and from the work itself."""

from __future__ import annotations

import time
from typing import Protocol

from backend.core.events import Phase, ProgressEvent

PREPARED, SPOKEN, JOINED = 0.03, 0.93, 0.97
"""Progress at the ends of the stages."""
TRUSTED = 0.15
"""Share of the speaking from which its own pace counts more than history."""
QUIET = 0.2  # seconds between two reports of the same line


class Context(Protocol):
    """What the job's runner offers."""

    def cancelled(self) -> bool: ...

    def estimate(self, key: str, units: float) -> float | None:
        """Seconds for so much work of a kind; None without history."""


class Progress:
    """Makes the events of one job. Progress never falls."""

    def __init__(self, context: Context, key: str, characters: int, segments: int) -> None:
        self._history = context.estimate(key, characters)
        self._characters = max(1, characters)
        self._segments = segments
        self._began = time.monotonic()
        self._told = 0.0
        self._reached = 0.0
        self._done = 0

    def stage(self, code: str, stage: str, phase: Phase = "working", progress: float = 0.0) -> ProgressEvent:
        """The beginning of a stage."""
        self._reached = max(self._reached, progress)
        self._told = time.monotonic()
        return ProgressEvent(
            phase=phase,
            stage=stage,
            stage_code=code,
            progress=round(self._reached, 4),
            eta=self._eta(),
            segments=self._segments,
        )

    def speaking(self, number: int, share: float = 0.0) -> ProgressEvent:
        """Line `number` (from 1) is spoken up to a share of its characters."""
        fraction = min(1.0, (self._done + share) / self._characters)
        self._reached = max(self._reached, PREPARED + (SPOKEN - PREPARED) * fraction)
        self._told = time.monotonic()
        return ProgressEvent(
            phase="working",
            stage=f"Speaking {number} of {self._segments}",
            stage_code="speaking",
            params={"n": str(number), "k": str(self._segments)},
            progress=round(self._reached, 4),
            eta=self._eta(),
            segment=number,
            segments=self._segments,
        )

    def is_due(self) -> bool:
        """Whether enough time has passed for another report."""
        return time.monotonic() - self._told >= QUIET

    def spoke(self, characters: int) -> None:
        """A line is finished."""
        self._done += characters

    def start_clock(self) -> None:
        """The engine is loaded: from here on the pace is measured."""
        self._began = time.monotonic()

    def _eta(self) -> float | None:
        """Seconds left; history first, then more and more the pace of this job."""
        fraction = min(1.0, max(0.0, (self._reached - PREPARED) / (1 - PREPARED)))
        elapsed = time.monotonic() - self._began
        known = None if self._history is None else max(0.0, self._history * (1 - fraction))
        if fraction < 0.02 or elapsed < 0.05:
            return None if known is None else round(known, 1)
        live = elapsed / fraction * (1 - fraction)
        if known is None:
            return round(live, 1)
        trust = min(1.0, fraction / TRUSTED)
        return round(live * trust + known * (1 - trust), 1)
