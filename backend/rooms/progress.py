"""Progress of everything of one kind, for programs that watch by scope instead of by job. Knows no wire."""

from __future__ import annotations

import queue
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from backend.core.errors import Problem
from backend.jobs.following import Following
from backend.jobs.model import Job
from backend.rooms.cloning import CLONE
from backend.rooms.models import DOWNLOAD
from backend.rooms.queues import Queues

SCOPES: dict[str, str] = {"qwen3_tts_models": DOWNLOAD, "qwen3_tts_voice_clone": CLONE}
"""Name of a scope → kind of its jobs."""
LOOK_EVERY = 0.3  # seconds between looks for new jobs
MOST = 64  # jobs that one watcher follows at once; more wait in their queue anyway
MOST_UNTOLD = 1000  # events that wait for a slow reader; more wait where they are kept


@dataclass(frozen=True)
class Told:
    """One event of a watched job, as its own stream tells it."""

    scope: str
    job: Job
    body: dict[str, Any]


class ProgressDesk:
    """Where scopes are watched."""

    def __init__(self, queues: Queues) -> None:
        self._queues = queues

    def watch(self, scopes: tuple[str, ...]) -> Watch:
        """Names of SCOPES. Close what comes back."""
        return Watch(self._queues, scopes)


class Watch:
    """Events of the jobs under way, each from its beginning, and of those that come. A thread looks for them."""

    def __init__(self, queues: Queues, scopes: tuple[str, ...]) -> None:
        self._queues = queues
        self._scope_of = {SCOPES[name]: name for name in scopes}
        self._since = time.time()
        self._seen: set[str] = set()
        self._following: dict[str, Following] = {}
        self._news: queue.Queue[Told] = queue.Queue(MOST_UNTOLD)
        self._left = threading.Event()
        threading.Thread(target=self._look, daemon=True, name="watch").start()

    def next(self, timeout: float) -> Told | None:
        """The next event; None where so many seconds brought none."""
        try:
            return self._news.get(timeout=timeout)
        except queue.Empty:
            return None

    def close(self) -> None:
        """Nobody watches any more."""
        self._left.set()

    def _look(self) -> None:
        while not self._left.is_set():
            for job in self._queues.recent(tuple(self._scope_of), self._since):
                if job.id not in self._seen and len(self._following) < MOST:
                    self._seen.add(job.id)
                    self._follow(job)
            self._left.wait(LOOK_EVERY)

    def _follow(self, job: Job) -> None:
        try:
            events = self._queues.followed(job.id, LOOK_EVERY)
        except Problem:  # cleared away meanwhile
            return
        self._following[job.id] = events
        threading.Thread(target=self._tell, args=(job, events), daemon=True, name="watched").start()

    def _tell(self, job: Job, events: Following) -> None:
        try:
            for event in events:
                if self._left.is_set():
                    return
                if event is not None and "audio" not in event[1]:
                    self._put(Told(self._scope_of[job.kind], job, event[1]))
        finally:
            events.close()
            self._following.pop(job.id, None)

    def _put(self, told: Told) -> None:
        while not self._left.is_set():
            with suppress(queue.Full):
                self._news.put(told, timeout=LOOK_EVERY)
                return
