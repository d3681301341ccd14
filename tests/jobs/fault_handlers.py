"""Handlers that misbehave in ways of their own, for the lanes of the tests."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from backend.core.events import ProgressEvent
from backend.jobs.runner import Handler, JobContext
from tests.jobs.handlers_for_tests import HANDLERS


def listen(request: dict[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
    """Write down when the cancelling is heard (monotonic seconds, the same in every process)."""
    yield ProgressEvent(phase="working", stage="listening")
    while not context.cancelled():
        time.sleep(0.001)
    Path(request["file"]).write_text(str(time.monotonic()))


def not_a_number(request: dict[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
    yield ProgressEvent(phase="done", result={"rtf": float("nan")})


def untidy(request: dict[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
    """Done, and then something goes wrong."""
    try:
        yield ProgressEvent(phase="done", result={"kept": True})
    finally:
        raise RuntimeError("too late to matter")


def talk(request: dict[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
    """A library that prints and logs."""
    print("printed by a library")
    logging.getLogger("library").info("logged by a library")
    yield ProgressEvent(phase="done", result={"length": len(str(request))})


def family(request: dict[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
    """Start a process of its own that ends with nobody, and hang."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield ProgressEvent(phase="working", stage=str(process.pid))
    time.sleep(600)


def back_and_forth(request: dict[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
    """A bar that falls, and sound between its reports."""
    for progress in (0.2, 0.6, 0.4, 0.7):
        yield ProgressEvent(phase="working", audio="A" * 320_000, audio_rate=24_000)
        yield ProgressEvent(phase="working", stage=str(progress), progress=progress)
    yield ProgressEvent(phase="done", result={})


def flood(request: dict[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
    for number in range(int(request["events"])):
        yield ProgressEvent(phase="working", stage="Counting", progress=number / int(request["events"]))
    yield ProgressEvent(phase="done", result={})


FAULTS: dict[str, Handler] = {
    "listen": listen,
    "not_a_number": not_a_number,
    "untidy": untidy,
    "talk": talk,
    "family": family,
    "back_and_forth": back_and_forth,
    "flood": flood,
}


def handlers(settings: dict[str, Any]) -> dict[str, Handler]:
    return {**HANDLERS, **FAULTS}
