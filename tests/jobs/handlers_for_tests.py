"""Handlers for the lanes of the tests: real ones, without speech."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from backend.core.errors import BadText
from backend.core.events import ProgressEvent
from backend.jobs.runner import Handler, JobContext


def count(request: dict[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
    """Report `steps` times, `pause` seconds apart; write a file at the end when a `folder` is named."""
    steps = int(request.get("steps", 3))
    for step in range(steps):
        time.sleep(float(request.get("pause", 0.0)))
        yield ProgressEvent(phase="working", stage=f"Step {step + 1}", progress=(step + 1) / steps, segment=step + 1)
    if folder := request.get("folder"):
        path = Path(folder) / f"{context.job_id}.txt"
        path.with_suffix(".part").write_text("whole")
        path.with_suffix(".part").replace(path)
    yield ProgressEvent(phase="done", progress=1.0, result={"steps": steps, "attempt": context.attempt})


def die(request: dict[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
    """End the process by a signal, on the first `times` attempts."""
    yield ProgressEvent(phase="working", progress=0.1)
    if context.attempt <= int(request["times"]):
        os.kill(os.getpid(), signal.SIGKILL)
    yield ProgressEvent(phase="done", result={"attempt": context.attempt})


def hang(request: dict[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
    """Sleep, deaf to everything."""
    yield ProgressEvent(phase="working", progress=0.1)
    time.sleep(float(request.get("seconds", 600)))
    yield ProgressEvent(phase="done")


def fail(request: dict[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
    """Raise what is named."""
    yield ProgressEvent(phase="working", progress=0.1)
    raise _ERRORS[request["how"]]


def nothing(request: dict[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
    """End without a final event, after printing where only events belong."""
    print("this line is no event")
    yield ProgressEvent(phase="working")


def sound(request: dict[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
    """Live audio in so many chunks."""
    for _ in range(int(request["chunks"])):
        yield ProgressEvent(phase="working", audio="AAAA" * 16_000, audio_rate=24_000)
    yield ProgressEvent(phase="done", result={})


_ERRORS: dict[str, BaseException] = {
    "problem": BadText("No word in it.", hint="Write one."),
    "memory": MemoryError(),
    "disk": OSError(28, "No space left on device"),
    "value": ValueError("/home/somebody/secret"),
    "exit": SystemExit(3),
    "interrupt": KeyboardInterrupt(),
    "recursion": RecursionError(),
}
HANDLERS: dict[str, Handler] = {
    "count": count,
    "die": die,
    "hang": hang,
    "fail": fail,
    "nothing": nothing,
    "sound": sound,
}


def handlers(settings: dict[str, Any]) -> dict[str, Handler]:
    return HANDLERS
