"""A runner in a child process: a crash, a hang or a memory kill there never takes the page down.

The child is started anew whenever it is gone. Pipes and `Popen` only, so it is the same on all three systems.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, Any, cast

from backend.core.errors import EngineFailed
from backend.core.events import ProgressEvent
from backend.jobs.model import Claim
from backend.jobs.runner import Died, Emit, Left, Outcome, failed_event
from backend.jobs.store import cancelled_event

log = logging.getLogger(__name__)

START_LIMIT = 60.0  # seconds until a fresh child must be ready
CANCEL_LIMIT = 5.0  # seconds a handler may take to stop before its process is ended
TICK = 0.25  # seconds between looks at the clock
PROJECT = Path(__file__).resolve().parents[2]


class Child:
    """One child process and the thread that reads it. `messages` ends with None when the child is gone."""

    def __init__(self, target: str, settings: dict[str, Any]) -> None:
        # A session of its own: Ctrl+C in the terminal reaches the server alone, which then ends us in order.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "backend.jobs.child", target, str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=PROJECT,
            encoding="utf-8",
            start_new_session=os.name == "posix",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        self._to_child = cast(IO[str], self._process.stdin)
        self._from_child = cast(IO[str], self._process.stdout)
        self.messages: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self.ready = False
        self._saying = threading.Lock()
        threading.Thread(target=self._read, daemon=True, name="lane-reader").start()
        self.say(settings)

    @property
    def pid(self) -> int:
        return self._process.pid

    def say(self, message: dict[str, Any]) -> None:
        """A child that is gone is noticed by its reader, not here."""
        with self._saying:
            try:
                self._to_child.write(json.dumps(message) + "\n")
                self._to_child.flush()
            except (OSError, ValueError):
                log.info("the lane's process does not listen any more")

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        try:
            self._to_child.close()
        except OSError:
            log.debug("the pipe was closed with unsent data")

    def gone(self, patience: float = 0.0) -> bool:
        """Whether the process has ended; its pipe closes a moment before, hence the patience (seconds)."""
        try:
            self._process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            return False
        return True

    def how_it_ended(self) -> str:
        code = self._process.wait()
        if code < 0:
            return f"signal {signal.Signals(-code).name}"
        return f"exit code {code}"

    def _read(self) -> None:
        with self._from_child as lines:
            for line in lines:
                try:
                    self.messages.put(json.loads(line))
                except json.JSONDecodeError:  # a line cut by a kill
                    break
        self.messages.put(None)


class ProcessRunner:
    """Keeps a child warm and gives it one job at a time."""

    def __init__(self, target: str, settings: dict[str, Any], stall_limit: float = 300.0) -> None:
        self.state = "starting"
        self._target = target
        self._settings = settings
        self._stall_limit = stall_limit
        self._child: Child | None = None
        self._leaving = threading.Event()
        self._cancelled: dict[str, float] = {}

    @property
    def child_pid(self) -> int | None:
        return self._child.pid if self._child else None

    def start(self) -> None:
        """Start the child; called from the lane's thread, which outlives it (Linux ties a child to that thread)."""
        if self._child is None and not self._leaving.is_set():
            self.state = "starting"
            self._child = Child(self._target, self._settings)

    def run(self, claim: Claim, rates: dict[str, float], emit: Emit) -> Outcome:
        outcome = self._ready() or self._worked(claim, rates, emit)
        self._cancelled.pop(claim.job_id, None)
        if isinstance(outcome, Died) or self._child is None:
            self._drop()
            self.start()
        self.state = "idle" if self._child and self._child.ready else "starting"
        return Left() if self._leaving.is_set() and not isinstance(outcome, ProgressEvent) else outcome

    def cancel(self, job_id: str) -> None:
        self._cancelled.setdefault(job_id, time.monotonic())
        if self._child is not None:
            self._child.say({"type": "cancel", "job_id": job_id})

    def stop(self) -> None:
        self._leaving.set()
        self._drop()

    def _ready(self) -> Outcome | None:
        """None when the child answers; else how it failed to."""
        if self._child is not None and self._child.gone():  # it died while nobody needed it: no job's fault
            self._drop()
        self.start()
        child = self._child
        deadline = time.monotonic() + START_LIMIT
        while child is not None and not child.ready:
            message = _next(child, lambda: self._leaving.is_set() or time.monotonic() > deadline)
            if message is None:
                return (
                    Left() if self._leaving.is_set() else Died(child.how_it_ended() if child.gone(1.0) else "no start")
                )
            child.ready = message["type"] == "ready"
        return None if child is not None else Left()

    def _worked(self, claim: Claim, rates: dict[str, float], emit: Emit) -> Outcome:
        child = self._child
        if child is None:
            return Left()
        self.state = "busy"
        order = {"type": "run", "job_id": claim.job_id, "kind": claim.kind, "request": claim.request}
        child.say({**order, "attempt": claim.attempt, "rates": rates})
        if claim.job_id in self._cancelled:
            child.say({"type": "cancel", "job_id": claim.job_id})
        while True:
            heard = time.monotonic()
            message = _next(child, partial(self._too_long, claim.job_id, heard))
            if message is None:
                return self._without_end(child, claim.job_id)
            event = ProgressEvent.model_validate(message["event"])
            if message["type"] == "end":
                return event
            emit(event)

    def _too_long(self, job_id: str, heard: float) -> bool:
        now = time.monotonic()
        ignored = now - self._cancelled.get(job_id, now) > CANCEL_LIMIT
        return ignored or now - heard > self._stall_limit or self._leaving.is_set()

    def _without_end(self, child: Child, job_id: str) -> Outcome:
        """The child fell silent: it left, was cancelled in vain, hangs, or died."""
        if self._leaving.is_set():
            return Left()
        alive = not child.gone(1.0)
        how = "" if alive else child.how_it_ended()
        self._drop()
        if job_id in self._cancelled:
            return cancelled_event()
        if alive:
            return failed_event(
                EngineFailed(
                    f"The engine gave no sign for {self._stall_limit:.0f} seconds and was stopped.",
                    hint="Try again, with a shorter text if it happens once more.",
                    code="engine-stalled",
                )
            )
        return Died(how)

    def _drop(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()


def _next(child: Child, enough: Callable[[], bool]) -> dict[str, Any] | None:
    """The child's next message; None when it is gone or `enough` says so."""
    while True:
        try:
            return child.messages.get(timeout=TICK)
        except queue.Empty:
            if enough():
                return None
