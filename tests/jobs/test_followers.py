"""What followers may rely on: late, slow, many, resumed, or present when the studio closes."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from backend.jobs.broker import Subscription
from backend.jobs.service import JobService
from backend.jobs.thread_lane import ThreadRunner
from tests.jobs.conftest import Start
from tests.jobs.fault_handlers import handlers
from tests.jobs.waiting import finals, told, until


@pytest.fixture
def service(start: Start) -> JobService:
    return start()


def test_the_bar_never_falls_and_sound_and_reports_do_not_drive_each_other_out(start: Start) -> None:
    service = start(ThreadRunner(handlers({})))
    blocker = service.submit("count", {"steps": 20, "pause": 0.02})
    job = service.submit("back_and_forth", {})
    following = service.follow(job.id)
    service.wait(job.id)  # nobody reads meanwhile
    items = [item for item in following if item is not None]
    assert sum("audio" in body for _, body in items) == 4
    bars = [body["progress"] for _, body in items if body.get("stage", "").startswith("0.")]
    assert bars == [0.2, 0.6, 0.6, 0.7]
    service.wait(blocker.id)


def test_sound_has_a_bound_of_its_own() -> None:
    box = Subscription()
    box.put((None, {"phase": "working", "audio": "A" * 320_000}))
    box.put((5, {"phase": "working"}))
    assert [box.get(0), box.get(0)] == [(None, {"phase": "working", "audio": "A" * 320_000}), (5, {"phase": "working"})]


def test_a_stream_resumed_at_the_end_ends(service: JobService) -> None:
    job = service.submit("count", {})
    service.wait(job.id)
    assert told(service, job.id, after=service.store.get(job.id).last_event) == []


def test_a_long_log_is_replayed_whole_and_a_flood_is_kept_thin(start: Start) -> None:
    service = start(ThreadRunner(handlers({})))
    job = service.submit("count", {"steps": 300})
    service.wait(job.id)
    assert [number for number, _ in told(service, job.id)] == list(range(1, 303))
    flood = service.submit("flood", {"events": 20_000})
    service.wait(flood.id)
    assert len(service.store.events(flood.id)) < 200
    assert finals(service, flood.id) == ["done"]


def test_a_reader_that_was_late_gets_the_last_state_and_the_end(start: Start) -> None:
    service = start(ThreadRunner(handlers({})))
    job = service.submit("count", {"steps": 2000})
    following = service.follow(job.id)
    next(following)
    until(lambda: service.store.get(job.id).ended, 30)
    numbers = [item[0] for item in following if item is not None and item[0] is not None]
    assert numbers == sorted(set(numbers))
    assert numbers[-1] == service.store.get(job.id).last_event


def test_a_forgotten_follower_is_let_go(service: JobService) -> None:
    job = service.submit("count", {})
    follower = service.follow(job.id)
    assert service._broker.followed(job.id)
    del follower
    assert not service._broker.followed(job.id)
    service.wait(job.id)


def test_followers_of_waiting_jobs_hear_that_the_studio_closes(service: JobService) -> None:
    running = service.submit("count", {"steps": 1000, "pause": 0.02})
    waiting = service.submit("count", {})
    until(lambda: service.store.get(running.id).status == "running")
    followers = [service.follow(job.id) for job in (running, waiting)]
    began = time.monotonic()
    service.stop()
    assert time.monotonic() - began < 8
    for follower in followers:
        last = [item for item in follower if item is not None][-1][1]
        assert (last["phase"], last["stage_code"]) == ("queued", "closing")
        assert "will run again" in last["stage"]
    assert [service.store.get(job.id).status for job in (running, waiting)] == ["queued", "queued"]


def test_after_the_restart_a_follower_reads_past_the_closing_to_the_end(start: Start) -> None:
    first = start()
    job = first.submit("count", {"steps": 40, "pause": 0.05})
    until(lambda: len(first.store.events(job.id)) > 3)
    first.stop()
    second = start()
    items = told(second, job.id)
    codes = [body.get("stage_code") for _, body in items]
    assert "closing" in codes
    assert items[-1][1]["phase"] == "done"
    assert [n for n, _ in items if n] == sorted({n for n, _ in items if n})
    restarted = [body["progress"] for _, body in items[codes.index("closing") + 1 :] if "progress" in body]
    assert min(restarted) < 0.1, "progress restarts honestly"
    assert finals(second, job.id) == ["done"]


def test_two_hundred_followers_do_not_look_into_the_table_again_and_again(start: Start) -> None:
    service = start(ThreadRunner(handlers({})))
    blocker = service.submit("count", {"steps": 40, "pause": 0.05})
    job = service.submit("count", {"steps": 50, "pause": 0.005})
    followers = [service.follow(job.id) for _ in range(200)]
    for follower in followers:
        next(follower)
    reads = [0]
    rows = service.store._db.rows

    def counted(query: str, *values: object) -> Any:
        reads[0] += "job_events WHERE job_id" in query
        return rows(query, *values)

    service.store._db.rows = counted  # type: ignore[method-assign]  # counts what passes, changes nothing
    ends: list[str] = []
    threads = [
        threading.Thread(target=lambda f=f: ends.append([i for i in f if i][-1][1]["phase"]))  # type: ignore[misc]  # mypy infers no lambda default
        for f in followers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert ends == ["done"] * 200
    assert reads[0] <= 2 * 200, "each follower reads the log once, whatever happens afterwards"
    service.wait(blocker.id)
