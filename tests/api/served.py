"""A studio on the real server, for callers that need a connection: sockets, streams that are left."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import websocket

from backend.app import create_app
from backend.core.settings import Settings
from backend.server import StudioServer
from backend.studio import Studio


class Served:
    """The studio, its port, and the sockets that were opened to it."""

    def __init__(self, studio: Studio, port: int) -> None:
        self.studio = studio
        self.port = port
        self._callers: list[websocket.WebSocket] = []

    def connect(self, path: str) -> websocket.WebSocket:
        caller = websocket.WebSocket()
        self._callers.append(caller)
        caller.settimeout(20)
        caller.connect(f"ws://127.0.0.1:{self.port}{path}")  # type: ignore[no-untyped-call]  # the library has no stubs
        return caller

    def hang_up(self) -> None:
        for caller in self._callers:
            if caller.sock is not None:
                caller.sock.close()


@contextmanager
def served(folder: Path, **settings: Any) -> Iterator[Served]:
    """A studio over that folder, with the test engine, jobs in a thread."""
    server = StudioServer(("127.0.0.1", 0), None, 40)
    port = server.bind_now()
    chosen = Settings(
        **{"data_dir": folder, "port": port, "lane_runner": "thread", "fake_engine": "on", "open_browser": False}
        | settings
    )
    studio = Studio(chosen)
    server.wsgi_app = create_app(chosen, studio)
    studio.start()
    server.prepare()
    thread = threading.Thread(target=server.serve)
    thread.start()
    place = Served(studio, port)
    try:
        yield place
    finally:
        place.hang_up()
        studio.stop(5)
        server.stop()
        thread.join()
        studio.close()
