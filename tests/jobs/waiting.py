"""What the tests of jobs wait for and look at."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from backend.core.events import FINAL_PHASES
from backend.jobs.service import JobService


def until(condition: Callable[[], Any], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.005)


def told(service: JobService, job_id: str, after: int = 0) -> list[tuple[int | None, dict[str, Any]]]:
    return [item for item in service.follow(job_id, after, heartbeat=5) if item is not None]


def finals(service: JobService, job_id: str) -> list[str]:
    return [body["phase"] for _, body in service.store.events(job_id) if body["phase"] in FINAL_PHASES]
