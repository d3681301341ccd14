"""A program of others as a server of its own, started as its users start it and ended by its process id."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

PATIENCE = 300.0  # seconds to start: the first time some compile their pages or install what they need
WORDS = {"weather", "city", "good", "today", "reading", "letter", "mother"}
TEXT = "The weather in the city is very good today. She was reading a long letter to her mother."


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


class Foreign:
    """`with Foreign(command, url, folder):` waits until `url` answers."""

    def __init__(self, command: Sequence[str | Path], url: str, folder: Path, more: Mapping[str, str] = {}) -> None:
        self._command, self._url, self._folder = list(command), url, folder
        self._environment = os.environ | {"OMP_NUM_THREADS": "1"} | dict(more)
        self.log = folder / "program.log"

    def __enter__(self) -> Foreign:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self._command, cwd=self._folder, env=self._environment, stdout=log, stderr=subprocess.STDOUT
            )
        end = time.monotonic() + PATIENCE
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > end:
                self.__exit__()
                raise RuntimeError(f"it did not start: {self.log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.5)
        return self

    def __exit__(self, *_error: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _answers(self) -> bool:
        try:
            return httpx.get(self._url, timeout=5).is_success
        except httpx.HTTPError:
            return False


def understood(name: str, text: str) -> None:
    """The small recogniser of a studio without downloads hears most words, never all."""
    found = {word for word in WORDS if word in text.lower()}
    assert 2 * len(found) > len(WORDS), f"{name}: {text}"
    print(f"ok {name}: {text[:60]}…", flush=True)
