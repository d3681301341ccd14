"""What runs a job: a handler yields events, a runner carries them here. Knows no table and no queue."""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Protocol

from backend.core.errors import DiskFull, EngineFailed, OutOfMemory, Problem
from backend.core.events import ProgressEvent
from backend.jobs.model import Claim
from backend.jobs.store import cancelled_event

log = logging.getLogger(__name__)


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


class Runner(Protocol):
    """One lane's worker. `run` is called from one thread, the others from any."""

    state: str
    """`starting`, `idle` or `busy`."""

    def start(self) -> None:
        """Become ready in the background."""

    def run(self, claim: Claim, rates: dict[str, float], emit: Emit) -> Outcome:
        """Work until the final event, which is returned and not emitted."""

    def cancel(self, job_id: str) -> None:
        """Stop this job if it is the one running."""

    def stop(self) -> None:
        """Leave: `run` returns `Left` soon."""


def final_event(handler: Handler | None, request: dict[str, Any], context: JobContext, emit: Emit) -> ProgressEvent:
    """Run a handler to its end, whatever it does: exactly one final event comes back."""
    try:
        if handler is None:
            raise EngineFailed("This studio does not know how to do that.", hint="Update the studio and try again.")
        with closing(_as_generator(handler(request, context))) as events:
            for event in events:
                if event.done:
                    return event
                emit(event)
                if context.cancelled():
                    return cancelled_event()
    except Problem as problem:
        return cancelled_event() if problem.code == "cancelled" else failed_event(problem)
    except BaseException as error:  # also SystemExit and KeyboardInterrupt of a library: the lane has to go on
        log.exception("job %s failed", context.job_id)
        return failed_event(translated(error))
    if context.cancelled():
        return cancelled_event()
    return failed_event(
        EngineFailed("The work ended without a result.", hint="Try again; look into the log if it stays.")
    )


def _as_generator(events: Iterator[ProgressEvent]) -> Any:
    """Handlers may return any iterator; only generators can be closed."""
    return events if hasattr(events, "close") else (event for event in events)


def failed_event(problem: Problem) -> ProgressEvent:
    return ProgressEvent(phase="failed", stage=problem.detail, stage_code="failed", problem=problem.as_dict())


def translated(error: BaseException) -> Problem:
    """An exception as something to tell a user: no traceback, no path."""
    if isinstance(error, MemoryError):
        return OutOfMemory("The memory did not suffice.", hint="Use a shorter text or close other programs.")
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull("The disk is full.", hint="Free some space and try again.")
    return EngineFailed(
        f"The engine stopped with an error ({type(error).__name__}).", hint="Try again; look into the log if it stays."
    )
