"""The command line as a process of its own, and a line to the studio that is cut in the middle."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from backend.core.settings import PROJECT_DIR

SLOW = "latency=0.4"
"""Seconds that the test engine takes before every segment."""


def command(folder: Path, *line: str, **more: Any) -> subprocess.Popen[bytes]:
    """A process of its own, as a shell starts it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STUDIO_")}
    environment = kept | {"STUDIO_DATA_DIR": str(folder), "STUDIO_FAKE_ENGINE": SLOW, "PYTHONPATH": str(PROJECT_DIR)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    if os.name != "nt":  # jobs in the background of a script ignore Ctrl-C, and so would all that they start
        more = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), **more}
    return subprocess.Popen(
        [sys.executable, "-m", "backend.cli", *line], cwd=folder, env=environment, **{**pipes, **more}
    )


class Cutter:
    """Stands between and hangs up in the middle of the first stream of events."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._door = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        self.cuts = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Cutter:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._door.close()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._door.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with near, socket.create_connection(("127.0.0.1", self._port)) as far, contextlib.suppress(OSError):
            mine = self.address.partition("//")[2].encode()
            far.sendall(near.recv(1 << 20).replace(mine, f"127.0.0.1:{self._port}".encode()))
            while piece := far.recv(65536):
                near.sendall(piece)
                if b"id: 2" in piece and not self.cuts:
                    self.cuts += 1
                    return
