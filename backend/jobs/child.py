"""The lane's own process: reads jobs from standard input, writes events to standard output, as JSON lines.

Started as `python -m backend.jobs.child MODULE:FUNCTION PARENT_PID`; the function turns the settings of the first
line into handlers. Imports nothing heavy before that, and ends with its parent, however that ends.
"""

from __future__ import annotations

import ctypes
import faulthandler
import importlib
import json
import logging
import os
import queue
import signal
import sys
import threading
from typing import IO, Any

from backend.core.events import ProgressEvent
from backend.jobs import report
from backend.jobs.runner import Handler, JobContext, final_event

PR_SET_PDEATHSIG = 1  # linux/prctl.h


class ChildLane:
    """Works the jobs it is told, one after the other, and beside that one those that are to run beside it; hears about
    cancelling meanwhile."""

    def __init__(self, tell: IO[str]) -> None:
        self.handlers: dict[str, Handler] = {}
        self._tell = tell
        self._writing = threading.Lock()
        self._cancelled: set[str] = set()
        self._waiting: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()

    def listen(self, source: IO[str]) -> None:
        """In a thread of its own. The end of the input is the end of the parent."""
        for line in source:
            message = json.loads(line)
            if message["type"] == "cancel":
                self._cancelled.add(message["job_id"])
                continue
            self._say({"type": "taken", "job_id": message["job_id"]})
            if message["beside"]:
                threading.Thread(target=self._run, args=(message,), daemon=True, name="beside").start()
            else:
                self._waiting.put(message)
        os._exit(0)

    def say_facts(self, facts: dict[str, Any]) -> None:
        """What the parent may want to show of this process."""
        self._say({"type": "facts", "facts": facts})

    def work(self) -> None:
        """For ever."""
        self._say({"type": "ready"})
        while True:
            message = self._waiting.get()
            if message["type"] == "run":
                self._run(message)

    def _run(self, message: dict[str, Any]) -> None:
        job_id = message["job_id"]
        context = JobContext(job_id, message["attempt"], lambda: job_id in self._cancelled, message["rates"])
        handler = self.handlers.get(message["kind"])
        last = final_event(handler, message["request"], context, lambda event: self._report("event", job_id, event))
        self._report("end", job_id, last)
        self._cancelled.discard(job_id)

    def _report(self, kind: str, job_id: str, event: ProgressEvent) -> None:
        self._say({"type": kind, "job_id": job_id, "event": event.model_dump(exclude_defaults=True)})

    def _say(self, message: dict[str, Any]) -> None:
        line = json.dumps(message) + "\n"
        with self._writing:
            try:
                self._tell.write(line)
                self._tell.flush()
            except OSError:  # nobody reads any more: the parent is gone
                os._exit(0)


def die_with(parent: int) -> None:
    """On Linux the kernel ends this process with its parent; elsewhere the closed pipe does."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the call
        os._exit(0)


def handlers_named(target: str, settings: dict[str, Any]) -> dict[str, Handler]:
    """`package.module:function` called with the settings."""
    module, _, function = target.partition(":")
    made: dict[str, Handler] = getattr(importlib.import_module(module), function)(settings)
    return made


def private_output() -> IO[str]:
    """The pipe to the parent, moved away from descriptor 1, so that a library's print cannot spoil it."""
    pipe = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(pipe, "w", encoding="utf-8")


def main() -> None:
    die_with(int(sys.argv[2]))
    faulthandler.enable()  # a crash says in the server's log where it happened
    logging.basicConfig(level=logging.INFO, format="%(levelname)s lane %(name)s: %(message)s", stream=sys.stderr)
    tell = private_output()
    first = sys.stdin.readline()
    if not first:
        return
    lane = ChildLane(tell)
    threading.Thread(target=lane.listen, args=(sys.stdin,), daemon=True, name="parent").start()
    report.listen(lane.say_facts)
    lane.handlers = handlers_named(sys.argv[1], json.loads(first))
    lane.work()


if __name__ == "__main__":
    main()
