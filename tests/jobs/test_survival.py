"""Nothing that was accepted is lost: dead children, dead servers, lost leases, slow readers."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from backend.core.errors import PreviousFailure
from backend.core.events import ProgressEvent
from backend.jobs import process_lane
from backend.jobs.broker import AUDIO_LIMIT, BUFFER_LIMIT, EVENT_SIZE, Subscription
from backend.jobs.model import LeaseLostError, Terms
from backend.jobs.service import JobService
from backend.jobs.store import JobStore
from tests.jobs.conftest import Open, process_runner
from tests.jobs.waiting import finals


def test_the_job_of_a_dead_child_is_run_again(process_service: JobService) -> None:
    job = process_service.submit("die", {"times": 1})
    assert process_service.wait(job.id)["attempt"] == 2
    codes = [body.get("stage_code") for _, body in process_service.store.events(job.id)]
    assert "run-again" in codes


def test_a_job_that_kills_its_child_twice_fails_and_says_how(process_service: JobService) -> None:
    with pytest.raises(PreviousFailure, match="SIGKILL") as caught:
        process_service.wait(process_service.submit("die", {"times": 9}).id)
    assert caught.value.code == "engine-failed"
    assert process_service.wait(process_service.submit("count", {}).id)["steps"] == 3


def test_a_child_that_dies_while_idle_costs_no_job_an_attempt(open_service: Open) -> None:
    runner = process_runner()
    service = open_service(runner)
    service.start()
    service.wait(service.submit("count", {}).id)
    assert runner.child_pid is not None
    psutil.Process(runner.child_pid).kill()
    time.sleep(0.3)
    assert service.wait(service.submit("count", {}).id)["attempt"] == 1


def test_a_hanging_child_is_stopped_with_a_problem(open_service: Open) -> None:
    service = open_service(process_runner(stall_limit=1.0))
    service.start()
    with pytest.raises(PreviousFailure) as caught:
        service.wait(service.submit("hang", {}).id)
    assert caught.value.code == "engine-stalled"
    assert service.wait(service.submit("count", {}).id)["steps"] == 3


def test_a_handler_deaf_to_cancelling_loses_its_process(
    process_service: JobService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_lane, "CANCEL_LIMIT", 0.5)
    job = process_service.submit("hang", {})
    while len(process_service.store.events(job.id)) < 2:
        time.sleep(0.02)
    process_service.cancel(job.id)
    with pytest.raises(PreviousFailure) as caught:
        process_service.wait(job.id, timeout=5)
    assert caught.value.code == "cancelled"


def test_after_a_dead_server_waiting_jobs_run_in_order_and_the_interrupted_one_again(
    tmp_path: Path, open_service: Open
) -> None:
    store = JobStore(tmp_path / "jobs.sqlite")
    jobs = [store.submit("count", {"steps": 1}) for _ in range(5)]
    assert store.claim("dead server", 15) is not None
    store.close()
    service = open_service()
    service.start()
    for job in jobs:
        service.wait(job.id)
    finished = [service.store.get(job.id).finished or 0 for job in jobs]
    assert finished == sorted(finished)
    assert [service.store.get(job.id).attempts for job in jobs] == [2, 1, 1, 1, 1]


def test_a_runner_that_lost_its_lease_commits_nothing(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "jobs.sqlite")
    job = store.submit("count", {})
    slow = store.claim("slow", 0.01)
    assert slow is not None
    time.sleep(0.02)
    store.reap()
    quick = store.claim("quick", 15)
    assert quick is not None
    assert quick.fence > slow.fence
    with pytest.raises(LeaseLostError):
        store.finish(slow, ProgressEvent(phase="done", result={"by": "slow"}))
    with pytest.raises(LeaseLostError):
        store.renew(slow, 15)
    store.finish(quick, ProgressEvent(phase="done", result={"by": "quick"}))
    assert store.get(job.id).result == {"by": "quick"}
    store.close()


def test_a_healthy_job_longer_than_its_lease_runs_once(open_service: Open) -> None:
    service = open_service(lease=0.3)
    service.start()
    job = service.submit("count", {"steps": 10, "pause": 0.15})
    assert service.wait(job.id)["attempt"] == 1
    assert service.store.get(job.id).attempts == 1


def test_the_child_dies_with_a_server_that_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time; from backend.jobs.process_lane import ProcessRunner;"
        f"r = ProcessRunner({'tests.jobs.handlers_for_tests:handlers'!r}, {{}}); r.start();"
        "print(r.child_pid, flush=True); time.sleep(60)"
    )
    server = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    child = psutil.Process(int(server.stdout.readline()))
    server.send_signal(signal.SIGKILL)
    server.wait()
    server.stdout.close()
    child.wait(timeout=5)


def test_a_slow_reader_holds_little_memory_and_still_gets_the_last_state() -> None:
    subscription = Subscription()
    for number in range(100_000):
        subscription.put((number, {"phase": "working"}))
    assert subscription.missed
    assert subscription._bytes <= BUFFER_LIMIT + EVENT_SIZE
    for _ in range(200):
        subscription.put((None, {"phase": "working", "audio": "A" * 65536}))
    assert subscription._bytes <= AUDIO_LIMIT + 65536


def test_two_hundred_followers_all_see_the_end(process_service: JobService) -> None:
    job = process_service.submit("count", {"steps": 20, "pause": 0.02})
    ends: list[str] = []
    threads = [
        threading.Thread(target=lambda: ends.append([i for i in process_service.follow(job.id) if i][-1][1]["phase"]))
        for _ in range(200)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert ends == ["done"] * 200


def test_a_job_whose_caller_died_with_the_server_is_cancelled_and_new_ones_run(
    tmp_path: Path, open_service: Open
) -> None:
    store = JobStore(tmp_path / "jobs.sqlite")
    held = [store.submit("count", {}, terms=Terms(held=True)) for _ in range(2)]
    kept = store.submit("count", {})
    assert store.claim("dead server", 15) is not None
    store.close()
    service = open_service()
    own = service.submit("count", {}, terms=Terms(held=True))  # before the lane has taken up what was left
    service.start()
    assert [service.wait(job.id)["steps"] for job in (kept, own)] == [3, 3]
    assert [service.store.get(job.id).status for job in held] == ["cancelled"] * 2
    assert [finals(service, job.id) for job in held] == [["cancelled"]] * 2
