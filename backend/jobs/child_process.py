"""The parent's end of the lane's child: `Popen`, three pipes, two threads that read. Knows no job.

Pipes and `Popen` only, so it is the same on all three systems.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, cast

log = logging.getLogger(__name__)
child_log = logging.getLogger("backend.jobs.lane_output")

LEVELS = logging.getLevelNamesMapping()

PROJECT = Path(__file__).resolve().parents[2]
WRITE_LIMIT = 30.0  # seconds for a message to be taken; a frozen child reads nothing, and a book fills the pipe
MAILBOX = 256  # messages of a job read ahead; a child that is quicker waits in its own write
LINE_SHOWN = 2000  # characters of one line of the child's own output that the log keeps


class Mailbox:
    """What the child says of one job."""

    def __init__(self, silent: threading.Event) -> None:
        self.messages: queue.Queue[dict[str, Any]] = queue.Queue(MAILBOX)
        self._silent = silent

    def next(self, timeout: float) -> dict[str, Any] | None:
        """None when there is nothing for so many seconds."""
        try:
            return self.messages.get(timeout=timeout)
        except queue.Empty:
            return None

    @property
    def finished(self) -> bool:
        """The child has closed its pipe, and everything it said was read."""
        return self._silent.is_set() and self.messages.empty()


class Child:
    """One child process."""

    def __init__(self, target: str, settings: dict[str, Any], heard: Callable[[], None] = lambda: None) -> None:
        """`heard` is called when `facts` changed."""
        # A session of its own: Ctrl+C in the terminal reaches the server alone, which then ends us in order.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "backend.jobs.child", target, str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=PROJECT,
            encoding="utf-8",
            errors="replace",
            start_new_session=os.name == "posix",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        self._to_child = cast(IO[str], self._process.stdin)
        self._boxes: dict[str, Mailbox] = {}
        self._heard = heard
        self._writing = threading.Lock()
        self._unwanted = threading.Event()
        self._silent = threading.Event()
        self.ready = threading.Event()
        self.facts: dict[str, Any] = {}
        """What the child told of itself last."""
        self.stopped = False
        """It was alive when it was ended: whoever still worked in it did nothing wrong."""
        for read, pipe in ((self._read, self._process.stdout), (_repeat, self._process.stderr)):
            threading.Thread(target=read, args=(pipe,), daemon=True, name="lane-reader").start()
        self.say(settings)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_silent(self) -> bool:
        """It has closed its pipe."""
        return self._silent.is_set()

    @contextlib.contextmanager
    def mailbox(self, job_id: str) -> Iterator[Mailbox]:
        """What it says of a job is kept inside; other words of that job are dropped."""
        box = self._boxes[job_id] = Mailbox(self._silent)
        try:
            yield box
        finally:
            del self._boxes[job_id]

    def say(self, message: dict[str, Any]) -> None:
        """A child that is gone is noticed by its reader, not here; one that takes nothing is ended."""
        watchdog = threading.Timer(WRITE_LIMIT, self._kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            with self._writing:
                self._to_child.write(json.dumps(message) + "\n")
                self._to_child.flush()
        except (OSError, ValueError):
            log.info("the lane's process does not listen any more")
        finally:
            watchdog.cancel()

    def end(self) -> None:
        """At once, with all it started."""
        self.stopped = self.stopped or self._process.poll() is None
        self._unwanted.set()
        self._kill()
        self._process.wait()
        with contextlib.suppress(OSError), self._writing:  # what was still unsent has no reader any more
            self._to_child.close()

    def gone(self, patience: float = 0.0) -> bool:
        """Whether the process has ended; its pipe closes a moment before, hence the patience (seconds)."""
        try:
            self._process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            return False
        return True

    def how_it_ended(self) -> str:
        code = self._process.wait()
        if code >= 0:
            return f"exit code {code}"
        try:
            return f"signal {signal.Signals(-code).name}"
        except ValueError:
            return f"signal {-code}"

    def _kill(self) -> None:
        if self._process.returncode is not None:
            return  # already collected: its number may be somebody else's now
        if os.name == "posix":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()

    def _read(self, lines: IO[str]) -> None:
        with lines, contextlib.suppress(json.JSONDecodeError):  # a line cut by a kill is the last one
            for line in lines:
                message = json.loads(line)
                if message["type"] == "ready":
                    self.ready.set()
                elif message["type"] == "facts":
                    self.facts = message["facts"]
                    self._heard()
                elif not self._deliver(message):
                    break
        self._silent.set()

    def _deliver(self, message: dict[str, Any]) -> bool:
        """False when nobody wants anything any more."""
        while not self._unwanted.is_set():
            box = self._boxes.get(message["job_id"])
            if box is None:
                return True
            with contextlib.suppress(queue.Full):
                box.messages.put(message, timeout=0.25)
                return True
        return False


def _repeat(lines: IO[str]) -> None:
    """What the child and its libraries print belongs into the server's log."""
    with lines:
        for line in lines:
            said = line.rstrip()[:LINE_SHOWN]
            level, _, rest = said.partition(" ")
            if level in LEVELS:  # the child's own log; what libraries print has none
                child_log.log(LEVELS[level], "%s", rest)
            else:
                child_log.warning("%s", said)
