"""What the job room promises when something breaks: the disk, the child, the handler, the server."""

from __future__ import annotations

import logging
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest

from backend.core.errors import PreviousFailure
from backend.jobs import process_lane
from backend.jobs.process_lane import ProcessRunner
from backend.jobs.service import JobService
from backend.jobs.store import JobStore
from backend.jobs.thread_lane import ThreadRunner
from tests.jobs.conftest import FAULTS, Start
from tests.jobs.fault_handlers import handlers
from tests.jobs.waiting import finals, told, until


@pytest.fixture
def service(start: Start) -> JobService:
    return start()


def test_the_lane_says_when_it_is_ready_and_when_it_works(service: JobService) -> None:
    assert service.lane_state == "starting"
    until(lambda: service.lane_state == "idle")
    job = service.submit("count", {"steps": 20, "pause": 0.02})
    until(lambda: service.lane_state == "busy")
    service.wait(job.id)
    until(lambda: service.lane_state == "idle")


def test_a_cancel_reaches_the_handler_within_fifty_milliseconds(service: JobService, tmp_path: Path) -> None:
    delays = []
    for number in range(5):
        file = tmp_path / str(number)
        job = service.submit("listen", {"file": str(file)})
        until(lambda job_id=job.id: len(service.store.events(job_id)) >= 2)  # type: ignore[misc]  # mypy infers no lambda default
        asked = time.monotonic()
        service.cancel(job.id)
        assert told(service, job.id)[-1][1]["phase"] == "cancelled"
        delays.append(float(file.read_text()) - asked)
    assert sorted(delays)[2] < 0.05, delays


def test_a_result_that_is_no_json_fails_that_job_alone(service: JobService) -> None:
    job = service.submit("not_a_number", {})
    with pytest.raises(PreviousFailure, match="could not be written down"):
        service.wait(job.id)
    assert service.store.get(job.id).attempts == 1


def test_what_breaks_after_the_end_does_not_change_the_end(service: JobService) -> None:
    assert service.wait(service.submit("untidy", {}).id) == {"kept": True}


def test_what_the_child_prints_and_logs_is_in_the_servers_log(
    service: JobService, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        service.wait(service.submit("talk", {}).id)
        until(lambda: "printed by a library" in caplog.text and "logged by a library" in caplog.text)
    levels = {row.getMessage(): row.levelname for row in caplog.records if "by a library" in row.getMessage()}
    assert {words.rpartition(": ")[2]: level for words, level in levels.items()} == {
        "printed by a library": "WARNING",
        "logged by a library": "INFO",
    }


def test_a_book_goes_through_the_pipe(service: JobService) -> None:
    text = "ä" * 500_000
    assert service.wait(service.submit("talk", {"text": text}).id)["length"] > len(text)


def test_a_locked_table_costs_no_job_its_result_and_no_follower_its_end(start: Start, tmp_path: Path) -> None:
    service = start(patience=0.1)
    job = service.submit("count", {"steps": 20, "pause": 0.05})
    until(lambda: len(service.store.events(job.id)) > 3)
    following = service.follow(job.id, heartbeat=10)
    with closing(sqlite3.connect(tmp_path / "jobs.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        items = [item for item in following if item is not None]
        assert items[-1][1]["phase"] == "done"
        assert any(body.get("notice", {}).get("code") == "storage-failed" for _, body in items)
        assert service.store.get(job.id).status == "running"
        other.execute("ROLLBACK")
    until(lambda: service.store.get(job.id).status == "done")
    assert finals(service, job.id) == ["done"]
    assert service.wait(service.submit("count", {}).id)["steps"] == 3


def test_a_mistake_of_ours_ends_one_job_and_the_lane_goes_on(start: Start) -> None:
    class Mistaken(ThreadRunner):
        def run(self, claim: Any, rates: Any, emit: Any) -> Any:
            if claim.kind == "mistake":
                raise KeyError("a mistake")
            return super().run(claim, rates, emit)

    service = start(Mistaken(handlers({})))
    with pytest.raises(PreviousFailure) as caught:
        service.wait(service.submit("mistake", {}).id)
    assert caught.value.code == "engine-failed"
    assert service.wait(service.submit("count", {}).id)["steps"] == 3


def test_a_child_that_cannot_start_fails_its_jobs_with_a_problem(start: Start) -> None:
    service = start(ProcessRunner("tests.jobs.nowhere:handlers", {}))
    with pytest.raises(PreviousFailure, match="at its start"):
        service.wait(service.submit("count", {}).id, timeout=30)


@pytest.mark.skipif(os.name != "posix", reason="there is no SIGSTOP elsewhere")
def test_a_frozen_child_is_replaced_and_its_job_is_run(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_lane, "TAKE_LIMIT", 0.5)
    runner = ProcessRunner(FAULTS, {})
    service = start(runner)
    until(lambda: service.lane_state == "idle")
    assert runner.child_pid is not None
    os.kill(runner.child_pid, signal.SIGSTOP)
    assert service.wait(service.submit("count", {}).id, timeout=15)["steps"] == 3


def test_a_child_that_died_at_rest_is_replaced_before_it_is_needed(tmp_path: Path) -> None:
    runner = ProcessRunner(FAULTS, {})
    service = JobService(JobStore(tmp_path / "jobs.sqlite"), runner, lease=0.3)
    service.start()
    until(lambda: service.lane_state == "idle")
    first = runner.child_pid
    assert first is not None
    psutil.Process(first).kill()
    until(lambda: runner.child_pid != first and service.lane_state == "idle")
    service.stop()
    service.close()


@pytest.mark.skipif(os.name != "posix", reason="process groups")
def test_what_a_handler_started_ends_with_its_child(service: JobService) -> None:
    job = service.submit("family", {})
    until(lambda: len(service.store.events(job.id)) >= 2)
    grandchild = psutil.Process(int(service.store.events(job.id)[-1][1]["stage"]))
    service.stop()
    grandchild.wait(timeout=5)


@pytest.mark.skipif(os.name != "posix", reason="signals of a terminal")
def test_ctrl_c_in_the_terminal_does_not_reach_the_child(service: JobService) -> None:
    until(lambda: service.lane_state == "idle")
    pid = service._lane.runner.child_pid  # type: ignore[attr-defined]  # of this kind of runner only
    assert os.getpgid(pid) != os.getpgid(os.getpid())
    assert os.getsid(pid) != os.getsid(os.getpid())


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_a_server_that_is_killed_loses_none_of_twenty_one_jobs(start: Start, tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path\n"
        "from backend.jobs.process_lane import ProcessRunner; from backend.jobs.service import JobService\n"
        "from backend.jobs.store import JobStore\n"
        f"service = JobService(JobStore(Path(sys.argv[1])), ProcessRunner({FAULTS!r}, {{}})); service.start()\n"
        "for _ in range(21): service.submit('count', {'steps': 5, 'pause': 0.02})\n"
        "print('submitted', flush=True); time.sleep(60)"
    )
    path = tmp_path / "jobs.sqlite"
    with subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        server.stdout.readline()
        time.sleep(0.3)
        server.kill()
    service = start()
    jobs = service.store.newest()[::-1]
    assert len(jobs) == 21
    for job in jobs:
        service.wait(job.id)
    ended = [service.store.get(job.id) for job in jobs]
    assert [job.status for job in ended] == ["done"] * 21
    assert [job.finished for job in ended] == sorted(job.finished or 0 for job in ended)
    assert all(finals(service, job.id) == ["done"] for job in ended)
    assert sum(job.attempts for job in ended) <= 22
