"""What runs a job: a handler yields events, a runner carries them here. Knows no table and no queue."""

from __future__ import annotations

import errno
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from backend.core.errors import DiskFull, EngineFailed, MemoryShared, OutOfMemory, Problem
from backend.core.events import ProgressEvent
from backend.jobs.endings import again_event, cancelled_event, failed_event
from backend.jobs.model import Claim

log = logging.getLogger(__name__)

_FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})


@dataclass(frozen=True)
class JobContext:
    """What a handler may ask while it works."""

    job_id: str
    attempt: int
    cancelled: Callable[[], bool] = lambda: False
    rates: dict[str, float] = field(default_factory=dict)
    """Key → seconds per unit, from this machine's own history."""

    def estimate(self, key: str, units: float) -> float | None:
        """Seconds that so much work takes on this machine; None where nothing like it was done before."""
        return self.rates[key] * units if key in self.rates else None


Handler = Callable[[dict[str, Any], JobContext], Iterator[ProgressEvent]]
Emit = Callable[[ProgressEvent], None]


@dataclass(frozen=True)
class Died:
    """The runner's process ended under the job."""

    how: str


@dataclass(frozen=True)
class Left:
    """The studio is closing; the job is to run again after the restart."""


Outcome = ProgressEvent | Died | Left
"""An event that is no end puts the job back into the queue: it is to run again, alone."""


class Runner(Protocol):
    """One lane's worker. `start` is called from the lane's own thread, `run` from it and from those of jobs that run
    beside its own, the others from any."""

    @property
    def state(self) -> str:
        """`starting`, `idle` or `busy`."""

    @property
    def facts(self) -> dict[str, Any]:
        """What the place where jobs run told of itself last."""

    def watch(self, heard: Callable[[], None]) -> None:
        """Call this whenever `facts` changed. Before `start`."""

    def renew(self) -> None:
        """Begin anew with the next job, unless one runs."""

    def start(self) -> None:
        """Become ready in the background. Called again while idle: replace what died meanwhile."""

    def run(self, claim: Claim, rates: dict[str, float], emit: Emit) -> Outcome:
        """Work until the final event, which is returned and not emitted."""

    def cancel(self, job_id: str) -> None:
        """Stop this job if it is running."""

    def stop(self) -> None:
        """Leave: `run` returns `Left` soon."""


def final_event(handler: Handler | None, request: dict[str, Any], context: JobContext, emit: Emit) -> ProgressEvent:
    """Run a handler to its end, whatever it does: exactly one event comes back, final unless it has to run again."""
    try:
        return _last_event(handler, request, context, emit)
    except BaseException as error:  # also SystemExit and KeyboardInterrupt of a library: the lane has to go on
        if context.cancelled():
            log.info("job %s stopped with %s after it was cancelled", context.job_id, type(error).__name__)
            return cancelled_event()
        if isinstance(error, MemoryShared):
            log.info("job %s is run again alone: %s", context.job_id, error.detail)
            return again_event("The memory did not suffice beside others; the job is run again alone")
        if isinstance(error, Problem):
            return cancelled_event() if error.code == "cancelled" else failed_event(error)
        log.exception("job %s failed", context.job_id)
        return failed_event(translated(error))


def _last_event(handler: Handler | None, request: dict[str, Any], context: JobContext, emit: Emit) -> ProgressEvent:
    if handler is None:
        raise EngineFailed("This studio does not know how to do that.", hint="Update the studio and try again.")
    events = handler(request, context)
    try:
        for event in events:
            if event.done:
                return _as_json(event)
            emit(event)
            if context.cancelled():
                return cancelled_event()
    finally:
        _tidy_up(events, context.job_id)
    if context.cancelled():
        return cancelled_event()
    raise EngineFailed("The work ended without a result.", hint="Try again; look into the log if it stays.")


def _tidy_up(events: Iterator[ProgressEvent], job_id: str) -> None:
    """Let a generator run its `finally`. The outcome stands by then, so only the log hears what goes wrong there."""
    close = getattr(events, "close", None)  # handlers may return any iterator; only generators can be closed
    if close is None:
        return
    try:
        close()
    except BaseException:  # as in `final_event`
        log.exception("job %s did not tidy up", job_id)


def _as_json(event: ProgressEvent) -> ProgressEvent:
    """A result that no browser can read (NaN, an array, a path) must fail here, not in everybody who follows."""
    try:
        json.dumps([event.result, event.problem], allow_nan=False)
    except (TypeError, ValueError) as error:
        raise EngineFailed("The result could not be written down.", hint="Try again, with another text.") from error
    return event


def translated(error: BaseException) -> Problem:
    """An exception as something to tell a user: no traceback, no path."""
    if isinstance(error, MemoryError):
        return OutOfMemory("The memory did not suffice.", hint="Use a shorter text or close other programs.")
    if isinstance(error, OSError) and error.errno in _FULL:
        return DiskFull("The disk is full.", hint="Free some space and try again.")
    return EngineFailed(
        f"The engine stopped with an error ({type(error).__name__}).", hint="Try again; look into the log if it stays."
    )
