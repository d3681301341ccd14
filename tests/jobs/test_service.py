"""What callers of the job room may rely on, with a thread and with a child process."""

from __future__ import annotations

import time

import pytest

from backend.core.errors import Busy, NotFound, PreviousFailure, ShuttingDown
from backend.jobs.service import JobService
from tests.jobs.conftest import Open


def phases(service: JobService, job_id: str, after: int = 0) -> list[str]:
    return [item[1]["phase"] for item in service.follow(job_id, after, heartbeat=5) if item is not None]


def test_a_job_reports_its_steps_in_order_and_ends_once(service: JobService) -> None:
    job = service.submit("count", {"steps": 4})
    told = [item for item in service.follow(job.id) if item is not None]
    numbers = [number for number, _ in told if number is not None]
    assert numbers == sorted(set(numbers))
    assert [body["phase"] for _, body in told].count("done") == 1
    assert told[-1][1]["done"] is True
    assert told[-1][1]["steps"] == 4


def test_who_comes_late_gets_the_whole_log_and_the_end(service: JobService) -> None:
    job = service.submit("count", {"steps": 3})
    service.wait(job.id)
    assert phases(service, job.id)[0] == "queued"
    assert phases(service, job.id)[-1] == "done"


def test_a_stream_resumes_after_the_event_seen_last(service: JobService) -> None:
    job = service.submit("count", {"steps": 3})
    service.wait(job.id)
    everything = service.store.events(job.id)
    resumed = [item for item in service.follow(job.id, after=everything[1][0]) if item is not None]
    assert resumed == everything[2:]


def test_a_quiet_stream_gets_heartbeats(service: JobService) -> None:
    job = service.submit("count", {"steps": 1, "pause": 0.5})
    assert None in list(service.follow(job.id, heartbeat=0.1))


def test_waiting_jobs_know_their_place_and_can_be_cancelled_at_once(service: JobService) -> None:
    first = service.submit("count", {"steps": 100, "pause": 0.05})
    second = service.submit("count", {})
    third = service.submit("count", {})
    while service.store.get(first.id).status != "running":
        time.sleep(0.01)
    assert (service.place(second.id), service.place(third.id)) == (1, 2)
    assert service.cancel(second.id).status == "cancelled"
    assert service.place(third.id) == 1
    service.cancel(first.id)
    assert service.wait(third.id)["steps"] == 3


def test_a_running_job_is_cancelled_within_a_step(service: JobService) -> None:
    job = service.submit("count", {"steps": 1000, "pause": 0.02})
    while service.store.get(job.id).status != "running" or len(service.store.events(job.id)) < 3:
        time.sleep(0.01)
    began = time.monotonic()
    service.cancel(job.id)
    last = [item for item in service.follow(job.id) if item is not None][-1][1]
    assert time.monotonic() - began < 5  # of the 20 that it would have taken
    assert last["phase"] == "cancelled"
    assert last["problem"]["code"] == "cancelled"


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("problem", "bad-text"),
        ("memory", "out-of-memory"),
        ("disk", "disk-full"),
        ("value", "engine-failed"),
        ("exit", "engine-failed"),
        ("interrupt", "engine-failed"),
        ("recursion", "engine-failed"),
    ],
)
def test_whatever_a_handler_raises_becomes_a_problem_and_the_lane_goes_on(
    service: JobService, how: str, code: str
) -> None:
    job = service.submit("fail", {"how": how})
    with pytest.raises(PreviousFailure) as caught:
        service.wait(job.id)
    assert caught.value.code == code
    assert "secret" not in str(caught.value.as_dict())
    assert service.wait(service.submit("count", {}).id)["steps"] == 3


def test_a_handler_that_just_stops_has_failed(service: JobService) -> None:
    with pytest.raises(PreviousFailure, match="without a result"):
        service.wait(service.submit("nothing", {}).id)


def test_an_unknown_kind_of_work_is_a_problem(service: JobService) -> None:
    with pytest.raises(PreviousFailure):
        service.wait(service.submit("unknown", {}).id)


def test_estimates_come_from_what_this_machine_did_before(service: JobService) -> None:
    assert service.submit("count", {}, 10, "k").state.get("eta") is None  # type: ignore[union-attr]  # a new job has a state
    job = service.submit("count", {"steps": 2, "pause": 0.05}, 10, "slow")
    service.wait(job.id)
    state = service.submit("count", {}, 20, "slow").state or {}
    assert 0.1 < state["eta"] < 2


def test_live_audio_is_told_and_never_stored(service: JobService) -> None:
    blocker = service.submit("count", {"steps": 5, "pause": 0.05})
    job = service.submit("sound", {"chunks": 3})
    told = [item for item in service.follow(job.id) if item is not None]
    service.wait(blocker.id)
    assert sum("audio" in body for _, body in told) == 3
    assert all(number is None for number, body in told if "audio" in body)
    assert not any("audio" in body for _, body in service.store.events(job.id))


def test_a_full_queue_says_so(open_service: Open) -> None:
    service = open_service(queue_limit=2)
    service.submit("count", {})
    service.submit("count", {})
    with pytest.raises(Busy):
        service.submit("count", {})


def test_job_ids_cannot_be_guessed_and_unknown_ones_are_not_found(service: JobService) -> None:
    assert len(service.submit("count", {}).id) >= 20
    with pytest.raises(NotFound):
        service.cancel("nobody")


def test_closing_puts_the_running_job_back_and_ends_the_followers(service: JobService) -> None:
    job = service.submit("count", {"steps": 1000, "pause": 0.02})
    while service.store.get(job.id).status != "running":
        time.sleep(0.01)
    following = service.follow(job.id)
    next(following)
    service.stop()
    last = [item for item in following if item is not None][-1][1]
    assert last["stage_code"] == "closing"
    job = service.store.get(job.id)
    assert (job.status, job.attempts) == ("queued", 0)
    with pytest.raises(ShuttingDown):
        service.submit("count", {})
