"""The front door of this room: submit, follow, wait, cancel. Knows no kind of work and no HTTP."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from backend.core.errors import Cancelled, PreviousFailure, ShuttingDown
from backend.core.events import ProgressEvent
from backend.jobs.broker import Broker
from backend.jobs.endings import closing_event
from backend.jobs.following import Following
from backend.jobs.lane import Lane
from backend.jobs.model import ALONE, Job, Terms
from backend.jobs.runner import Runner
from backend.jobs.store import JobStore, new_job_id
from backend.jobs.turns import Work, turn

Followed = Iterator[tuple[int | None, dict[str, Any]] | None]
DEFAULT_HEARTBEAT = 15.0  # seconds


class JobService:
    """One queue, one lane, any number of followers."""

    def __init__(
        self,
        store: JobStore,
        runner: Runner,
        lease: float = 15.0,
        brief: Mapping[str, float] | None = None,
        at_once: int = 1,
    ) -> None:
        """`brief` says of a kind of job up to how many units it is one; `at_once`: jobs that may run beside each
        other where the lane says that some can."""
        self.store = store
        self._brief = brief or {}
        self._broker = Broker()
        self._lane = Lane(store, self._broker, runner, lease, self._tell_places, at_once)
        self._closed = False

    @property
    def lane_state(self) -> str:
        """`starting`, `idle` or `busy`."""
        return self._lane.runner.state

    @property
    def lane_facts(self) -> dict[str, Any]:
        """What the lane told of itself last: which models it holds, on which device."""
        return self._lane.runner.facts

    def renew_lane(self) -> None:
        """Let the lane begin anew when it rests."""
        self._lane.runner.renew()
        self._lane.wake()

    def start(self) -> None:
        """Work. The lane first takes up what an earlier run of the studio left; a full disk only delays that."""
        self._lane.start()

    def stop(self, timeout: float = 8.0) -> None:
        """What runs returns to the queue; every follower gets its last event and ends."""
        self._closed = True
        self._lane.stop(timeout)
        for job_id in self._broker.jobs():
            self._broker.publish(job_id, (None, closing_event().on_the_wire(job_id)))
        self._broker.close()

    def close(self) -> None:
        """After `stop` and after the last request."""
        self.store.close()

    def submit(
        self,
        kind: str,
        request: dict[str, Any],
        units: float = 1.0,
        key: str = "",
        terms: Terms = ALONE,
        job_id: str = "",
    ) -> Job:
        """A job in the name of who asks (`jobs.turns`). Raises Busy when the queue is full, ShuttingDown, DiskFull,
        StorageFailed."""
        if self._closed:
            raise ShuttingDown("The studio is closing.", hint="Start it again and repeat the request.")
        name, rates = turn(kind, units, self._brief), self.store.rates()
        left, at_once = self._lane.left, self._lane.has_room(terms.shares, name)
        places: list[int] = []

        def first(queue: list[Work]) -> ProgressEvent:
            places.append(len(queue))
            return _queued(len(queue), _etas(queue, 0.0 if at_once and len(queue) == 1 else left, rates)[-1])

        job = self.store.submit(kind, request, units, key, first, job_id, name, terms)
        self._lane.wake()
        if places[0] < len(self.store.waiting()):
            self._tell_places()
        return job

    def submit_followed(
        self, kind: str, request: dict[str, Any], units: float, key: str, terms: Terms, heartbeat: float
    ) -> tuple[str, Following]:
        """The job's id and its events. It is listened to before it is there: no live sound is missed."""
        job_id = new_job_id()
        subscription = self._broker.subscribe(job_id)
        try:
            self.submit(kind, request, units, key, terms, job_id)
            return job_id, Following(self.store, self._broker, job_id, 0, heartbeat, subscription)
        except BaseException:
            self._broker.unsubscribe(job_id, subscription)
            raise

    def cancel(self, job_id: str) -> Job:
        """Raises NotFound. A job that is over stays what it is."""
        ended = self.store.request_cancel(job_id)
        if ended is not None:
            self._broker.publish(job_id, ended)
            self._tell_places()
        elif self.store.get(job_id).status == "running":
            self._lane.cancel(job_id)
        return self.store.get(job_id)

    def follow(self, job_id: str, after: int = 0, heartbeat: float = DEFAULT_HEARTBEAT) -> Following:
        """Every event after `after`, then live ones, to the last; None when `heartbeat` seconds were quiet.

        Raises NotFound. Close it: it listens from now on.
        """
        return Following(self.store, self._broker, job_id, after, heartbeat)

    def wait(
        self, job_id: str, timeout: float | None = None, gone: Callable[[], bool] = lambda: False
    ) -> dict[str, Any]:
        """The result. Raises the job's problem, ShuttingDown, or TimeoutError after `timeout` seconds.

        `gone` is asked now and then whether nobody waits any more: then the job is cancelled, and Cancelled raised.
        """
        end = None if timeout is None else time.monotonic() + timeout
        with contextlib.closing(self.follow(job_id, heartbeat=1.0)) as events:
            for _ in events:
                if end is not None and time.monotonic() > end:
                    raise TimeoutError(job_id)
                if gone():
                    self.cancel(job_id)
                    raise Cancelled("Nobody waits for it any more.")
        ended = self._lane.unwritten_end(job_id) or self.store.get(job_id)
        if ended.problem is not None:
            raise PreviousFailure(ended.problem)
        if ended.result is None:
            raise ShuttingDown("The studio is closing; the job runs again after the restart.", hint=f"Its id: {job_id}")
        return ended.result

    def place(self, job_id: str) -> int | None:
        return self.store.queue_place(job_id)

    def _tell_places(self) -> None:
        """Everybody who waits and watches hears of the new place."""
        for place, (job_id, eta) in enumerate(self._queue(), start=1):
            if self._broker.followed(job_id):
                self._broker.publish(job_id, (None, _queued(place, eta).on_the_wire(job_id)))

    def _queue(self) -> list[tuple[str, float | None]]:
        """(id, seconds until it will be done) of the waiting jobs; None from the first that nobody can guess."""
        queue = self.store.waiting_work()
        etas = _etas(queue, self._lane.left, self.store.rates())
        return [(job_id, eta) for (job_id, _, _), eta in zip(queue, etas, strict=True)]


def _etas(queue: list[Work], left: float | None, rates: dict[str, float]) -> list[float | None]:
    """Seconds until each will be done, in the order of the queue; `left` are those of the running one."""
    found = []
    for _, key, units in queue:
        left = _sum(left, rates[key] * units if key in rates else None)
        found.append(left)
    return found


def _sum(before: float | None, own: float | None) -> float | None:
    return None if before is None or own is None else round(before + own, 1)


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
