"""A whole studio on a real port, for clients that want to speak to one. Knows no client."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from backend.api.sockets import OPEN, OpenSockets
from backend.app import create_app
from backend.core.settings import Settings
from backend.server import StudioServer
from backend.studio import Studio


class RunningStudio:
    """Jobs in a thread, the tone engine unless told otherwise. `stop` before the folder goes."""

    def __init__(self, folder: Path, threads: int = 60, kind: type[Studio] = Studio, **named: Any) -> None:
        self.server = StudioServer(("127.0.0.1", 0), None, threads)
        self.port = self.server.bind_now()
        usual = {"lane_runner": "thread", "fake_engine": "on", "open_browser": False}
        self.settings = Settings(data_dir=folder, port=self.port, **{**usual, **named})
        self.studio = kind(self.settings)
        self.app = create_app(self.settings, self.studio)
        self.server.wsgi_app = self.app
        self.studio.start()
        self.server.prepare()
        self._thread = threading.Thread(target=self.server.serve)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def sockets(self) -> OpenSockets:
        found: OpenSockets = self.app.extensions[OPEN]
        return found

    def waits_until(self, condition: Callable[[], bool], seconds: float = 10) -> bool:
        end = threading.Event()
        for _ in range(int(seconds / 0.02)):
            if condition():
                return True
            end.wait(0.02)
        return condition()

    def stop(self) -> None:
        self.studio.stop(5)
        self.server.stop()
        self._thread.join()
        self.studio.close()
