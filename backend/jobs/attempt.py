"""One attempt at a job as its followers see it: a bar that never falls, an end in sight, no flood. Knows no table."""

from __future__ import annotations

import time

from backend.core.events import ProgressEvent

REST = 0.05  # seconds between recorded events that only move the bar


class Attempt:
    """Made for each run of a job, so a second run begins again at nothing."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds  # expected for all of it; None where there is no history
        self._began = time.monotonic()
        self._told: tuple[float, float] | None = None  # seconds left, and when the handler said so
        self._highest: float | None = None
        self._kept: tuple[object, ...] = ()
        self._kept_at = 0.0

    @property
    def left(self) -> float | None:
        """Seconds until the end: as the handler said last, else by the history of this machine. None where there is
        neither, or it was wrong."""
        seconds, since = self._told or (self._seconds, self._began)
        if seconds is None:
            return None
        left = seconds - (time.monotonic() - since)
        return round(left, 1) if left > 0 else None

    def shaped(self, event: ProgressEvent) -> ProgressEvent:
        """The event with a progress that does not fall, and with an eta if the handler gave none."""
        changed: dict[str, object] = {}
        if event.progress is not None:
            self._highest = max(event.progress, self._highest or 0.0)
            if event.progress < self._highest:
                changed["progress"] = self._highest
        if event.eta is not None:
            self._told = event.eta, time.monotonic()
        elif event.audio is None and not event.done and (left := self.left) is not None:
            changed["eta"] = left
        return event.model_copy(update=changed) if changed else event

    def worth_keeping(self, event: ProgressEvent) -> bool:
        """False for what is live only, and for one of many events that only move the bar."""
        if event.audio is not None or event.heard is not None:
            return False
        now = time.monotonic()
        said = (event.phase, event.stage, event.stage_code, event.segment)
        if event.notice is None and said == self._kept and now - self._kept_at < REST:
            return False
        self._kept, self._kept_at = said, now
        return True
