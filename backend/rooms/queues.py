"""Two queues of slow work seen as one: what computes takes turns in the lane, transfers wait for nobody who speaks.

Each has a table of its own; a job is found by its id in whichever holds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from backend.core.errors import NotFound
from backend.core.settings import Settings
from backend.jobs.following import Following
from backend.jobs.model import Job
from backend.jobs.runner import Handler, Runner
from backend.jobs.service import Followed, JobService
from backend.jobs.store import JobStore
from backend.jobs.thread_lane import ThreadRunner

BRIEF = {"generate": 300.0, "redo": 300.0, "transcribe": 0.5}
"""Kind of job → characters or megabytes up to which somebody is taken to wait for it: a sentence or two."""
SHOWN = 120  # characters of a job's text that its description begins with
PATIENT = 1000
"""Attempts of a transfer: it goes on where it was cut off, so being cut off is no reason to give up."""


class Queues:
    """`lane` for what needs a model, `network` for what needs the net."""

    def __init__(self, settings: Settings, runner: Runner, network: dict[str, Handler]) -> None:
        self._heartbeat = settings.heartbeat
        self.lane = JobService(_store(settings, "jobs.sqlite"), runner, settings.lease, BRIEF, settings.shared_jobs)
        transfers = JobStore(settings.state_dir / "transfers.sqlite", settings.queue_limit, most_attempts=PATIENT)
        self.network = JobService(transfers, ThreadRunner(network), settings.lease)

    def start(self) -> None:
        self.lane.start()
        self.network.start()

    def stop(self, timeout: float) -> None:
        self.network.stop(timeout / 2)
        self.lane.stop(timeout / 2)

    def close(self) -> None:
        self.network.close()
        self.lane.close()

    def follow(self, job_id: str, after: int = 0) -> Followed:
        """Events of a job after a number, to the last one. Raises NotFound."""
        return self._holder(job_id).follow(job_id, after, self._heartbeat)

    def followed(self, job_id: str, heartbeat: float) -> Following:
        """As `follow`, from the beginning, with a heartbeat of one's own in seconds. Close it."""
        return self._holder(job_id).follow(job_id, 0, heartbeat)

    def wait(self, job_id: str, gone: Callable[[], bool] = lambda: False) -> dict[str, Any]:
        """The result of a job, cancelled where nobody waits any more. Raises its problem, NotFound, Cancelled."""
        return self._holder(job_id).wait(job_id, gone=gone)

    def job(self, job_id: str) -> dict[str, Any]:
        """Raises NotFound."""
        holder = self._holder(job_id)
        return _described(holder, holder.store.get(job_id))

    def newest(self, limit: int, kinds: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Of both queues, newest first; of these kinds, or of all."""
        found = [(job.created, holder, job) for holder in self._both() for job in holder.store.newest(limit, kinds)]
        found.sort(key=lambda one: -one[0])
        return [_described(holder, job) for _, holder, job in found[:limit]]

    def cancel(self, job_id: str) -> dict[str, Any]:
        """Raises NotFound. A job that is over stays what it is."""
        holder = self._holder(job_id)
        return _described(holder, holder.cancel(job_id))

    def under_way(self, kind: str) -> Iterator[Job]:
        """Transfers of a kind that wait or run."""
        return (job for job in self.network.store.newest(500) if job.kind == kind and not job.ended)

    def recent(self, kinds: Sequence[str], since: float) -> list[Job]:
        """As `JobStore.recent`, of both queues."""
        return [job for holder in self._both() for job in holder.store.recent(kinds, since)]

    def _both(self) -> tuple[JobService, JobService]:
        return self.lane, self.network

    def _holder(self, job_id: str) -> JobService:
        try:
            self.network.store.get(job_id)
        except NotFound:
            return self.lane
        return self.network


def _store(settings: Settings, name: str) -> JobStore:
    path: Path = settings.state_dir / name
    return JobStore(path, settings.queue_limit)


def _described(holder: JobService, job: Job) -> dict[str, Any]:
    place = holder.place(job.id) if job.status == "queued" else None
    return {**job.as_dict(place), "about": _about(job.request)}


def _about(request: dict[str, Any]) -> dict[str, str]:
    """By what people tell one job from another; empty words where its kind has none."""
    voice = request.get("voice")
    named = voice if isinstance(voice, dict) else {}
    name = named.get("personality") or named.get("speaker") or named.get("description") or ""
    return {"text": " ".join(str(request.get("text") or "")[:SHOWN].split()), "voice": str(name)[:SHOWN]}
