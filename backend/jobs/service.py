"""The front door of this room: submit, follow, wait, cancel. Knows no kind of work and no HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from backend.core.errors import PreviousFailure, ShuttingDown
from backend.core.events import FINAL_PHASES, ProgressEvent
from backend.jobs.broker import Broker, Subscription
from backend.jobs.lane import Lane
from backend.jobs.model import Job
from backend.jobs.runner import Runner
from backend.jobs.store import JobStore

Followed = Iterator[tuple[int | None, dict[str, Any]] | None]
BACKLOG = 64  # stored events sent to a late follower one by one; of more, mere progress is left out
DEFAULT_HEARTBEAT = 15.0  # seconds


class JobService:
    """One queue, one lane, any number of followers."""

    def __init__(self, store: JobStore, runner: Runner, lease: float = 15.0) -> None:
        self.store = store
        self._broker = Broker()
        self._lane = Lane(store, self._broker, runner, lease, self._tell_places)
        self._closed = False

    @property
    def lane_state(self) -> str:
        """`starting`, `idle` or `busy`."""
        return self._lane.runner.state

    def start(self) -> None:
        """Take up what an earlier run of the studio left, and work."""
        self.store.recover()
        self.store.prune()
        self._lane.start()

    def stop(self, timeout: float = 8.0) -> None:
        """The running job returns to the queue; every follower gets its last event and ends."""
        self._closed = True
        self._lane.stop(timeout)
        self._broker.close()

    def close(self) -> None:
        """After `stop` and after the last request."""
        self.store.close()

    def submit(self, kind: str, request: dict[str, Any], units: float = 1.0, key: str = "") -> Job:
        """Raises Busy when the queue is full, ShuttingDown."""
        if self._closed:
            raise ShuttingDown("The studio is closing.", hint="Start it again and repeat the request.")
        eta = self.store.estimate(key, units)
        job = self.store.submit(kind, request, units, key, lambda place: _queued(place, eta))
        self._lane.wake()
        return job

    def cancel(self, job_id: str) -> Job:
        """Raises NotFound. A job that is over stays what it is."""
        ended = self.store.request_cancel(job_id)
        if ended is not None:
            self._broker.publish(job_id, ended)
            self._tell_places()
        elif self.store.get(job_id).status == "running":
            self._lane.cancel(job_id)
        return self.store.get(job_id)

    def follow(self, job_id: str, after: int = 0, heartbeat: float = DEFAULT_HEARTBEAT) -> Followed:
        """Every event after `after`, then live ones, to the last; None when `heartbeat` seconds were quiet."""
        subscription = self._broker.subscribe(job_id)
        try:
            yield from self._follow(job_id, after, heartbeat, subscription)
        finally:
            self._broker.unsubscribe(job_id, subscription)

    def _follow(self, job_id: str, after: int, heartbeat: float, subscription: Subscription) -> Followed:
        subscription.missed = True  # so that it begins with the table
        while True:
            if subscription.missed:
                subscription.missed = False
                for number, body in _worth_telling(self._stored(job_id, after)):
                    after = number
                    yield number, body
                    if body["phase"] in FINAL_PHASES:
                        return
            item = subscription.get(heartbeat)
            if item is None:
                if subscription.closed:
                    return
                yield None
            elif item[0] is None or item[0] > after:
                after = after if item[0] is None else item[0]
                yield item
                if item[1]["phase"] in FINAL_PHASES:
                    return

    def _stored(self, job_id: str, after: int) -> list[tuple[int, dict[str, Any]]]:
        found: list[tuple[int, dict[str, Any]]] = []
        while page := self.store.events(job_id, found[-1][0] if found else after):
            found += page
        return found

    def wait(self, job_id: str, timeout: float | None = None) -> dict[str, Any]:
        """The result. Raises the job's problem, ShuttingDown, or TimeoutError after `timeout` seconds."""
        end = None if timeout is None else time.monotonic() + timeout
        for _ in self.follow(job_id, heartbeat=1.0):
            if end is not None and time.monotonic() > end:
                raise TimeoutError(job_id)
        job = self.store.get(job_id)
        if job.problem is not None:
            raise PreviousFailure(job.problem)
        if job.result is None:
            raise ShuttingDown("The studio is closing; the job runs again after the restart.", hint=f"Its id: {job_id}")
        return job.result

    def place(self, job_id: str) -> int | None:
        return self.store.queue_place(job_id)

    def _tell_places(self) -> None:
        """Everybody who waits and watches hears of the new place."""
        for place, job_id in enumerate(self.store.waiting(), start=1):
            if self._broker.followed(job_id):
                job = self.store.get(job_id)
                event = _queued(place, self.store.estimate(job.key, job.units))
                self._broker.publish(job_id, (None, event.on_the_wire(job_id)))


def _queued(place: int, eta: float | None) -> ProgressEvent:
    return ProgressEvent(
        phase="queued",
        stage="Waiting for its turn" if place == 1 else f"Waiting, place {place} in the queue",
        stage_code="queued",
        params={"place": str(place)},
        progress=0.0,
        queue_place=place,
        eta=eta,
    )


def _worth_telling(events: list[tuple[int, dict[str, Any]]]) -> list[tuple[int, dict[str, Any]]]:
    """A long backlog without its mere progress: notices, the newest states and the end are kept."""
    old, new = events[:-BACKLOG], events[-BACKLOG:]
    return [each for each in old if "notice" in each[1]] + new
