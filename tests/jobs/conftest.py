"""A service over each kind of lane."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backend.jobs.process_lane import ProcessRunner
from backend.jobs.runner import Runner
from backend.jobs.service import JobService
from backend.jobs.store import JobStore
from backend.jobs.thread_lane import ThreadRunner
from tests.jobs.handlers_for_tests import HANDLERS

TARGET = "tests.jobs.handlers_for_tests:handlers"
Open = Callable[..., JobService]
FAULTS = "tests.jobs.fault_handlers:handlers"
Start = Callable[..., JobService]


def process_runner(stall_limit: float = 300.0) -> ProcessRunner:
    return ProcessRunner(TARGET, {}, stall_limit)


@pytest.fixture
def open_service(tmp_path: Path) -> Iterator[Open]:
    opened: list[JobService] = []

    def make(runner: Runner | None = None, *, queue_limit: int = 200, lease: float = 15.0) -> JobService:
        service = JobService(JobStore(tmp_path / "jobs.sqlite", queue_limit), runner or ThreadRunner(HANDLERS), lease)
        opened.append(service)
        return service

    yield make
    for service in opened:
        service.stop()
        service.close()


@pytest.fixture(params=["thread", "process"])
def service(request: pytest.FixtureRequest, open_service: Open) -> JobService:
    """A started service, once with each runner."""
    made = open_service(process_runner() if request.param == "process" else None)
    made.start()
    return made


@pytest.fixture
def process_service(open_service: Open) -> JobService:
    made = open_service(process_runner())
    made.start()
    return made


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Open and start services over one table; all are stopped at the end."""
    opened: list[JobService] = []

    def make(runner: Runner | None = None, patience: float = 5.0) -> JobService:
        store = JobStore(tmp_path / "jobs.sqlite", patience=patience)
        opened.append(JobService(store, runner or ProcessRunner(FAULTS, {}), lease=15))
        opened[-1].start()
        return opened[-1]

    yield make
    for service in opened:
        service.stop()
        service.close()
