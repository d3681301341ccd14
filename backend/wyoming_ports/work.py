"""One conversation's work, in order, beside the thread that reads: what waits is bounded, what runs can be stopped."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import Protocol

from backend.core.errors import Busy, Cancelled, Problem
from backend.jobs.turns import ask_as

MOST_WAITING = 16  # requests of one connection

log = logging.getLogger("studio.wyoming")


class Task(Protocol):
    """Something slow that answers by itself."""

    def run(self) -> None:
        """Raises Problem, OSError. One that was stopped before only lets go."""

    def stop(self) -> None:
        """From any thread, before, while or after it runs: nobody waits for it any more."""

    def failed(self, problem: Problem) -> None:
        """Tell the other side, and end its waiting."""


class Work:
    """A queue of tasks and the thread that works them."""

    def __init__(self, leave: Callable[[], None], asker: str) -> None:
        self._leave = leave
        self._asker = asker
        self._tasks: queue.Queue[Task | None] = queue.Queue()
        self._kept: list[Task] = []
        self._lock = threading.Lock()
        self._stopped = False
        self._thread: threading.Thread | None = None

    def add(self, task: Task) -> None:
        """Raises Busy, and Cancelled once the conversation has ended."""
        with self._lock:
            if self._stopped:
                raise Cancelled("The conversation has ended.")
            if len(self._kept) >= MOST_WAITING:
                raise Busy("Too much is waiting on this connection.", hint="Wait for an answer first.")
            self._kept.append(task)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True, name="wyoming-work")
                self._thread.start()
            self._tasks.put(task)

    def stop(self) -> None:
        """Nothing more is begun; what runs ends at once, and what waits lets go of what it holds."""
        with self._lock:
            self._stopped = True
            kept = list(self._kept)
            self._tasks.put(None)
        for task in kept:
            task.stop()

    def _run(self) -> None:
        ask_as(self._asker)
        while (task := self._tasks.get()) is not None:
            try:
                self._work(task)
            except OSError:  # the other side is gone
                self._leave()
            finally:
                with self._lock:
                    self._kept.remove(task)

    def _work(self, task: Task) -> None:
        try:
            task.run()
        except Problem as problem:
            if not self._stopped:
                task.failed(problem)
        except OSError:
            raise
        except Exception:
            log.exception("a request failed")
            task.failed(Problem("The studio met something that it did not expect.", hint="Its log tells more."))
