"""Handlers of a lane that says it can run several jobs at once, for tests."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from backend.core.errors import MemoryShared
from backend.core.events import ProgressEvent
from backend.jobs import report
from backend.jobs.runner import Handler, JobContext

BY = "tones"
"""The word of jobs that may run at once."""
_inside: set[str] = set()
_lock = threading.Lock()


def stay(request: dict[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
    """Until the file `until` is there (at once without one); the result tells how many were inside at most."""
    with _lock:
        _inside.add(context.job_id)
    most = 0
    try:
        while True:
            most = max(most, len(_inside))
            yield ProgressEvent(phase="working", stage=f"{len(_inside)} inside")
            if not (until := request.get("until")) or Path(until).exists():
                break
            time.sleep(0.01)
    finally:
        with _lock:
            _inside.discard(context.job_id)
    yield ProgressEvent(phase="done", result={"most": most, "attempt": context.attempt, "pid": os.getpid()})


def poison(request: dict[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
    """End the process, every time."""
    yield ProgressEvent(phase="working", stage="poison")
    os.kill(os.getpid(), signal.SIGKILL)


def deaf(request: dict[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
    """No sign until the file `until` is there, whoever cancels."""
    yield ProgressEvent(phase="working", stage="deaf")
    while not Path(request["until"]).exists():
        time.sleep(0.01)
    yield ProgressEvent(phase="done", result={})


def large(request: dict[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
    """The memory suffices for one only."""
    yield ProgressEvent(phase="working", stage="large")
    if _inside:
        raise MemoryShared("It does not fit beside others.")
    yield ProgressEvent(phase="done", result={"attempt": context.attempt})


HANDLERS: dict[str, Handler] = {"stay": stay, "poison": poison, "deaf": deaf, "large": large}


def handlers(settings: dict[str, Any]) -> dict[str, Handler]:
    report.tell({"shared": {"by": BY, "jobs": settings.get("jobs", 4)}})
    return HANDLERS
