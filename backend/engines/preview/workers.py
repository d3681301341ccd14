"""Worker processes at the other end of a pipe: JSON line out, JSON line and bytes back. Knows nothing of sound.

A worker that dies or hangs is replaced once; then the engine has failed.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

from backend.core.errors import EngineFailed

FOLDER = Path(__file__).parent / "worker"
TIMEOUT = 15.0  # seconds for one request; a sentence takes hundredths, the first Japanese word half a second

Answer = tuple[dict[str, Any], bytes]


class WorkerDied(Exception):
    """The process ended, or was ended, before it had answered."""


class Worker:
    """One process. Not safe for threads: one request at a time."""

    def __init__(self, script: str, arguments: tuple[str, ...] = (), *, isolated: bool) -> None:
        # Without site-packages the interpreter starts in half the time; only pykakasi needs them.
        flags = ("-I", "-S") if isolated else ()
        self.process = subprocess.Popen(
            [sys.executable, *flags, str(FOLDER / script), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )

    def ask(self, request: dict[str, Any], timeout: float = TIMEOUT) -> Answer:
        watchdog = threading.Timer(timeout, self.process.kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            return self._exchange(request)
        except OSError as error:
            raise WorkerDied(str(error)) from error
        finally:
            watchdog.cancel()

    def _exchange(self, request: dict[str, Any]) -> Answer:
        assert self.process.stdin and self.process.stdout, "both ends are pipes"
        self.process.stdin.write(json.dumps(request).encode("ascii") + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line.endswith(b"\n"):
            raise WorkerDied("it ended without an answer")
        header: dict[str, Any] = json.loads(line)
        body = self.process.stdout.read(header["bytes"])
        if len(body) != header["bytes"]:
            raise WorkerDied("it ended amid an answer")
        return header, body

    def close(self) -> None:
        """End the process at once and reap it."""
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # what was still unsent has no reader any more
                    pipe.close()
        self.process.wait()


class WorkerLine:
    """Workers of one kind, borrowed by `with`. `fresh`: each serves one request, and the next one starts meanwhile."""

    def __init__(self, script: str, arguments: tuple[str, ...] = (), *, fresh: bool) -> None:
        self._script, self._arguments, self._fresh = script, arguments, fresh
        self._ready: Worker | None = None

    def __enter__(self) -> WorkerLine:
        if self._fresh:
            self._ready = self._start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._ready is not None:
            self._ready.close()
            self._ready = None

    def ask(self, request: dict[str, Any]) -> Answer:
        """The answer; from a second worker where the first died."""
        try:
            return self._ask_one(request)
        except WorkerDied:
            try:
                return self._ask_one(request)
            except WorkerDied as error:
                raise EngineFailed(
                    f"The preview voice stopped twice on the same sentence ({error}).",
                    hint="Change the sentence, or repair the package: pip install --force-reinstall espeakng-loader",
                ) from error

    def _ask_one(self, request: dict[str, Any]) -> Answer:
        worker, self._ready = self._ready or self._start(), None
        try:
            answer = worker.ask(request)
        except BaseException:
            worker.close()
            raise
        if self._fresh:
            worker.close()
            self._ready = self._start()
        else:
            self._ready = worker
        return answer

    def _start(self) -> Worker:
        return Worker(self._script, self._arguments, isolated=self._fresh)
