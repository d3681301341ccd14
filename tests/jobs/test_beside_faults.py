"""Several jobs at once in one lane, on a machine that refuses something: threads, the disk, an answer."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.core.errors import MemoryShared
from backend.core.events import ProgressEvent
from backend.jobs.model import Claim, Job, Terms
from backend.jobs.runner import JobContext
from backend.jobs.service import JobService
from backend.jobs.store import JobStore
from backend.jobs.thread_lane import ThreadRunner
from tests.jobs.waiting import until

BY = "tones"
DONE = ProgressEvent(phase="done", progress=1.0, result={})
Begin = Callable[..., JobService]


def stay(request: dict[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
    """Until the file `until` is there."""
    while not Path(request["until"]).exists() and not context.cancelled():
        time.sleep(0.01)
    yield DONE


def large(request: dict[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
    """Does not fit until the file `until` is there."""
    yield ProgressEvent(phase="working", stage="large")
    if not Path(request["until"]).exists():
        raise MemoryShared("It does not fit beside others.")
    yield DONE


class Sharing(ThreadRunner):
    """Runs four at once, and may fail to say so."""

    silent = False

    @property
    def facts(self) -> dict[str, Any]:
        if self.silent and threading.current_thread().name == "beside":
            self.silent = False
            raise RuntimeError("no answer")
        return {"shared": {"by": BY, "jobs": 4}}

    @facts.setter
    def facts(self, facts: dict[str, Any]) -> None:
        """Always the same."""


class SlowStore(JobStore):
    """A disk that takes its time after it put a job back."""

    def release(
        self, claim: Claim, event: ProgressEvent, *, counts: bool = True, alone: bool = False
    ) -> tuple[int, dict[str, Any]]:
        told = super().release(claim, event, counts=counts, alone=alone)
        time.sleep(0.3)
        return told


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    opened: list[JobService] = []

    def make(store: type[JobStore] = JobStore, lease: float = 15.0) -> JobService:
        table = store(tmp_path / "jobs.sqlite", patience=0.1)
        opened.append(JobService(table, Sharing({"stay": stay, "large": large}), lease=lease, at_once=4))
        opened[-1].start()
        return opened[-1]

    yield make
    for service in opened:
        service.stop()
        service.close()


def ask(service: JobService, gate: Path, kind: str = "stay") -> Job:
    return service.submit(kind, {"until": str(gate)}, terms=Terms(BY))


def runs(service: JobService, job: Job) -> bool:
    return service.store.get(job.id).status == "running"


def test_a_job_for_which_no_thread_can_be_had_is_run_later(
    begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[str] = []
    start = threading.Thread.start

    def refusing(thread: threading.Thread) -> None:
        if thread.name == "lane-beside" and not refused:
            refused.append(thread.name)
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refusing)
    service, gate = begin(), tmp_path / "open"
    first = ask(service, gate)
    until(lambda: runs(service, first))
    second = ask(service, gate)
    until(lambda: refused and not runs(service, second))
    gate.touch()
    for job in (first, second):
        service.wait(job.id, timeout=10)
    assert service.store.get(second.id).attempts == 1


def test_an_end_beside_others_that_the_disk_refused_is_written_while_they_go_on(begin: Begin, tmp_path: Path) -> None:
    service, gate, short = begin(lease=0.6), tmp_path / "open", tmp_path / "short"
    long = ask(service, gate)
    until(lambda: runs(service, long))
    beside = ask(service, short)
    until(lambda: runs(service, beside))
    other = sqlite3.connect(tmp_path / "jobs.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # nobody else can write
    short.touch()
    until(lambda: service._lane.unwritten_end(beside.id))
    other.execute("ROLLBACK")
    other.close()
    until(lambda: service.store.get(beside.id).status == "done")
    assert runs(service, long)
    gate.touch()


def test_what_could_not_be_taken_beside_others_is_tried_again_without_another_sign(
    begin: Begin, tmp_path: Path
) -> None:
    service, gate = begin(), tmp_path / "open"
    first = ask(service, gate)
    until(lambda: runs(service, first))
    service._lane.runner.silent = True  # type: ignore[attr-defined]  # of this runner only
    second = ask(service, gate)
    until(lambda: runs(service, second), 5)
    assert runs(service, first)
    gate.touch()


def test_a_job_that_was_put_back_is_not_cancelled_for_the_lease_it_gave_back(begin: Begin, tmp_path: Path) -> None:
    service, gate = begin(SlowStore, lease=0.15), tmp_path / "open"
    other = ask(service, gate)
    until(lambda: runs(service, other))
    again = ask(service, gate, "large")
    until(lambda: len(service.store.events(again.id)) > 1 and service.store.get(again.id).status == "queued")
    time.sleep(0.3)  # leases are kept meanwhile
    gate.touch()
    service.wait(again.id, timeout=10)
    service.wait(other.id, timeout=10)
