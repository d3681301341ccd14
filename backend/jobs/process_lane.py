"""A runner in a child process: a crash, a hang or a memory kill there never takes the page down.

One child is kept warm and started anew whenever it is gone. Knows neither the table nor the followers.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from backend.core.errors import EngineFailed
from backend.core.events import ProgressEvent
from backend.jobs.child_process import Child, Mailbox
from backend.jobs.endings import again_event, cancelled_event, failed_event
from backend.jobs.model import Claim
from backend.jobs.runner import Died, Emit, Left, Outcome

log = logging.getLogger(__name__)

START_LIMIT = 60.0  # seconds until a fresh child must be ready
START_TRIES = 3  # children for one job, when they end before they are ready
TAKE_LIMIT = 30.0  # seconds until a ready child must have taken a job: its listener has nothing else to do
CANCEL_LIMIT = 5.0  # seconds a handler may take to stop before its process is ended
REST_LIMIT = 30.0  # seconds at most between starts of a child that never becomes ready
TICK = 0.25  # seconds between looks at the clock


class ProcessRunner:
    """Keeps a child warm and gives it jobs; how many at once is the lane's choice."""

    def __init__(self, target: str, settings: dict[str, Any], stall_limit: float = 300.0) -> None:
        self._target = target
        self._settings = settings
        self._stall_limit = stall_limit
        self._child: Child | None = None
        self._swapping = threading.Lock()
        self._leaving = threading.Event()
        self._cancelled: dict[str, float] = {}
        self._running: list[str] = []
        self._counting = threading.Lock()
        self._home = 0
        self._heard: Callable[[], None] = lambda: None
        self._false_starts = 0
        self._rest_until = 0.0

    @property
    def state(self) -> str:
        if self._running:
            return "busy"
        child = self._child
        return "idle" if child is not None and child.ready.is_set() else "starting"

    @property
    def facts(self) -> dict[str, Any]:
        """What the child told of itself last; empty for a fresh one."""
        child = self._child
        return child.facts if child else {}

    def watch(self, heard: Callable[[], None]) -> None:
        self._heard = heard

    def renew(self) -> None:
        """A new child as soon as none works: it sees packages that were installed meanwhile."""
        if not self._running:
            self._drop(self._child)

    @property
    def child_pid(self) -> int | None:
        child = self._child
        return child.pid if child else None

    def start(self) -> None:
        """Start the child, or a new one for one that died at rest.

        Called from the lane's thread, which outlives the child: Linux ties a child to the thread that started it.
        """
        self._home = threading.get_ident()
        child = self._child
        if child is not None and not self._running and child.gone():
            log.warning("the lane's process ended at rest (%s)", child.how_it_ended())
            self._rest_after(child)
            self._drop(child)
        if time.monotonic() >= self._rest_until:
            self._start()

    def run(self, claim: Claim, rates: dict[str, float], emit: Emit) -> Outcome:
        with self._counting:
            beside = bool(self._running)
            self._running.append(claim.job_id)
        try:
            outcome = self._worked(claim, rates, emit, beside)
        except BaseException:
            # It still works on a job that nobody listens to; the next one must not hear of that.
            self._drop(self._child)
            raise
        finally:
            self._cancelled.pop(claim.job_id, None)
            with self._counting:
                self._running.remove(claim.job_id)
        if self._is_home:
            self._start()
        ended = isinstance(outcome, ProgressEvent) and outcome.done
        return Left() if self._leaving.is_set() and not ended else outcome

    def cancel(self, job_id: str) -> None:
        self._cancelled.setdefault(job_id, time.monotonic())
        child = self._child
        if child is not None:
            child.say({"type": "cancel", "job_id": job_id})

    def stop(self) -> None:
        self._leaving.set()
        self._drop(self._child)

    @property
    def _is_home(self) -> bool:
        """Whether this thread may start a child: it outlives it."""
        return threading.get_ident() == self._home

    def _worked(self, claim: Claim, rates: dict[str, float], emit: Emit, beside: bool) -> Outcome:
        child = self._ready_child() if self._is_home else self._child_that_works()
        if not isinstance(child, Child):
            return child
        with child.mailbox(claim.job_id) as box:
            order = {"type": "run", "job_id": claim.job_id, "kind": claim.kind, "request": claim.request}
            child.say({**order, "attempt": claim.attempt, "rates": rates, "beside": beside})
            if claim.job_id in self._cancelled:
                child.say({"type": "cancel", "job_id": claim.job_id})
            return self._heard_out(child, box, claim.job_id, emit)

    def _heard_out(self, child: Child, box: Mailbox, job_id: str, emit: Emit) -> Outcome:
        taken, heard, limit = False, time.monotonic(), min(TAKE_LIMIT, self._stall_limit)
        while not box.finished and not self._too_long(job_id, heard, limit):
            message = box.next(TICK)
            if message is None:
                continue
            taken, heard, limit = True, time.monotonic(), self._stall_limit
            if message["type"] == "taken":
                continue
            event = ProgressEvent.model_validate(message["event"])
            if message["type"] == "end":
                return event
            emit(event)
        return self._without_end(child, job_id, taken)

    def _child_that_works(self) -> Child | Outcome:
        """For a job beside others; where their child is gone meanwhile, nothing was begun."""
        child = self._child
        found = self._warm(child) if child is not None and not child.gone() else None
        return again_event() if found is None or isinstance(found, Died) else found

    def _ready_child(self) -> Child | Outcome:
        """A child that answers; else how it failed to become one. What dies before it has the job costs no attempt."""
        outcome: Outcome = Left()
        for _ in range(START_TRIES):
            child = self._child
            if child is not None and child.gone():
                self._drop(child)
            self._start()
            child = self._child
            if child is None:
                return Left()
            outcome_or_child = self._warm(child)
            if not isinstance(outcome_or_child, Died):
                return outcome_or_child
            outcome = outcome_or_child
            log.warning("the lane's process did not start: %s", outcome.how)
            self._drop(child)
        return outcome

    def _warm(self, child: Child) -> Child | Outcome:
        deadline = time.monotonic() + START_LIMIT
        while not child.ready.wait(TICK):
            if self._leaving.is_set():
                return Left()
            if child.is_silent or time.monotonic() > deadline:
                ended = child.gone(1.0)
                self._rest_after(child)
                return Died(f"{child.how_it_ended()} at its start" if ended else "it did not start in time")
        self._false_starts = 0
        return child

    def _too_long(self, job_id: str, heard: float, limit: float) -> bool:
        now = time.monotonic()
        # Beside others it may take its time: ending its process would end theirs.
        ignored = now - self._cancelled.get(job_id, now) > CANCEL_LIMIT and len(self._running) == 1
        return ignored or now - heard > limit or self._leaving.is_set()

    def _without_end(self, child: Child, job_id: str, taken: bool) -> Outcome:
        """The child fell silent: it left, was cancelled in vain, hangs, or died."""
        if self._leaving.is_set():
            return Left()
        if child.stopped:  # because of another job
            return again_event()
        alive = not child.gone(1.0)
        how = "" if alive else child.how_it_ended()
        self._drop(child)
        if job_id in self._cancelled:
            return cancelled_event()
        if not alive or not taken:
            return Died(how or "it no longer listened")
        problem = EngineFailed(
            f"The engine gave no sign for {self._stall_limit:.0f} seconds and was stopped.",
            hint="Try again, with a shorter text if it happens once more.",
            code="engine-stalled",
        )
        return failed_event(problem)

    def _start(self) -> None:
        with self._swapping:
            if self._child is None and not self._leaving.is_set():
                self._child = Child(self._target, self._settings, self._heard)

    def _drop(self, child: Child | None) -> None:
        """End this one; there may be another already."""
        with self._swapping:
            if self._child is child:
                self._child = None
        if child is not None:
            child.end()

    def _rest_after(self, child: Child) -> None:
        """A child that dies before it is ready will do so again: try less and less often, but for every job."""
        if not child.ready.is_set():
            self._false_starts += 1
            self._rest_until = time.monotonic() + min(REST_LIMIT, 2.0**self._false_starts)
