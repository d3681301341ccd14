"""A studio of one's own for a campaign: started as users start it, on a free port, ended by its process id."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
MARK = "speaks at http://127.0.0.1:"


class OwnServer:
    """`with OwnServer(folder, fake_engine="on") as server:`; settings go in by the environment."""

    def __init__(self, data_dir: Path, arguments: tuple[str, ...] = (), **settings: object) -> None:
        self._command = [sys.executable, "-m", "backend.app", "--port", "0", "--no-browser", *arguments]
        own = {f"STUDIO_{name.upper()}": str(value) for name, value in settings.items()}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("STUDIO_")}
        self._environment = kept | own | {"STUDIO_DATA_DIR": str(data_dir), "PYTHONUNBUFFERED": "1"}
        self.log = data_dir / "server.log"
        self.port = 0
        self.seconds_to_start = 0.0

    def __enter__(self) -> OwnServer:
        began = time.monotonic()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self._command, cwd=PROJECT, env=self._environment, stdout=subprocess.PIPE, stderr=log
            )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            text = line.decode()
            if MARK in text:
                self.port = int(text.rpartition(":")[2])
                self.seconds_to_start = time.monotonic() - began
                return self
        self.process.wait()
        raise RuntimeError(f"the studio did not start: {self.log.read_text()[-2000:]}")

    def __exit__(self, *_error: object) -> None:
        self.end()

    def end(self, number: int = signal.SIGTERM, patience: float = 15.0) -> tuple[int, float]:
        """Signal it and wait. Returns its exit status and the seconds it took."""
        began = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            status = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        return status, time.monotonic() - began

    def get(self, path: str) -> Any:
        """The JSON at an address."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return json.load(answer)

    def post(self, path: str, body: dict[str, Any]) -> bytes:
        head = {"Content-Type": "application/json"}
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", json.dumps(body).encode(), head)
        with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310 (our own http address)
            data: bytes = answer.read()
            return data
