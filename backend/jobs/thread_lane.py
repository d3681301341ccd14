"""A runner in the thread that calls it: for tests and the command line. A crash here takes the process with it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from backend.jobs.model import Claim
from backend.jobs.runner import Emit, Handler, JobContext, Left, Outcome, final_event


class ThreadRunner:
    """Runs handlers where it stands."""

    def __init__(self, handlers: dict[str, Handler]) -> None:
        self.state = "idle"
        self.facts: dict[str, Any] = {}
        self._handlers = handlers
        self._leaving = threading.Event()
        self._cancelled: set[str] = set()

    def start(self) -> None:
        """Nothing to prepare."""

    def watch(self, heard: Callable[[], None]) -> None:
        """Nothing is told."""

    def renew(self) -> None:
        """Nothing is kept between two jobs."""

    def run(self, claim: Claim, rates: dict[str, float], emit: Emit) -> Outcome:
        context = JobContext(
            claim.job_id,
            claim.attempt,
            lambda: claim.job_id in self._cancelled or self._leaving.is_set(),
            rates,
        )
        self.state = "busy"
        try:
            event = final_event(self._handlers.get(claim.kind), claim.request, context, emit)
        finally:
            self.state = "idle"
        if event.phase == "cancelled" and claim.job_id not in self._cancelled and self._leaving.is_set():
            return Left()
        self._cancelled.discard(claim.job_id)
        return event

    def cancel(self, job_id: str) -> None:
        self._cancelled.add(job_id)

    def stop(self) -> None:
        self._leaving.set()
